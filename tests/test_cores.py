"""Staying on a core is only for speed: whatever the system says to it, the process goes on."""

import errno
import os
import sys

import pytest

from service import cores

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its core")


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.EINVAL])
def test_a_system_that_refuses_changes_nothing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A box refuses with EPERM, musl knows no policies, and a core may be taken away in between."""

    def refuse(*_arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    monkeypatch.setattr(cores, "_given", {0})

    cores.stay_on_one_core(1)
    cores.leave_the_core()


def test_threads_take_turns_also_where_the_core_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one needs not the other."""
    asked = []

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EPERM, "not here")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    monkeypatch.setattr(os, "sched_setscheduler", lambda _thread, policy, _param: asked.append(policy))

    cores.stay_on_one_core(0)

    assert asked == [os.SCHED_BATCH]
