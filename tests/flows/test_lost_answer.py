"""The answer is lost after the body was sent: never a silent duplicate, never a silent loss."""

import pytest

from service.access.tenant import UncertainRule
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


@pytest.mark.parametrize("may_look", [False, True])
def test_the_tenants_rule_sends_an_unclear_mail_again(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, *, may_look: bool
) -> None:
    """After 15 minutes, and after three looks where looks are allowed; the timeline names the rule."""
    services.ground.stores.tenants.choose(mailbox.tenant_id, uncertain_rule=UncertainRule.RESEND)
    if may_look:
        scopes = SENDING | METADATA
        connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id, scopes=scopes)
    sandbox.google.arm("drop-after-refused", account=mailbox.address)
    entry = submit(services, mailbox)
    send_due(services)
    for _ in range(4):
        services.reconcile.run_once()
        clock.advance(200)
    before = state_of(services, entry)

    clock.advance(200)
    services.reconcile.run_once()
    send_due(services)

    events, attempts = services.ground.stores.outbox.timeline(entry.tenant_id, entry.id)
    assert (before, state_of(services, entry)) == (State.UNCERTAIN, State.SENT)
    assert [attempt.outcome for attempt in attempts] == [State.UNCERTAIN, State.SENT]
    [again] = [event for event in events if event.type == "message.resent"]
    assert dict(again.details)["actor"] == "rule"


def test_the_rule_waits_for_looks_that_are_allowed(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """One look in an hour is too few: the mail is held, then found, and nobody gets it twice."""
    services.ground.stores.tenants.choose(mailbox.tenant_id, uncertain_rule=UncertainRule.RESEND)
    connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id, scopes=SENDING | METADATA)
    sandbox.google.arm("drop-after", account=mailbox.address)
    entry = submit(services, mailbox)
    send_due(services)
    clock.advance(3600)
    sandbox.google.arm("backendError_500", account=mailbox.address, where="list", times=1)

    services.reconcile.run_once()
    send_due(services)
    clock.advance(3600)
    services.reconcile.run_once()

    assert state_of(services, entry) is State.SENT
    assert len(sandbox.google.sent()) == 1


def test_the_rule_gives_up_after_the_third_unclear_copy(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """A way that loses every answer must not fill a customer's mailbox: a person decides."""
    services.ground.stores.tenants.choose(mailbox.tenant_id, uncertain_rule=UncertainRule.RESEND)
    sandbox.google.arm("drop-after", account=mailbox.address, times=9)
    entry = submit(services, mailbox)

    for _ in range(9):
        send_due(services)
        clock.advance(1000)
        services.reconcile.run_once()

    assert state_of(services, entry) is State.UNCERTAIN
    assert len(sandbox.google.sent()) == 4


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
    # More than the kernel takes ahead for a server that does not read: else the last byte may be out.
    entry = submit(services, mailbox, text="x" * 12_000_000)
    send_due(services)
    state = state_of(services, entry)

    clock.advance(60)
    send_due(services)

    assert state is State.DEFERRED
    assert state_of(services, entry) is State.SENT
    assert len(sandbox.google.sent()) == 1
