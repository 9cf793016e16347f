"""A worker that stands still longer than its lease: others go on, and nothing is sent a second time."""

import os
import signal

import pytest

from service.outbox.entry import State
from service.wiring import Services
from tests.faults.nursery import Nursery
from tests.faults.traffic import Traffic, until
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

MAILS = 60
WAIT_S = 90


def test_a_late_answer_is_believed(installation: Installation, sandbox_process: SandboxProcess) -> None:
    """Frozen while Google answers: ``uncertain`` meanwhile, ``sent`` once it wakes, one copy."""
    sandbox_process.arm("slow", seconds=6)  # longer than it takes to see that it was handed over
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process, mailboxes=1)
        frozen = nursery.start()
        traffic.submit(1)
        until(lambda: _handed_over(services) == 1, WAIT_S)
        _freeze(services, frozen)
        other = nursery.start()
        until(lambda: traffic.count(State.UNCERTAIN) == 1, WAIT_S)
        until(lambda: sum(traffic.copies().values()) == 1, WAIT_S)
        os.kill(frozen, signal.SIGCONT)
        traffic.await_sent(WAIT_S)
        nursery.stop(frozen, other)

        traffic.assert_all_sent_once()


def test_a_frozen_worker_sends_nothing_that_others_took(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """Frozen again and again under load: its leases are settled, and its old fences let nothing through."""
    sandbox_process.arm("slow", seconds=0.5)
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process)
        frozen = nursery.start()
        traffic.submit(MAILS)
        until(lambda: traffic.count(State.SENT) >= 3, WAIT_S)
        until(lambda: _handed_over(services) >= 1, WAIT_S)
        _freeze(services, frozen)
        other = nursery.start()
        until(lambda: set(traffic.states().values()) <= {State.SENT, State.UNCERTAIN}, WAIT_S)
        before = traffic.count(State.UNCERTAIN)
        os.kill(frozen, signal.SIGCONT)
        traffic.await_sent(WAIT_S)
        nursery.stop(frozen, other)

        traffic.assert_all_sent_once()
    assert 0 < before <= 4  # its four senders


def _handed_over(services: Services) -> int:
    """How many mails Google is answering right now."""
    query = "SELECT count(*) FROM messages WHERE state = 'sending' AND handed_over_at IS NOT NULL"
    with services.ground.database.reading() as connection:
        count: int = connection.exec_driver_sql(query).scalar_one()
        return count


def _freeze(services: Services, worker: int) -> None:
    """While this process writes: one that stands still in a write of its own would stop every other."""
    services.ground.database.write(lambda _: os.kill(worker, signal.SIGSTOP))
