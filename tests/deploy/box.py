"""Runs a command in whose hands some system calls fail with EPERM, as under systemd's ``SystemCallFilter``.

``python -m tests.deploy.box only|without NAMES COMMAND…``: the names, parted by commas, are all calls that it
may make, or those that it may not. What the command starts is in the same box.
"""

import ctypes
import errno
import os
import sys

_ALLOW = 0x7FFF0000  # SCMP_ACT_ALLOW of libseccomp
_FAIL = 0x00050000 | errno.EPERM  # SCMP_ACT_ERRNO


def main(mode: str, names: str, *command: str) -> None:
    """Shut the box, then become the command."""
    others, named = (_FAIL, _ALLOW) if mode == "only" else (_ALLOW, _FAIL)
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    box = ctypes.c_void_p(library.seccomp_init(others))
    for name in names.split(","):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # else it is a call of other processors
            _check(library.seccomp_rule_add(box, named, number, 0))
    _check(library.seccomp_load(box))
    os.execv(command[0], command)  # noqa: S606, no shell is wanted


def _check(result: int) -> None:
    if result != 0:
        raise OSError(-result, os.strerror(-result))


if __name__ == "__main__":
    main(*sys.argv[1:])
