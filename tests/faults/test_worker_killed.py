"""SIGKILL of the worker at any moment: nothing is lost, nothing is sent twice in silence."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from service.connections.connection import Connection
from service.outbox.entry import State
from service.wiring import Services
from tests.faults.fleet import app_password_box
from tests.faults.nursery import Nursery
from tests.faults.traffic import copies_of
from tests.harness import Installation, add_tenant, connect, submit
from tests.sandbox_process import SandboxProcess
from tests.ways import smtp_settings

MAILBOXES = 8
MESSAGES_A_KILL = 10
SETTLE_S = 120


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_every_accepted_message_ends_sent_once_or_uncertain(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """200 kills on each engine while 2,000 messages flow, judged by the sandbox's own count."""
    sandbox_process.arm("slow", seconds=0.03)  # so that many kills find an answer on its way
    with installation.build() as services, Nursery(installation) as nursery:
        wrong = _torture(services, sandbox_process, nursery, _mailboxes(services))

    assert wrong == {}


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_the_same_holds_for_app_passwords(
    tmp_path: Path, sandbox_process: SandboxProcess, database_url: str
) -> None:
    """40 kills on each engine while 400 messages leave by SMTP."""
    settings = smtp_settings(sandbox_process)
    installation = Installation(tmp_path, sandbox_process, database_url, lease_s=2, senders=4, **settings)
    sandbox_process.arm("smtp_slow", where="end", seconds=0.03)
    with installation.build() as services, Nursery(installation) as nursery:
        tenant_id = add_tenant(services).id
        addresses = [f"box{number}@muster.example" for number in range(MAILBOXES)]
        boxes = [app_password_box(services, sandbox_process, tenant_id, each) for each in addresses]
        wrong = _torture(services, sandbox_process, nursery, boxes, kills=40)

    assert wrong == {}


def _torture(
    services: Services,
    sandbox: SandboxProcess,
    nursery: Nursery,
    mailboxes: list[Connection],
    *,
    kills: int = 200,
) -> dict[str, tuple[str, int]]:
    """Ten messages a kill; answers what is not the truth in the end: the state and the copies."""
    source = random.Random(20261123)
    ids: list[str] = []
    for _ in range(kills):
        ids += [submit(services, source.choice(mailboxes)).id for _ in range(MESSAGES_A_KILL)]
        worker = nursery.start()
        time.sleep(source.uniform(0.02, 0.4))  # the random moment
        os.kill(worker, signal.SIGKILL)
    worker = nursery.start()
    states = _await_settled(services, mailboxes[0].tenant_id, ids)
    os.kill(worker, signal.SIGTERM)

    copies = copies_of(sandbox)
    assert set(copies) <= set(ids)
    print(f"\n{Counter(state.value for state in states.values())} after {kills} kills")
    return {
        message_id: (state.value, copies[message_id])
        for message_id, state in states.items()
        if not _is_truth(state, copies[message_id])
    }


def _is_truth(state: State, copies: int) -> bool:
    """``sent`` means exactly one copy; ``uncertain`` admits that there may be one; nothing else is left."""
    return (state is State.SENT and copies == 1) or (state is State.UNCERTAIN and copies <= 1)


def _mailboxes(services: Services) -> list[Connection]:
    tenant_id = add_tenant(services).id
    return [connect(services, tenant_id, f"box{number}@muster.example") for number in range(MAILBOXES)]


def _await_settled(services: Services, tenant_id: str, ids: list[str]) -> dict[str, State]:
    """Where each message stands when none is open any more, or at the latest after two minutes."""
    deadline = time.monotonic() + SETTLE_S

    def state(one: str) -> State:
        return services.ground.stores.outbox.get(tenant_id, one).state

    for one in ids:  # each is asked for until it is settled, and once more in the end
        while state(one) not in {State.SENT, State.UNCERTAIN} and time.monotonic() < deadline:
            time.sleep(0.05)
    return {one: state(one) for one in ids}
