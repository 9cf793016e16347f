"""The contract of ``OutboxStore`` on both engines: who gets what to send."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.connections.connection import Connection, ConnectionStatus
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import (
    add_mail,
    claim,
    connect,
    send,
)


def test_the_longest_due_mailbox_comes_first_and_of_each_the_oldest(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """Mailboxes by the time they have waited, their entries by age, no more than asked for."""
    boxes = [connect(stores, tenant_id, clock.now()) for _ in range(3)]
    expected = []
    for box in reversed(boxes):
        entries = [add_mail(stores, box, clock.advance(1)) for _ in range(2)]
        expected += [entry.id for entry in entries]

    claims = claim(stores, clock.now(), limit=5)

    assert [each.entry_id for each in claims] == expected[:5]
    assert [each.entry_id for each in claim(stores, clock.now(), limit=5)] == expected[5:]
    assert claim(stores, clock.now()) == []


def test_a_served_mailbox_goes_behind_those_that_waited(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """A huge backlog does not keep the senders from a mailbox with one mail."""
    huge, small = connect(stores, tenant_id, clock.now()), connect(stores, tenant_id, clock.now())
    for _ in range(10):
        add_mail(stores, huge, clock.now())
    one = add_mail(stores, small, clock.advance(60))
    first = claim(stores, clock.advance(1), limit=2, per_mailbox=2)
    for each in first:
        send(stores, each, clock.now())

    second = claim(stores, clock.now(), limit=2, per_mailbox=2)

    assert {each.connection_id for each in first} == {huge.id}
    assert second[0].entry_id == one.id


@pytest.mark.parametrize("what_comes", ["a result", "a sweep", "a mail"])
def test_a_clock_that_was_ahead_for_once_stops_no_mailbox(
    stores: Stores, mailbox: Connection, clock: FakeClock, what_comes: str
) -> None:
    """What was claimed at a wrong time only sets the order, so the rest does not wait for that time."""
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now() + timedelta(days=1), limit=1)

    if what_comes == "a result":
        send(stores, claimed, clock.now())
    elif what_comes == "a sweep":
        stores.outbox.reap(clock.now())
    else:
        add_mail(stores, mailbox, clock.now())

    assert len(claim(stores, clock.now())) >= 2


def test_never_more_of_one_mailbox_than_allowed(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Slots are counted over all workers; a full mailbox leaves the queue until a result is there."""
    for _ in range(6):
        add_mail(stores, mailbox, clock.now())

    first = claim(stores, clock.now(), per_mailbox=2)
    when_full = (claim(stores, clock.now(), per_mailbox=2), stores.outbox.next_due_at())
    add_mail(stores, mailbox, clock.now())
    still_full = (claim(stores, clock.now(), per_mailbox=2), stores.outbox.next_due_at())
    send(stores, first[0], clock.now())
    after_a_result = claim(stores, clock.now(), per_mailbox=2)

    assert len(first) == 2
    assert when_full == still_full == ([], None)
    assert len(after_a_result) == 1


def test_mail_of_later_is_not_claimed_before_its_time(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Scheduled mail waits, and ``next_due_at`` says until when."""
    due = clock.now() + timedelta(hours=1)
    entry = add_mail(stores, mailbox, clock.now(), due=due)

    assert claim(stores, clock.now()) == []
    assert stores.outbox.next_due_at() == due
    assert [each.entry_id for each in claim(stores, due)] == [entry.id]
    assert stores.outbox.next_due_at() is None


def test_a_later_mail_does_not_hide_an_earlier_one(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The mailbox is due with its earliest mail, in whichever order they came."""
    add_mail(stores, mailbox, clock.now(), due=clock.now() + timedelta(hours=1))
    now = add_mail(stores, mailbox, clock.now())

    assert stores.outbox.next_due_at() == clock.now()
    assert [each.entry_id for each in claim(stores, clock.now())] == [now.id]


@pytest.mark.parametrize("status", [ConnectionStatus.PAUSED, ConnectionStatus.DISCONNECTED])
def test_only_connected_mailboxes_are_claimed(
    stores: Stores, mailbox: Connection, clock: FakeClock, status: ConnectionStatus
) -> None:
    """Mail of a mailbox that may not send stays where it is, also mail that comes meanwhile."""
    add_mail(stores, mailbox, clock.now())
    stop = {
        ConnectionStatus.PAUSED: stores.connections.pause,
        ConnectionStatus.DISCONNECTED: stores.connections.disconnect,
    }[status]
    stop(mailbox.tenant_id, mailbox.id, clock.now())
    add_mail(stores, mailbox, clock.now())

    assert claim(stores, clock.advance(3600)) == []
    assert stores.outbox.next_due_at() is None


def test_many_claimers_at_once_never_get_the_same_entry(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """Eight workers share what is due: everything once, never more than a mailbox's slots."""
    boxes = [connect(stores, tenant_id, clock.now()) for _ in range(6)]
    for box in boxes:
        for _ in range(5):
            add_mail(stores, box, clock.now())

    def work(number: int) -> list[tuple[str, str]]:
        got = []
        for _ in range(6):
            claims = stores.outbox.claim(f"worker-{number}", clock.now(), limit=3, per_mailbox=3, lease_s=30)
            got += [(each.connection_id, each.entry_id) for each in claims]
        return got

    with ThreadPoolExecutor(8) as threads:
        got = [pair for pairs in threads.map(work, range(8)) for pair in pairs]
    got += [
        (each.connection_id, each.entry_id) for each in claim(stores, clock.now(), limit=99, per_mailbox=3)
    ]

    assert len({entry for _, entry in got}) == len(got) == 18
    assert all([box for box, _ in got].count(box.id) == 3 for box in boxes)


def test_accepts_and_claims_at_once_lose_no_wake_up(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """What is accepted while a claim finds the mailbox empty is due afterwards."""

    def accept_some(_: int) -> None:
        for _ in range(10):
            add_mail(stores, mailbox, clock.now())

    def drain(_: int) -> int:
        return sum(send(stores, each, clock.now()) for _ in range(20) for each in claim(stores, clock.now()))

    with ThreadPoolExecutor(8) as threads:
        accepting = [threads.submit(accept_some, number) for number in range(4)]
        draining = [threads.submit(drain, number) for number in range(4)]
        sent = sum(each.result() for each in draining) + sum(each.result() or 0 for each in accepting)
    while claims := claim(stores, clock.now()):
        sent += sum(send(stores, each, clock.now()) for each in claims)

    assert sent == 40
    assert stores.outbox.next_due_at() is None
