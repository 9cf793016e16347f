"""A worker that stands still longer than its lease: others go on, and nothing is sent a second time."""

import os
import signal

import pytest

from service.outbox.entry import State
from tests.faults.nursery import Nursery
from tests.faults.traffic import Traffic, until
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

MAILS = 60


def test_a_late_answer_is_believed(installation: Installation, sandbox_process: SandboxProcess) -> None:
    """Frozen while Google answers: ``uncertain`` meanwhile, ``sent`` once it wakes, one copy."""
    sandbox_process.arm("slow", seconds=2)
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process, mailboxes=1)
        frozen = nursery.start()
        traffic.submit(1)
        until(lambda: traffic.count(State.SENDING) == 1, 20)
        until(lambda: _is_handed_over(installation, traffic), 20)
        os.kill(frozen, signal.SIGSTOP)
        other = nursery.start()
        until(lambda: traffic.count(State.UNCERTAIN) == 1, 20)
        until(lambda: sum(traffic.copies().values()) == 1, 20)
        os.kill(frozen, signal.SIGCONT)
        traffic.await_sent(20)
        nursery.stop(frozen, other)

        traffic.assert_all_sent_once()


def test_a_frozen_worker_sends_nothing_that_others_took(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """Frozen again and again under load: its leases are settled, and its old fences let nothing through."""
    sandbox_process.arm("slow", seconds=0.3)
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process)
        frozen = nursery.start()
        traffic.submit(MAILS)
        until(lambda: traffic.count(State.SENT) >= 3, 20)
        os.kill(frozen, signal.SIGSTOP)
        other = nursery.start()
        until(lambda: set(traffic.states().values()) <= {State.SENT, State.UNCERTAIN}, 60)
        before = traffic.count(State.UNCERTAIN)
        os.kill(frozen, signal.SIGCONT)
        traffic.await_sent(30)
        nursery.stop(frozen, other)

        traffic.assert_all_sent_once()
    assert 0 < before <= 4  # its four senders


def _is_handed_over(installation: Installation, traffic: Traffic) -> bool:
    with installation.build() as services, services.ground.database.reading() as connection:
        row = connection.exec_driver_sql(
            "SELECT count(*) FROM messages WHERE handed_over_at IS NOT NULL"
        ).scalar_one()
        return bool(row == len(traffic.ids))
