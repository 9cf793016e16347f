"""The contract of ``OutboxStore``, over SQLite and PostgreSQL."""

from service.outbox.entry import State
from service.outbox.ports import MessageFilter
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import CONTENT, accept, add_tenant, claim, connect, make_entry, send


def test_an_accepted_message_can_be_read_claimed_and_sent(stores: Stores, clock: FakeClock) -> None:
    """The whole way of one message through the store."""
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = make_entry(mailbox, clock.now())

    accepted = accept(stores, entry)

    assert accepted.entry == entry
    assert not accepted.replayed
    assert stores.outbox.get(entry.tenant_id, entry.id) == entry
    assert b"".join(stores.outbox.content(entry.tenant_id, entry.id)) == b"".join(CONTENT)
    [claimed] = claim(stores, clock.now())
    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENDING
    assert send(stores, claimed, clock.advance(1))
    sent = stores.outbox.get(entry.tenant_id, entry.id)
    assert (sent.state, sent.receipt, sent.attempts) == (State.SENT, "18c2f0a9", 1)
    events, attempts = stores.outbox.timeline(entry.tenant_id, entry.id)
    assert [event.type for event in events] == ["message.queued", "message.sent"]
    assert [attempt.outcome for attempt in attempts] == [State.SENT]
    assert stores.outbox.search(entry.tenant_id, MessageFilter(search="JÖRG"), 5) == [sent]
