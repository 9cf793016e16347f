"""A sender is taken from a delegation's list while real workers send, with good tokens in memory."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from service.connections.connection import Connection
from service.delegation.setup import Wanted
from service.mail.address import Address
from service.outbox.entry import Attempt, Entry, State
from service.wiring import Services
from tests.faults.nursery import Nursery
from tests.harness import Installation, add_tenant, state_of, submit
from tests.sandbox_process import SandboxProcess

ALICE, BOB = "rechnung@beispiel.example", "jonas.weber@beispiel.example"  # the sandbox knows them
SEND = "https://www.googleapis.com/auth/gmail.send"
EACH = 60
WAIT_S = 60


def test_nothing_of_a_removed_sender_is_handed_over_afterwards(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """Two worker processes are in the middle of it: what was not handed over before never leaves."""
    sandbox_process.arm("slow", seconds=0.3)  # so that the removal meets mails in flight
    with installation.build() as services, Nursery(installation) as nursery:
        alice, bob, delegation_id = _set_up(services, sandbox_process)
        of_alice, of_bob = ([submit(services, box) for _ in range(EACH)] for box in (alice, bob))
        workers = [nursery.start(), nursery.start()]
        _await(lambda: sum(state_of(services, one) is State.SENT for one in of_alice) >= 5)

        services.delegations.set_senders(alice.tenant_id, delegation_id, [Address(BOB)], "test")
        removed_at = datetime.now(UTC)
        of_bob += [submit(services, bob) for _ in range(5)]
        _await(lambda: all(state_of(services, one) is State.SENT for one in of_bob))
        nursery.stop(*workers)

        states = [state_of(services, one) for one in of_alice]
        handed_over = [
            attempt.handed_over_at
            for one in of_alice
            for attempt in _attempts(services, one)
            if attempt.handed_over_at is not None
        ]
    accepted = [mail for mail in sandbox_process.sent() if mail["account"] == ALICE]
    assert max(handed_over) <= removed_at
    assert len(accepted) == len(handed_over) == states.count(State.SENT) < EACH
    assert states.count(State.WAITING) == EACH - len(accepted)


def _set_up(services: Services, sandbox: SandboxProcess) -> tuple[Connection, Connection, str]:
    document = sandbox.service_account()
    sandbox.delegate("beispiel.example", document["client_id"], [SEND])
    wanted = Wanted((Address(ALICE), Address(BOB)))
    change = services.delegations.add_with_key(add_tenant(services).id, document, wanted, "test")
    boxes = {made.address: made for made in change.made}
    return boxes[ALICE], boxes[BOB], change.delegation.id


def _attempts(services: Services, entry: Entry) -> list[Attempt]:
    return services.ground.stores.outbox.timeline(entry.tenant_id, entry.id)[1]


def _await(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, and no longer than a minute: removing a user may take no more."""
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
