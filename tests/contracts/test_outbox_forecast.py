"""The contract of ``OutboxStore`` on both engines: when a mail is expected to leave."""

from datetime import timedelta

import pytest

from service.connections.connection import AccountKind, Connection
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from service.outbox.pace import AHEAD_COUNTED, DayLimit, Pace
from service.outbox.verdict import Hold, Verdict
from service.storage.database import Database
from service.storage.stores import Stores, open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import accept, add_mail, claim, make_attempt, make_entry, send
from tests.fakes.sealer import FakeSealer

STEP = timedelta(milliseconds=1072)  # sixty a minute, after a burst of five


@pytest.fixture
def paced(database: Database, clock: FakeClock) -> Stores:
    """Stores with the limits of a gmail.com mailbox, but ten mails a day."""
    return open_stores(database, FakeSealer(), clock, Pace({AccountKind.CONSUMER: DayLimit(10)}, 60))


def test_a_mail_of_an_idle_mailbox_leaves_now(paced: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """The answer says so, and a later look still does."""
    entry = accept(paced, make_entry(mailbox, clock.now())).entry

    assert entry.expected_at == clock.now()
    assert paced.outbox.get(entry.tenant_id, entry.id).expected_at == clock.now()


def test_a_scheduled_mail_leaves_at_its_time(paced: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """What is due before it does not wait for it."""
    due = clock.now() + timedelta(hours=3)
    later = add_mail(paced, mailbox, clock.now(), due=due)

    now = add_mail(paced, mailbox, clock.now())

    assert (later.expected_at, now.expected_at) == (due, clock.now())


def test_a_mail_stands_behind_the_backlog_of_its_mailbox(
    paced: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """One after the other by the minute, the rest when there is place again; the same in lists."""
    for _ in range(5):
        add_mail(paced, mailbox, clock.now())
    for each in claim(paced, clock.now(), per_mailbox=8):
        send(paced, each, clock.now())
    begun_at = clock.now()
    entries = [add_mail(paced, mailbox, clock.advance(0.001)) for _ in range(7)]

    listed = paced.outbox.search(mailbox.tenant_id, MessageFilter(state=State.QUEUED), 10)

    assert [entry.expected_at for entry in entries] == [
        *(begun_at + STEP * number for number in range(1, 6)),
        begun_at + timedelta(days=1),
        begun_at + timedelta(days=1),
    ]
    # Identifiers of one millisecond have no order among themselves.
    assert {each.id: each.expected_at for each in listed} == {
        entry.id: entry.expected_at for entry in entries
    }


def test_a_held_mail_says_when_and_one_that_needs_a_person_does_not(
    paced: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A limit ends by itself; nobody knows when a person comes."""
    add_mail(paced, mailbox, clock.now())
    [claimed] = claim(paced, clock.now())
    until = clock.now() + timedelta(minutes=20)
    attempt = make_attempt(claimed, clock.now(), State.WAITING, "quota-reached")
    hold = Hold(until, "quota-reached")
    paced.outbox.record(claimed, attempt, Verdict(State.DEFERRED, clock.now(), counts=False, connection=hold))

    held = add_mail(paced, mailbox, clock.now())
    paced.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())

    assert held.expected_at == until
    assert paced.outbox.get(held.tenant_id, held.id).expected_at is None
    assert add_mail(paced, mailbox, clock.now()).expected_at is None


def test_a_mail_that_is_gone_expects_nothing(paced: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Sent or cancelled: there is nothing to come."""
    sent, cancelled = add_mail(paced, mailbox, clock.now()), add_mail(paced, mailbox, clock.now())
    paced.outbox.cancel(cancelled.tenant_id, cancelled.id, clock.now(), "key_1")
    [claimed] = claim(paced, clock.now())
    send(paced, claimed, clock.now())

    for entry in (sent, cancelled):
        assert paced.outbox.get(entry.tenant_id, entry.id).expected_at is None


def test_a_long_backlog_is_not_counted_to_its_end(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """Behind more than are counted the answer is the earliest instant."""
    stores = open_stores(database, FakeSealer(), clock, Pace(api_sends_a_minute=60))
    add_mail(stores, mailbox, clock.now())
    claim(stores, clock.now())
    for _ in range(AHEAD_COUNTED + 5):
        last = add_mail(stores, mailbox, clock.now())

    # Four of the burst are left; then each waits one step.
    assert last.expected_at == clock.now() + STEP * (AHEAD_COUNTED - 3)


def test_a_mailbox_says_what_it_has_sent_of_its_limit(
    paced: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Of the last 24 hours, also when nothing was sent since."""
    for _ in range(3):
        add_mail(paced, mailbox, clock.now())
    for each in claim(paced, clock.now()):
        send(paced, each, clock.now())
        clock.advance(60)

    used = []
    for seconds in (0, 86_400 - 180, 60, 86_400):
        clock.advance(seconds)
        used.append(paced.connections.usage(mailbox.tenant_id, clock.now())[mailbox.id])

    assert [each.sent_24h for each in used] == [3, 2, 1, 0]
    assert {each.limit_24h for each in used} == {10}
