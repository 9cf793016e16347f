"""Which core of the processor a process runs on, and how its threads take turns there.

It is only for speed: where the system does not allow it, a process runs as the system likes.
"""

import os
import socket
import sys
from contextlib import suppress

_PLACES = 1024
_marks: list[socket.socket] = []  # open as long as the process lives
_given: set[int] = set()  # the cores that this process had before it stayed on one of them


def stay_on_one_core(number: int) -> None:
    """Run the threads of this process on one core, the ``number``-th, counted in a circle; Linux only.

    Those that were started before stay where they are; later ones may leave it. Python runs one thread at a
    time. With a second core at hand each system call of a busy thread passes the interpreter to a thread over
    there, and back: measured, a mail that is sent then costs half as much again, and a post a fifth more.

    A thread that is woken waits until the running one has to wait or its time is up (``sched(7)``,
    SCHED_BATCH): measured, there are a quarter fewer changes, and a twentieth more mails and posts.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            cores = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {sorted(cores)[number % len(cores)]})
            _given.update(cores)
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def leave_the_core() -> None:
    """Let this thread run on any core again: one that works for long without the interpreter."""
    if sys.platform == "linux" and _given:
        with suppress(OSError):
            os.sched_setaffinity(0, _given)


def stay_on_a_free_core(group: str) -> None:
    """The same for one of a group of processes: on the core of the first place in it that is free.

    The group are those that name it in one network namespace: on a machine, or in a container. Who takes the
    place of one that died runs on its core.
    """
    if sys.platform == "linux":
        for number in range(_PLACES):
            # A name that is no file: the kernel forgets it with its process, however that ends.
            try:
                mark = socket.socket(socket.AF_UNIX)
            except OSError:  # not allowed here; it is only for speed
                return
            try:
                mark.bind(f"\0postausgang-{group}-{number}")
            except OSError:  # taken
                mark.close()
                continue
            _marks.append(mark)
            stay_on_one_core(number)
            return
