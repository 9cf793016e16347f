"""The contract of ``OutboxStore`` on both engines: how much of a mailbox leaves in a day and in a minute."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection as DatabaseConnection

from service.connections.connection import AccountKind, Connection
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind, State
from service.outbox.pace import DayLimit, Pace
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage.database import Database
from service.storage.stores import Stores, open_stores
from service.storage.tables import messages
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import (
    accept,
    add_mail,
    claim,
    connect,
    make_attempt,
    make_entry,
    send,
)
from tests.fakes.sealer import FakeSealer

DAY = timedelta(days=1)
FIVE_A_DAY = Pace({AccountKind.CONSUMER: DayLimit(messages=5)})


def _with(database: Database, clock: FakeClock, pace: Pace) -> Stores:
    return open_stores(database, FakeSealer(), clock, pace)


def _send_all(stores: Stores, clock: FakeClock, *, limit: int = 8) -> list[Claim]:
    """Send what may leave now."""
    sent = []
    while claims := claim(stores, clock.now(), limit=limit):
        for each in claims:
            send(stores, each, clock.now())
        sent += claims
    return sent


def _multiply(connection: DatabaseConnection, entry_id: str, times: int) -> None:
    """Queue the same mail many times."""
    others = [column.name for column in messages.columns if column.name != "id"]
    connection.exec_driver_sql(
        f"""INSERT INTO messages (id, {", ".join(others)})
        WITH RECURSIVE copies (number) AS (
            SELECT 1 UNION ALL SELECT number + 1 FROM copies WHERE number < {times})
        SELECT 'msg_' || number, {", ".join(others)} FROM messages CROSS JOIN copies
        WHERE id = '{entry_id}'"""  # noqa: S608, a test's own values
    )


def _add_to(stores: Stores, mailbox: Connection, clock: FakeClock, *addresses: str) -> str:
    entry = make_entry(mailbox, clock.now())
    recipients = tuple(Recipient(RecipientKind.TO, Address(each)) for each in addresses)
    return accept(stores, replace(entry, recipients=recipients)).entry.id


def test_the_next_mail_leaves_when_the_first_is_a_day_old(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """Five a day: the sixth leaves 24 h after the first, the seventh 24 h after the second."""
    stores = _with(database, clock, FIVE_A_DAY)
    for _ in range(7):
        add_mail(stores, mailbox, clock.now())
    for _ in range(5):
        [each] = claim(stores, clock.now(), limit=1)
        send(stores, each, clock.now())
        clock.advance(60)

    left = [len(_send_all(stores, clock))]
    for at in (DAY - timedelta(seconds=1), DAY, DAY + timedelta(seconds=59), DAY + timedelta(seconds=60)):
        clock.set(START + at)
        left.append(len(_send_all(stores, clock)))

    assert left == [0, 0, 1, 0, 1]


def test_the_501st_mail_of_a_consumer_waits_and_flows_by_itself(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """It is ``waiting`` with the reason and the instant; nothing but time is needed."""
    stores = _with(database, clock, Pace({AccountKind.CONSUMER: DayLimit(500, 500)}))
    for _ in range(500):
        _add_to(stores, mailbox, clock, "kunde@example.com")
    sent_at = clock.advance(1)
    last = _add_to(stores, mailbox, clock, "kunde@example.com")

    assert len(_send_all(stores, clock, limit=64)) == 500
    waiting = stores.outbox.get(mailbox.tenant_id, last)
    held = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert (waiting.state, waiting.code) == (State.WAITING, "quota-reached")
    assert (held.held_until, held.held_code) == (sent_at + DAY, "quota-reached")
    assert stores.outbox.next_due_at() == sent_at + DAY
    clock.set(sent_at + DAY)
    assert [each.entry_id for each in _send_all(stores, clock)] == [last]


def test_recipients_outside_the_own_domain_count(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """Three external recipients a day: colleagues are free, a mail to two more customers waits."""
    stores = _with(database, clock, Pace({AccountKind.CONSUMER: DayLimit(external=3)}))
    mails = [
        _add_to(stores, mailbox, clock, "kunde@example.com", "zwei@example.com"),
        _add_to(stores, mailbox, clock, "chef@muster.example", "Buero@MUSTER.example"),
        _add_to(stores, mailbox, clock, "drei@example.com", "vier@example.com"),
    ]

    first = _send_all(stores, clock)
    clock.set(START + DAY)
    second = _send_all(stores, clock)

    assert [each.entry_id for each in first] == mails[:2]
    assert [each.entry_id for each in second] == mails[2:]


def test_a_mail_with_more_recipients_than_a_day_allows_goes_alone(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """It waits until nothing else counts, and not for ever: Google decides on it."""
    stores = _with(database, clock, Pace({AccountKind.CONSUMER: DayLimit(recipients=2)}))
    small = _add_to(stores, mailbox, clock, "kunde@example.com")
    large = _add_to(stores, mailbox, clock, *(f"k{number}@example.com" for number in range(3)))

    first = _send_all(stores, clock)
    clock.set(START + DAY)

    assert [each.entry_id for each in first] == [small]
    assert [each.entry_id for each in _send_all(stores, clock)] == [large]


@pytest.mark.parametrize("how", ["by its worker", "by the end of its lease"])
def test_uncertain_mail_counts(database: Database, mailbox: Connection, clock: FakeClock, how: str) -> None:
    """Google may have taken it; a receipt that comes late does not count it again."""
    stores = _with(database, clock, Pace({AccountKind.CONSUMER: DayLimit(messages=2)}))
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    [lost] = claim(stores, clock.now(), limit=1)
    stores.outbox.hand_over(lost, clock.now(), 30)
    if how == "by its worker":
        unclear = make_attempt(lost, clock.now(), State.UNCERTAIN, "answer-lost")
        stores.outbox.record(lost, unclear, Verdict(State.UNCERTAIN))
    else:
        stores.outbox.reap(clock.advance(31))
        assert stores.outbox.record(lost, make_attempt(lost, clock.now()), Verdict(State.SENT))

    assert len(_send_all(stores, clock)) == 1


def test_what_was_not_taken_does_not_count(database: Database, mailbox: Connection, clock: FakeClock) -> None:
    """A refused or deferred try costs nothing."""
    stores = _with(database, clock, FIVE_A_DAY)
    for _ in range(6):
        add_mail(stores, mailbox, clock.now())
    first, second = claim(stores, clock.now(), limit=2)
    failed = make_attempt(first, clock.now(), State.FAILED, "message-refused")
    stores.outbox.record(first, failed, Verdict(State.FAILED))
    deferred = make_attempt(second, clock.now(), State.DEFERRED, "provider-unavailable")
    stores.outbox.record(second, deferred, Verdict(State.DEFERRED, clock.now()))

    assert len(_send_all(stores, clock)) == 5


def test_many_workers_never_exceed_the_limit(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """What flies counts as well, over all workers; a result opens the place again."""
    stores = _with(database, clock, FIVE_A_DAY)
    for _ in range(30):
        add_mail(stores, mailbox, clock.now())

    def work(number: int) -> list[Claim]:
        got = []
        for _ in range(5):
            got += stores.outbox.claim(f"w{number}", clock.now(), limit=3, per_mailbox=32, lease_s=30)
        return got

    with ThreadPoolExecutor(6) as threads:
        claims = [each for some in threads.map(work, range(6)) for each in some]
    assert len(claims) == 5
    assert stores.outbox.next_due_at() is None
    deferred = make_attempt(claims[0], clock.now(), State.DEFERRED, "provider-unavailable")
    stores.outbox.record(claims[0], deferred, Verdict(State.DEFERRED, clock.now() + DAY))
    for each in claims[1:]:
        send(stores, each, clock.now())
    assert len(_send_all(stores, clock)) == 1


def test_resume_lets_a_mailbox_try_and_the_ledger_holds_it_again(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """What was sent does not become less by a person's word."""
    stores = _with(database, clock, FIVE_A_DAY)
    for _ in range(6):
        add_mail(stores, mailbox, clock.now())
    _send_all(stores, clock)

    resumed = stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())
    again = _send_all(stores, clock)

    assert resumed.held_until is None
    assert again == []
    assert stores.connections.get(mailbox.tenant_id, mailbox.id).held_until == START + DAY


def test_a_clock_that_was_ahead_stops_no_mailbox_for_more_than_a_day(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """What was counted at a wrong time counts as sent now, at the latest."""
    stores = _with(database, clock, FIVE_A_DAY)
    for _ in range(7):
        add_mail(stores, mailbox, clock.now())
    clock.advance(30 * 86_400)
    _send_all(stores, clock)
    clock.set(START)

    stores.outbox.reap(clock.now())
    held = stores.connections.get(mailbox.tenant_id, mailbox.id)
    clock.advance(86_400)
    first = _send_all(stores, clock)
    clock.advance(86_400)

    assert held.held_until == START + DAY
    assert len(first) + len(_send_all(stores, clock)) == 2


def test_a_limited_mailbox_slows_no_other_one(database: Database, tenant_id: str, clock: FakeClock) -> None:
    """One at its limit with 100,000 queued: the others get every claim, as if it were not there."""
    stores = _with(database, clock, FIVE_A_DAY)
    greedy = connect(stores, tenant_id, clock.now())
    first = add_mail(stores, greedy, clock.now())
    database.write(lambda c: _multiply(c, first.id, 100_000))
    _send_all(stores, clock)
    others = [connect(stores, tenant_id, clock.now()) for _ in range(49)]
    for _ in range(2):
        for other in others:
            add_mail(stores, other, clock.now())

    rounds = []
    while claims := claim(stores, clock.advance(1), limit=7, per_mailbox=1):
        rounds.append([each.connection_id for each in claims])
        for each in claims:
            send(stores, each, clock.now())

    assert [len(each) for each in rounds] == [7] * 14
    assert all({*chain(*turn)} == {each.id for each in others} for turn in (rounds[:7], rounds[7:]))


def test_the_minute_of_the_gmail_api_is_kept(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """Never more than sixty in any minute: five at once, then one by one; meanwhile it is not due."""
    stores = _with(database, clock, Pace(api_sends_a_minute=60))
    for _ in range(150):
        add_mail(stores, mailbox, clock.now())

    sent = []
    for _ in range(1500):
        sent += [clock.now()] * len(_send_all(stores, clock))
        clock.advance(0.1)

    assert sent.count(START) == 5
    assert max(sum(at <= each < at + timedelta(minutes=1) for each in sent) for at in sent) <= 60
    assert len(sent) >= 140


def test_a_mailbox_at_its_pace_is_due_with_its_next_mail(
    database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """Neither a claim nor an accepted mail wakes it before."""
    stores = _with(database, clock, Pace(api_sends_a_minute=60))
    for _ in range(6):
        add_mail(stores, mailbox, clock.now())
    claim(stores, clock.now(), limit=8, per_mailbox=8)

    next_due_at = stores.outbox.next_due_at()
    add_mail(stores, mailbox, clock.now())

    assert next_due_at == clock.now() + timedelta(milliseconds=1072)
    assert stores.outbox.next_due_at() == next_due_at
    assert claim(stores, clock.now(), per_mailbox=8) == []


def test_smtp_has_no_minute(database: Database, tenant_id: str, clock: FakeClock) -> None:
    """The limit of a minute is the Gmail API's."""
    stores = _with(database, clock, Pace(api_sends_a_minute=1))
    login = MailLogin(
        id=new_id("log"),
        tenant_id=tenant_id,
        connection_id=new_id("con"),
        server=MailServer("smtp.example.com", 465, Encryption.TLS),
        user="rechnung",
        password=SecretStr("canary"),
    )
    box = Mailbox("rechnung@muster.example", None, AccountKind.OTHER)
    mailbox = stores.connections.add_login(tenant_id, box, WayKind.SMTP_SERVER, login, clock.now())
    for _ in range(4):
        add_mail(stores, mailbox, clock.now())

    assert len(claim(stores, clock.now(), per_mailbox=8)) == 4
