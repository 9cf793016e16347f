"""The contract of ``OutboxStore`` on both engines: the content of an entry goes to others as a new entry."""

from dataclasses import replace

import pytest

from service.connections.connection import Connection
from service.errors import AlreadySentError, NotFoundError, TooLateError
from service.mail.address import Address
from service.outbox.entry import Entry, Recipient, RecipientKind, State
from service.outbox.ports import Accepted, Correction
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import CONTENT, add_mail, add_tenant, claim, connect, make_attempt, make_entry

RIGHT = (Recipient(RecipientKind.TO, Address("kundin@example.com")),)


def _correct(
    stores: Stores, earlier: Entry, mailbox: Connection, clock: FakeClock, *, force: bool = False
) -> Accepted:
    fresh = replace(make_entry(mailbox, clock.now()), recipients=RIGHT)
    return stores.outbox.accept(
        fresh,
        CONTENT,
        idempotency_key=f"correct {earlier.id}",
        fingerprint="f" * 64,
        actor="Anna",
        corrects=Correction(earlier.id, force),
    )


def _end(stores: Stores, mailbox: Connection, clock: FakeClock, outcome: State) -> Entry:
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    stores.outbox.record(claimed, make_attempt(claimed, clock.now(), outcome, "no"), Verdict(outcome))
    return entry


def test_both_timelines_name_the_other(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Who looks at one finds the other, and who wanted it; the earlier one stays as it was."""
    earlier = _end(stores, mailbox, clock, State.FAILED)

    fresh = _correct(stores, earlier, mailbox, clock).entry

    [queued], _ = stores.outbox.timeline(mailbox.tenant_id, fresh.id)
    *_, corrected = stores.outbox.timeline(mailbox.tenant_id, earlier.id)[0]
    assert (queued.type, dict(queued.details)) == (
        "message.queued",
        {"corrects": earlier.id, "actor": "Anna"},
    )
    assert corrected.type == "message.corrected"
    assert dict(corrected.details) == {"corrected_by": fresh.id, "actor": "Anna"}
    assert stores.outbox.get(mailbox.tenant_id, earlier.id).state is State.FAILED
    [claimed] = claim(stores, clock.now())
    assert (claimed.entry_id, claimed.recipients) == (fresh.id, (RIGHT[0].address,))


@pytest.mark.parametrize("outcome", [State.SENT, State.UNCERTAIN])
def test_what_may_be_out_is_doubled_by_force_alone(
    stores: Stores, mailbox: Connection, clock: FakeClock, outcome: State
) -> None:
    """Without it nothing is kept; with it a new one is."""
    earlier = _end(stores, mailbox, clock, outcome)

    with pytest.raises(AlreadySentError):
        _correct(stores, earlier, mailbox, clock)
    assert len(stores.outbox.timeline(mailbox.tenant_id, earlier.id)[0]) == 2
    assert claim(stores, clock.now()) == []

    assert not _correct(stores, earlier, mailbox, clock, force=True).replayed
    assert len(claim(stores, clock.now())) == 1


def test_what_is_open_or_on_its_way_is_not_corrected(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Force or not: it is cancelled first, and then it may be."""
    earlier = add_mail(stores, mailbox, clock.now())

    with pytest.raises(TooLateError):
        _correct(stores, earlier, mailbox, clock, force=True)
    stores.outbox.cancel(mailbox.tenant_id, earlier.id, clock.now(), "Anna")

    assert not _correct(stores, earlier, mailbox, clock).replayed


def test_a_repeated_correction_is_one(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """The same key brings the same entry, and one line in the timeline."""
    earlier = _end(stores, mailbox, clock, State.FAILED)

    first, again = (_correct(stores, earlier, mailbox, clock) for _ in range(2))

    assert (again.entry.id, again.replayed) == (first.entry.id, True)
    events, _ = stores.outbox.timeline(mailbox.tenant_id, earlier.id)
    assert [event.type for event in events].count("message.corrected") == 1


def test_a_foreign_message_is_not_there(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Neither another tenant's, nor one of another mailbox of the same tenant."""
    stranger = connect(stores, add_tenant(stores, clock.now()), clock.now())
    neighbour = connect(stores, mailbox.tenant_id, clock.now())

    for other in (stranger, neighbour):
        earlier = _end(stores, other, clock, State.FAILED)
        with pytest.raises(NotFoundError):
            _correct(stores, earlier, mailbox, clock)
