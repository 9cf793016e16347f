"""Workers beside each other, and workers that are asked to stop: every mail goes out exactly once."""

import random
import time

import pytest

from tests.faults.nursery import Nursery
from tests.faults.traffic import Traffic
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

WORKERS = 3
MAILS = 1000
STOPS = 20
WAIT_S = 240


def test_three_workers_share_one_queue(installation: Installation, sandbox_process: SandboxProcess) -> None:
    """1,000 mails, three processes: the sandbox has one copy of each."""
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process)
        workers = [nursery.start() for _ in range(WORKERS)]
        traffic.submit(MAILS)
        traffic.await_sent(WAIT_S)
        nursery.stop(*workers)

        traffic.assert_all_sent_once()


def test_stopping_a_worker_leaves_nothing_unclear(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """SIGTERM twenty times under load: what was begun is finished, what was not is sent by the next."""
    source = random.Random(20261123)
    sandbox_process.arm("slow", seconds=0.05)
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process)
        for _ in range(STOPS):
            traffic.submit(20)
            worker = nursery.start()
            time.sleep(source.uniform(0.05, 0.4))  # the random moment
            nursery.stop(worker)
            assert {state.value for state in traffic.states().values()} <= {"sent", "queued"}
        worker = nursery.start()
        traffic.await_sent(WAIT_S)
        nursery.stop(worker)

        traffic.assert_all_sent_once()
