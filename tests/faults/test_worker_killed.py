"""SIGKILL of the worker at any moment: nothing is lost, nothing is sent twice in silence."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from service.connections.connection import Connection
from service.outbox.entry import State
from service.wiring import Services
from tests.faults.nursery import Nursery
from tests.harness import Installation, add_tenant, connect, submit
from tests.sandbox_process import SandboxProcess

MAILBOXES = 8
SETTLE_S = 120


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_every_accepted_message_ends_sent_once_or_uncertain(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """200 kills on each engine while 2,000 messages flow, judged by the sandbox's own count."""
    kills, messages, source = 200, 2000, random.Random(20261123)
    sandbox_process.arm("slow", seconds=0.03)  # so that many kills find an answer on its way
    with installation.build() as services, Nursery(installation) as nursery:
        tenant_id, mailboxes = _mailboxes(services)
        ids: list[str] = []
        for _ in range(kills):
            ids += [submit(services, source.choice(mailboxes)).id for _ in range(messages // kills)]
            worker = nursery.start()
            time.sleep(source.uniform(0.02, 0.4))  # the random moment
            os.kill(worker, signal.SIGKILL)
        worker = nursery.start()
        states = _await_settled(services, tenant_id, ids)
        os.kill(worker, signal.SIGTERM)

    copies = Counter(str(mail["x_postausgang_id"]) for mail in sandbox_process.sent())
    wrong = {
        message_id: (state.value, copies[message_id])
        for message_id, state in states.items()
        if not _is_truth(state, copies[message_id])
    }
    assert wrong == {}
    assert set(copies) <= set(ids)
    assert len(ids) == messages
    print(f"\n{Counter(state.value for state in states.values())} after {kills} kills")


def _is_truth(state: State, copies: int) -> bool:
    """``sent`` means exactly one copy; ``uncertain`` admits that there may be one; nothing else is left."""
    return (state is State.SENT and copies == 1) or (state is State.UNCERTAIN and copies <= 1)


def _mailboxes(services: Services) -> tuple[str, list[Connection]]:
    tenant = add_tenant(services)
    boxes = [connect(services, tenant.id, f"box{number}@muster.example") for number in range(MAILBOXES)]
    return tenant.id, boxes


def _await_settled(services: Services, tenant_id: str, ids: list[str]) -> dict[str, State]:
    """Wait until no message is open any more."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        states = {one: services.ground.stores.outbox.get(tenant_id, one).state for one in ids}
        if set(states.values()) <= {State.SENT, State.UNCERTAIN} or time.monotonic() > deadline:
            return states
        time.sleep(0.5)
