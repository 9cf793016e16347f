"""The contract of ``OutboxStore`` on both engines: what people and evidence settle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.connections.connection import Connection
from service.errors import AlreadySentError, NotUncertainError, TooLateError
from service.outbox.entry import Entry, State
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import LOOK, add_mail, claim, connect, make_attempt, send

ACTOR = "key_1"


def _last_event(stores: Stores, entry: Entry) -> tuple[str, dict[str, str]]:
    event = stores.outbox.timeline(entry.tenant_id, entry.id)[0][-1]
    return event.type, dict(event.details)


def _unclear(stores: Stores, mailbox: Connection, clock: FakeClock) -> tuple[Entry, Claim]:
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    stores.outbox.reap(clock.advance(31))
    return entry, claimed


def test_an_open_entry_can_be_cancelled(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """It is never sent, and the timeline names who withdrew it."""
    entry = add_mail(stores, mailbox, clock.now())

    cancelled = stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), ACTOR)

    assert (cancelled.state, cancelled.is_final) == (State.CANCELLED, True)
    assert _last_event(stores, entry) == ("message.cancelled", {"actor": ACTOR})
    assert claim(stores, clock.now()) == []
    assert stores.outbox.next_due_at() is None


def test_what_is_on_its_way_or_finished_cannot_be_cancelled(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Cancel succeeds only while the entry is open."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())

    with pytest.raises(TooLateError):
        stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), ACTOR)
    send(stores, claimed, clock.now())
    with pytest.raises(TooLateError):
        stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), ACTOR)


def test_cancel_and_claim_at_once_have_one_winner(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Either it is cancelled and never claimed, or claimed and not cancelled."""
    entries = [add_mail(stores, mailbox, clock.now()) for _ in range(20)]

    def cancel(entry: Entry) -> str | None:
        try:
            return stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), ACTOR).id
        except TooLateError:
            return None

    with ThreadPoolExecutor(9) as threads:
        claiming = [threads.submit(claim, stores, clock.now(), limit=4, per_mailbox=99) for _ in range(5)]
        cancelled = {each for each in threads.map(cancel, entries) if each}
        claimed = {each.entry_id for future in claiming for each in future.result()}
    claimed |= {each.entry_id for each in claim(stores, clock.now(), limit=99, per_mailbox=99)}

    assert not cancelled & claimed
    assert cancelled | claimed == {entry.id for entry in entries}


def test_a_sent_entry_is_sent_again_only_by_force(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The same bytes, the same id, five more days."""
    entry = add_mail(stores, mailbox, clock.now())
    send(stores, claim(stores, clock.now())[0], clock.now())
    later = clock.advance(86_400)

    with pytest.raises(AlreadySentError):
        stores.outbox.resend(entry.tenant_id, entry.id, later, ACTOR, force=False)
    again = stores.outbox.resend(entry.tenant_id, entry.id, later, ACTOR, force=True)

    assert (again.id, again.state, again.receipt, again.sent_at) == (entry.id, State.QUEUED, None, None)
    assert (again.next_attempt_at, again.give_up_at) == (later, later + timedelta(days=5))
    assert _last_event(stores, entry) == ("message.resent", {"actor": ACTOR})
    [claimed] = claim(stores, later)
    assert (claimed.attempt, claimed.tries) == (2, 0)


@pytest.mark.parametrize("force", [True, False])
def test_an_open_or_flying_entry_is_not_resent(
    stores: Stores, mailbox: Connection, clock: FakeClock, *, force: bool
) -> None:
    """It will be tried anyway."""
    entry = add_mail(stores, mailbox, clock.now())

    with pytest.raises(TooLateError):
        stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=force)
    claim(stores, clock.now())
    with pytest.raises(TooLateError):
        stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=force)


def test_a_cancelled_or_expired_entry_is_resent_without_force(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """It was certainly not sent."""
    cancelled, expired = add_mail(stores, mailbox, clock.now()), add_mail(stores, mailbox, clock.now())
    stores.outbox.cancel(cancelled.tenant_id, cancelled.id, clock.now(), ACTOR)
    stores.outbox.expire(clock.advance(6 * 86_400))

    for entry in (cancelled, expired):
        again = stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=False)
        assert again.state is State.QUEUED
    assert len(claim(stores, clock.now())) == 2


def test_an_unclear_entry_is_resent_only_by_force(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """It may have been sent."""
    entry, _ = _unclear(stores, mailbox, clock)

    with pytest.raises(AlreadySentError):
        stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=False)
    assert stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=True).code is None


@pytest.mark.parametrize(("sent", "state"), [(True, State.SENT), (False, State.QUEUED)])
def test_a_person_decides_an_unclear_entry(
    stores: Stores, mailbox: Connection, clock: FakeClock, *, sent: bool, state: State
) -> None:
    """It was sent, or it shall be sent again; the timeline names who said so."""
    entry, _ = _unclear(stores, mailbox, clock)

    decided = stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), ACTOR, sent=sent)

    assert (decided.state, decided.code) == (state, None)
    decision = "sent" if sent else "resend"
    assert _last_event(stores, entry) == ("message.decided", {"actor": ACTOR, "decision": decision})
    assert bool(claim(stores, clock.now())) is not sent


def test_only_unclear_entries_are_decided(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """There is nothing to decide about the others."""
    entry = add_mail(stores, mailbox, clock.now())

    with pytest.raises(NotUncertainError):
        stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), ACTOR, sent=True)


def test_unclear_entries_are_listed_where_a_scope_allows_to_look(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A connection that may only send is not listed; one look a while is enough."""
    _unclear(stores, mailbox, clock)
    looking = connect(stores, mailbox.tenant_id, clock.now(), LOOK)
    entry, claimed = _unclear(stores, looking, clock)

    [found] = stores.outbox.uncertain(clock.now(), 10)
    assert (found.entry_id, found.fence, found.credential_id, found.connection_id) == (
        entry.id,
        claimed.fence,
        looking.credential_id,
        looking.id,
    )
    assert found.handed_over_at == clock.now() - timedelta(seconds=31)
    stores.outbox.looked(entry.id, found.fence, clock.now(), None)
    assert stores.outbox.uncertain(clock.now(), 10) == []
    assert len(stores.outbox.uncertain(clock.now() + timedelta(seconds=60), 10)) == 1
    stores.connections.pause(looking.tenant_id, looking.id, clock.now())
    assert stores.outbox.uncertain(clock.now() + timedelta(seconds=60), 10) == []


def test_a_found_receipt_settles_an_unclear_entry(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Evidence makes it ``sent``, with Google's receipt and an event."""
    entry, claimed = _unclear(stores, mailbox, clock)

    stores.outbox.looked(entry.id, claimed.fence, clock.now(), "18c2")

    sent = stores.outbox.get(entry.tenant_id, entry.id)
    assert (sent.state, sent.receipt, sent.code, sent.sent_at) == (State.SENT, "18c2", None, clock.now())
    assert _last_event(stores, entry) == ("message.sent", {"receipt": "18c2", "found_in": "sent"})


@pytest.mark.parametrize("end", [State.CANCELLED, State.FAILED, State.EXPIRED])
@pytest.mark.parametrize("is_decided", [False, True])
def test_what_was_sent_once_stays_so_however_its_resend_ends(
    stores: Stores, mailbox: Connection, clock: FakeClock, end: State, *, is_decided: bool
) -> None:
    """The first copy is out: it is ``sent`` again, with its receipt, and one more needs ``force``."""
    entry, first = _unclear(stores, mailbox, clock)
    if is_decided:
        stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), ACTOR, sent=True)
    else:
        stores.outbox.record(first, make_attempt(first, clock.now()), Verdict(State.SENT))
    before = stores.outbox.get(entry.tenant_id, entry.id)
    stores.outbox.resend(entry.tenant_id, entry.id, clock.advance(60), ACTOR, force=True)
    [second] = claim(stores, clock.now())
    deferral = make_attempt(second, clock.now(), State.DEFERRED, "provider-unavailable")
    stores.outbox.record(second, deferral, Verdict(State.DEFERRED, clock.now()))
    if end is State.CANCELLED:
        stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), ACTOR)
    elif end is State.EXPIRED:
        assert stores.outbox.expire(clock.advance(6 * 86_400)) == 1
    else:
        [third] = claim(stores, clock.now())
        refusal = make_attempt(third, clock.now(), end, "message-refused")
        stores.outbox.record(third, refusal, Verdict(end))

    with pytest.raises(AlreadySentError):
        stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=False)

    after = stores.outbox.get(entry.tenant_id, entry.id)
    assert (after.state, after.code) == (State.SENT, None)
    assert (after.receipt, after.sent_at) == (before.receipt, before.sent_at)
    assert _last_event(stores, entry)[0] == f"message.{end.value}"


@pytest.mark.parametrize("is_found", [False, True])
def test_the_copy_of_an_earlier_try_proves_nothing(
    stores: Stores, mailbox: Connection, clock: FakeClock, *, is_found: bool
) -> None:
    """After a forced resend whose answer is lost, the first copy in *Sent* must not pass for the second."""
    if is_found:
        entry, first = _unclear(stores, mailbox, clock)
        stores.outbox.looked(entry.id, first.fence, clock.now(), "18c2f0a9")
    else:
        entry = add_mail(stores, mailbox, clock.now())
        [first] = claim(stores, clock.now())
        send(stores, first, clock.now())
    stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=True)
    [second] = claim(stores, clock.now())
    stores.outbox.hand_over(second, clock.now(), 30)
    stores.outbox.reap(clock.advance(31))

    stores.outbox.looked(entry.id, second.fence, clock.now(), "18c2f0a9")
    state = stores.outbox.get(entry.tenant_id, entry.id).state
    stores.outbox.looked(entry.id, second.fence, clock.now(), "another")

    assert state is State.UNCERTAIN
    assert stores.outbox.get(entry.tenant_id, entry.id).receipt == "another"


def test_a_receipt_of_an_older_fence_settles_nothing(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A look that took long must not touch what happened meanwhile."""
    entry, claimed = _unclear(stores, mailbox, clock)
    stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), ACTOR, sent=False)
    claim(stores, clock.now())

    stores.outbox.looked(entry.id, claimed.fence, clock.now(), "18c2")

    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENDING
