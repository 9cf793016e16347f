"""The answer is lost after the body was sent: never a silent duplicate, never a silent loss."""

import pytest

from service.connections.connection import Connection
from service.consent.scopes import METADATA, SENDING
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import ShiftedClock, connect, events_of, send_due, state_of, submit


def test_the_mail_is_unclear_and_is_not_sent_again_by_itself(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """One mail is in the mailbox; nobody can know that, so a person must decide."""
    sandbox.google.arm("drop-after", account=mailbox.address)
    entry = submit(services, mailbox)

    send_due(services)
    clock.advance(86_400)
    send_due(services)
    services.reconcile.run_once()

    assert state_of(services, entry) is State.UNCERTAIN
    assert len(sandbox.google.sent()) == 1
    assert "message.uncertain" in events_of(services, entry)


def test_with_a_look_into_sent_it_is_found(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """gmail.metadata lets the service find its own mark in *Sent*; that settles it, with the receipt."""
    connect(
        services,
        mailbox.tenant_id,
        mailbox.address,
        connection_id=mailbox.id,
        scopes=SENDING | METADATA,
    )
    sandbox.google.arm("drop-after", account=mailbox.address)
    entry = submit(services, mailbox)
    send_due(services)

    found = services.reconcile.run_once()

    kept = services.ground.stores.outbox.get(entry.tenant_id, entry.id)
    assert found == 1
    assert kept.state is State.SENT
    assert kept.receipt == sandbox.google.sent()[0]["id"]


def test_a_look_that_finds_nothing_decides_nothing(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """The absence of a mail is no proof: it may still be on its way."""
    connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id, scopes=SENDING | METADATA)
    sandbox.google.arm("drop-after-refused", account=mailbox.address)
    entry = submit(services, mailbox)
    send_due(services)

    services.reconcile.run_once()

    assert state_of(services, entry) is State.UNCERTAIN


@pytest.mark.parametrize(("sent", "copies"), [(True, 1), (False, 2)])
def test_a_person_decides(
    services: Services, sandbox: Sandbox, mailbox: Connection, *, sent: bool, copies: int
) -> None:
    """*It was sent* settles it; *send again* sends the same bytes once more, and both are on record."""
    sandbox.google.arm("drop-after", account=mailbox.address)
    entry = submit(services, mailbox)
    send_due(services)

    services.ground.stores.outbox.decide(
        entry.tenant_id, entry.id, services.ground.clock.now(), "Mia Berger", sent=sent
    )
    send_due(services)

    assert state_of(services, entry) is State.SENT
    assert len(sandbox.google.sent()) == copies


def test_a_body_that_was_cut_short_is_simply_tried_again(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """Before the last byte a broken connection is certainly unsent: the next try sends the one copy."""
    sandbox.google.arm("drop-before", account=mailbox.address)
    entry = submit(services, mailbox, text="x" * 3_000_000)
    send_due(services)
    state = state_of(services, entry)

    clock.advance(60)
    send_due(services)

    assert state is State.DEFERRED
    assert state_of(services, entry) is State.SENT
    assert len(sandbox.google.sent()) == 1
