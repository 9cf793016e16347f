"""Servers from Debian's packages as private instances: found, started, awaited, and ended by their own id."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

START_S = 60
STOP_S = 60


class NoServerError(AssertionError):
    """These tests need a real mail server."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason} make test needs Postfix and Dovecot, and root to start them "
            "(Debian: apt install postfix dovecot-core dovecot-submissiond)."
        )


def program(path: str) -> str:
    """The program at ``path``, which a package brings. Raises ``NoServerError``: it is not there."""
    if not os.access(path, os.X_OK):
        raise NoServerError(f"There is no {path} on this machine.")
    if os.geteuid() != 0:
        raise NoServerError(f"{path} gives itself other users, which only root may.")
    return path


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A short-named folder that the servers' own users may enter; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"postausgang-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(command: Sequence[str], *, ports: Sequence[int], log: Path) -> Iterator[None]:
    """Run it in the foreground, from the moment that all ``ports`` of 127.0.0.1 listen.

    Raises:
        NoServerError: it ended, or did not listen in time; with what it wrote to ``log``.
    """
    with log.open("ab") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    try:
        for port in ports:
            _await_port(server, port, log)
        yield
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_S)
    finally:
        # Its children are in its session's group; some would wait for their clients.
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def _await_port(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoServerError(f"{server.args!r} did not start: {log.read_text()}") from None
            time.sleep(0.02)
        else:
            return
