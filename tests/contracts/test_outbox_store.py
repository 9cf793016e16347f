"""The contract of ``OutboxStore`` on both engines: the way in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from service.connections.connection import Connection
from service.errors import IdempotencyKeyReusedError, NotFoundError, PreconditionFailedError, SealError
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import (
    CONTENT,
    accept,
    add_mail,
    add_tenant,
    claim,
    connect,
    make_entry,
    send,
)

MIB = 1024 * 1024


def test_an_accepted_message_can_be_read_claimed_and_sent(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The whole way of one message through the store."""
    entry = make_entry(mailbox, clock.now())

    accepted = accept(stores, entry)
    [claimed] = claim(stores, clock.now())
    while_sending = stores.outbox.get(entry.tenant_id, entry.id)
    was_ours = send(stores, claimed, clock.advance(1))

    assert (accepted.entry, accepted.replayed) == (entry, False)
    assert (while_sending.state, while_sending.attempts) == (State.SENDING, 0)
    assert was_ours
    sent = stores.outbox.get(entry.tenant_id, entry.id)
    assert (sent.state, sent.receipt, sent.attempts) == (State.SENT, "18c2f0a9", 1)
    assert (sent.sent_at, sent.next_attempt_at, sent.code) == (clock.now(), None, None)
    assert stores.connections.get(entry.tenant_id, mailbox.id).last_sent_at == clock.now()


def test_a_message_is_given_back_as_it_was_accepted(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Every field survives: recipients in their order, attachments, metadata, reference."""
    entry = make_entry(mailbox, clock.now())

    accept(stores, entry)

    assert stores.outbox.get(entry.tenant_id, entry.id) == entry


def test_a_message_is_kept_only_for_the_mailbox_that_it_was_checked_against(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """What changes it is noticed in the transaction that keeps mail; that a mail has left is no change."""
    tenant_id, connections = mailbox.tenant_id, stores.connections
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    send(stores, claimed, clock.advance(1))
    seen = mailbox
    changes: list[Callable[[], Connection]] = [
        partial(connections.rename, tenant_id, mailbox.id, "Muster AG"),
        partial(connections.set_aliases, tenant_id, mailbox.id, frozenset({"info@muster.example"})),
        partial(connections.pause, tenant_id, mailbox.id, clock.now()),
        partial(connections.disconnect, tenant_id, mailbox.id, clock.now()),
    ]

    for change in changes:
        entry = make_entry(mailbox, clock.now())
        keep = partial(stores.outbox.accept, entry, CONTENT, idempotency_key=entry.id, fingerprint="f")
        now = change()
        with pytest.raises(PreconditionFailedError):
            keep(connection=seen)
        with pytest.raises(NotFoundError):
            stores.outbox.get(tenant_id, entry.id)
        assert keep(connection=now).entry.id == entry.id
        seen = now


def test_the_timeline_begins_with_who_asked(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Of what the service sends by itself, it names nobody."""
    asked, own = make_entry(mailbox, clock.now()), make_entry(mailbox, clock.now())

    stores.outbox.accept(asked, CONTENT, idempotency_key="a", fingerprint="f", actor="Anna")
    stores.outbox.accept(own, CONTENT, idempotency_key="b", fingerprint="f")

    [[first], _] = stores.outbox.timeline(mailbox.tenant_id, asked.id)
    [[second], _] = stores.outbox.timeline(mailbox.tenant_id, own.id)
    assert (first.type, dict(first.details)) == ("message.queued", {"actor": "Anna"})
    assert (second.type, dict(second.details)) == ("message.queued", {})


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 17])
def test_content_comes_back_byte_for_byte(
    stores: Stores, mailbox: Connection, clock: FakeClock, size: int
) -> None:
    """Content of any length, also beyond what waits in memory."""
    entry = make_entry(mailbox, clock.now())
    pieces = [bytes([at % 251]) * min(65_536, size - at) for at in range(0, size, 65_536)]

    stores.outbox.accept(entry, pieces, idempotency_key="k", fingerprint="f")

    assert b"".join(stores.outbox.content(entry.tenant_id, entry.id)) == b"".join(pieces)


def test_content_with_a_missing_or_moved_chunk_does_not_open(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """A changed database is noticed, and the read says so instead of sending half a mail."""
    entry = make_entry(mailbox, clock.now())
    stores.outbox.accept(entry, [b"x" * (3 * MIB)], idempotency_key="k", fingerprint="f")
    database.write(lambda c: c.exec_driver_sql("DELETE FROM content_chunks WHERE position = 1"))

    with pytest.raises(SealError):
        list(stores.outbox.content(entry.tenant_id, entry.id))


def test_the_same_key_and_body_keep_one_message(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A repeated request answers the first entry and keeps nothing."""
    first = accept(stores, make_entry(mailbox, clock.now()), "key")

    second = accept(stores, make_entry(mailbox, clock.advance(5)), "key")

    assert (second.entry, second.replayed) == (first.entry, True)
    assert stores.outbox.find_by_key(mailbox.tenant_id, "key", "f" * 64) == first.entry
    assert stores.outbox.search(mailbox.tenant_id, MessageFilter(), 10) == [first.entry]


def test_the_same_key_with_another_body_is_refused(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A key belongs to the body that it first came with."""
    accept(stores, make_entry(mailbox, clock.now()), "key")

    with pytest.raises(IdempotencyKeyReusedError):
        stores.outbox.accept(
            make_entry(mailbox, clock.now()), CONTENT, idempotency_key="key", fingerprint="other"
        )
    with pytest.raises(IdempotencyKeyReusedError):
        stores.outbox.find_by_key(mailbox.tenant_id, "key", "other")
    assert stores.outbox.find_by_key(mailbox.tenant_id, "unknown", "other") is None


def test_a_key_belongs_to_its_tenant(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Two companies may use the same key."""
    other = connect(stores, add_tenant(stores, clock.now()), clock.now())
    accept(stores, make_entry(mailbox, clock.now()), "key")

    accepted = accept(stores, make_entry(other, clock.now()), "key")

    assert not accepted.replayed
    assert stores.outbox.find_by_key(other.tenant_id, "key", "f" * 64) == accepted.entry


def test_fifty_threads_with_one_key_keep_one_message(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A race of the same request has one winner, and everybody gets its answer."""
    candidates = [make_entry(mailbox, clock.now()) for _ in range(50)]

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda entry: accept(stores, entry, "key"), candidates))

    assert len({answer.entry.id for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert len(stores.outbox.search(mailbox.tenant_id, MessageFilter(), 100)) == 1


def test_nothing_is_kept_for_a_mailbox_of_another_tenant(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The connection of a message is one of its own tenant's."""
    stranger = add_tenant(stores, clock.now())
    entry = make_entry(mailbox, clock.now())
    foreign = type(entry)(
        **{name: getattr(entry, name) for name in entry.__slots__} | {"tenant_id": stranger}
    )

    with pytest.raises(NotFoundError):
        accept(stores, foreign)
    assert stores.outbox.find_by_key(stranger, foreign.id, "f" * 64) is None


def test_another_tenant_finds_nothing(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """A foreign id is as unknown as one that never was."""
    entry = add_mail(stores, mailbox, clock.now())
    stranger = add_tenant(stores, clock.now())

    for look in (
        lambda: stores.outbox.get(stranger, entry.id),
        lambda: stores.outbox.timeline(stranger, entry.id),
        lambda: list(stores.outbox.content(stranger, entry.id)),
        lambda: stores.outbox.cancel(stranger, entry.id, clock.now(), "key_1"),
        lambda: stores.outbox.resend(stranger, entry.id, clock.now(), "key_1", force=True),
        lambda: stores.outbox.decide(stranger, entry.id, clock.now(), "key_1", sent=True),
        lambda: stores.outbox.get(entry.tenant_id, "msg_unknown"),
    ):
        with pytest.raises(NotFoundError):
            look()
    assert stores.outbox.search(stranger, MessageFilter(), 10) == []
