"""The contract of ``OutboxStore`` on both engines: word from Google that comes late."""

from datetime import timedelta

import pytest

from service.connections.connection import Connection
from service.outbox.entry import Entry, State
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, claim, make_attempt, send

ACTOR = "key_1"


def _unclear(stores: Stores, mailbox: Connection, clock: FakeClock) -> tuple[Entry, Claim]:
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    stores.outbox.reap(clock.advance(31))
    return entry, claimed


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.SENT, None),
        (State.FAILED, "message-refused"),
        (State.DEFERRED, "provider-unavailable"),
        (State.UNCERTAIN, "answer-lost"),
    ],
)
def test_late_certainty_replaces_the_guess(
    stores: Stores, mailbox: Connection, clock: FakeClock, state: State, code: str | None
) -> None:
    """Whatever Google said of the same fence wins over ``uncertain``; another guess is no news."""
    entry, claimed = _unclear(stores, mailbox, clock)
    attempt = make_attempt(claimed, clock.now(), state, code)
    again = clock.now() + timedelta(seconds=30) if state is State.DEFERRED else None

    is_written = stores.outbox.record(claimed, attempt, Verdict(state, again))

    kept = stores.outbox.get(entry.tenant_id, entry.id)
    events, [told] = stores.outbox.timeline(entry.tenant_id, entry.id)
    assert (kept.state, kept.code, kept.receipt) == (state, code, attempt.receipt)
    assert is_written is (state is not State.UNCERTAIN)
    assert (told == attempt) is is_written
    assert events[-1].type == f"message.{state.value}"
    assert stores.outbox.next_due_at() == again


@pytest.mark.parametrize("is_looked", [False, True])
@pytest.mark.parametrize("then", ["waits", "cancelled"])
def test_a_receipt_that_comes_before_the_second_copy_begins_keeps_it_here(
    stores: Stores, mailbox: Connection, clock: FakeClock, then: str, *, is_looked: bool
) -> None:
    """The owner chose to send again, then the first copy turned out to be taken: nobody gets it twice."""
    entry, claimed = _unclear(stores, mailbox, clock)
    stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), ACTOR, sent=False)
    if then == "cancelled":
        stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), ACTOR)

    if is_looked:
        stores.outbox.looked(entry.id, claimed.fence, clock.now(), "18c2f0a9")
    else:
        assert stores.outbox.record(claimed, make_attempt(claimed, clock.now()), Verdict(State.SENT))

    sent = stores.outbox.get(entry.tenant_id, entry.id)
    assert (sent.state, sent.receipt) == (State.SENT, "18c2f0a9")
    assert claim(stores, clock.now()) == []
    assert stores.outbox.next_due_at() is None


def test_a_receipt_that_is_told_twice_does_not_swallow_a_resend(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A worker repeats what it cannot know to be written; the second copy that was asked for goes."""
    entry = add_mail(stores, mailbox, clock.now())
    [first] = claim(stores, clock.now())
    send(stores, first, clock.now())
    stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), ACTOR, force=True)

    assert not stores.outbox.record(first, make_attempt(first, clock.now()), Verdict(State.SENT))
    stores.outbox.looked(entry.id, first.fence, clock.now(), "18c2f0a9")

    assert len(claim(stores, clock.now())) == 1
