"""The queries of the queue use the indexes that were made for them, however long the queue is."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from service.identifiers import new_id
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from service.storage import (
    accepting,
    claiming,
    content,
    due,
    entries,
    evidence,
    forgetting,
    leases,
    ledger,
    outbox,
    outcomes,
    pacing,
    searching,
    settling,
    tables,
)
from service.storage.database import Database
from service.storage.instants import to_ms
from service.storage.migrate import migrate
from service.storage.statement import JointStatement, Statement, inserting
from service.storage.stores import Stores, open_stores
from service.storage.tables import connections, messages
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import add_mail, add_tenant, connect, make_entry
from tests.fakes.postgresql import new_database
from tests.fakes.sealer import FakeSealer

MAILBOXES = 2000
OPEN_OF_EACH = 12
SENT_OF_EACH = 8
NOW = to_ms(START)
AFTER_SOME = START + timedelta(seconds=10)  # ten thousand of the messages, one of which came each millisecond


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def long_queue(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Forty thousand messages in two thousand mailboxes; of a hundred some are in flight and unclear.

    In a database of its own: to empty it row by row for the next test can take minutes.
    """
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/long.sqlite3"
        else:
            url = stack.enter_context(new_database(request.getfixturevalue("postgres_server")))
        migrate(url)
        database = Database(url)
        stack.callback(database.close)
        _fill(database, open_stores(database, FakeSealer(), FakeClock()))
        yield database


def _fill(database: Database, stores: Stores) -> None:
    first = connect(stores, add_tenant(stores, START), START)
    box = database.read(lambda c: Statement("SELECT * FROM connections").all(c))[0]._asdict()
    pattern = entries.new_row(make_entry(first, START), 1)
    boxes: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for number in range(MAILBOXES):
        name = new_id("con")
        is_busy = number % 20 == 0
        boxes.append({**box, "id": name, "subject_id": name, "due_at": NOW if is_busy else NOW + 9_999_999})
        state = {"available_at": NOW if is_busy else NOW + 9_999_999, "connection_id": name}
        rows += [{**pattern, **state, "id": new_id("msg")} for _ in range(OPEN_OF_EACH)]
        state |= {"state": "sent", "sent_at": NOW, "receipt": "r"}
        rows += [{**pattern, **state, "id": new_id("msg")} for _ in range(SENT_OF_EACH)]
        if is_busy:
            state |= {"state": "sending", "sent_at": None, "owner": "w", "lease_until": NOW, "fence": 1}
            rows.append({**pattern, **state, "id": new_id("msg")})
            state |= {"state": "uncertain", "owner": None}
            rows.append({**pattern, **state, "id": new_id("msg")})
    database.write(lambda c: inserting(connections).run_many(c, boxes))
    database.write(lambda c: inserting(messages).run_many(c, rows))
    line = entries.listed_row(make_entry(first, START))
    lines = [
        {**line, "message_id": row["id"], "connection_id": row["connection_id"], "created_at": NOW + at}
        for at, row in enumerate(rows)
    ]
    database.write(lambda c: inserting(tables.listed).run_many(c, lines))
    [addressee, *_] = entries.recipient_rows(make_entry(first, START))
    addressees = [{**addressee, "message_id": row["id"]} for row in rows]
    database.write(lambda c: inserting(tables.recipients).run_many(c, addressees))
    _fill_ledger(database, first.id)
    database.write(lambda c: c.exec_driver_sql("ANALYZE"))


def _fill_ledger(database: Database, connection_id: str) -> None:
    rows = [
        {"connection_id": connection_id, "at": NOW + count, "messages": count, "recipients": 0, "external": 0}
        for count in range(10_000)
    ]
    database.write(lambda c: inserting(tables.ledger).run_many(c, rows))


def _plan(database: Database, statement: Statement | JointStatement, **values: Any) -> str:
    def run(connection: Any) -> str:
        names: list[str] | None
        if isinstance(statement, JointStatement):
            sql, names = statement.text(connection.dialect, 2), [*statement._columns] * 2
        else:
            sql, names = statement._for(connection.dialect)
        ordered = values if names is None else tuple(values[name] for name in names)
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{explain} {sql}", ordered)
        return "\n".join(str(row[-1]) for row in rows)

    return database.write(run)


def _assert_plan(plan: str, index: str) -> None:
    assert index in plan, plan
    for table in ("messages", "connections", "ready", "m"):
        for scan in (f"SCAN {table} ", f"SCAN {table}\n", f"Seq Scan on {table}"):
            assert scan not in f"{plan}\n".replace(f"SCAN {table} USING", ""), plan


def _two(database: Database, sql: str) -> list[str]:
    return database.read(lambda c: [row[0] for row in c.exec_driver_sql(f"{sql} LIMIT 2")])


def test_a_claim_finds_mailboxes_and_mail_by_their_indexes(long_queue: Database) -> None:
    """Due mailboxes from the index of the due ones; of each the oldest from the index of open mail."""
    database = long_queue
    engine = claiming._SQLITE if database.is_sqlite else claiming._POSTGRESQL
    ids: Any = _two(database, "SELECT id FROM connections")
    two = ids
    mail: Any = _two(database, "SELECT id FROM messages WHERE state = 'queued'")
    if database.is_sqlite:
        ids, mail = json.dumps(ids), json.dumps(mail)

    _assert_plan(_plan(database, engine.due_mailboxes, now=NOW, mailboxes=8), "ix_connections_due")
    plan = _plan(database, engine.due_entries, ids=ids, now=NOW, per_mailbox=4)
    _assert_plan(plan, "ix_messages_ready")
    _assert_plan(plan, "ix_messages_sending")
    lease = _plan(database, engine.lease, ids=mail, owner="w", now=NOW, lease_until=NOW)
    _assert_plan(lease, "messages_1" if database.is_sqlite else "pk_messages")
    paced: dict[str, Any] = {"ids": two, "paced_until": [NOW, None]}
    if database.is_sqlite:
        paced = {"boxes": json.dumps([[each, NOW] for each in two])}
    served = _plan(database, engine.served, **paced, now=NOW)
    _assert_plan(served, "ix_messages_ready")
    _assert_plan(served, "connections_1" if database.is_sqlite else "pk_connections")
    _assert_plan(_plan(database, outbox._NEXT_DUE), "ix_connections_due")


def test_a_result_goes_by_the_primary_key(long_queue: Database) -> None:
    """Never by a small partial index, which grows tired while a snapshot is held open."""
    database = long_queue
    key = "messages_1" if database.is_sqlite else "pk_messages"
    [entry_id, _] = _two(database, "SELECT id FROM messages WHERE state = 'sending'")
    [mailbox_id, _] = _two(database, "SELECT id FROM connections")
    fence = {"id": entry_id, "fence": 1}
    settled = dict.fromkeys(("available_at", "code", "reply", "receipt", "sent_at"))

    way = {"connection_id": mailbox_id, "credential_id": "grt_1", "kind": "gmail_api"}
    _assert_plan(_plan(database, leases._HAND_OVER, **fence, **way, at=NOW, lease_until=NOW), key)
    _assert_plan(_plan(database, leases._RENEW, id=entry_id, owner="w", until=NOW + 1), key)
    for settle in (
        outcomes._SETTLE_OURS,
        outcomes._SETTLE_CERTAIN,
        outcomes._SETTLE_SENT,
        outcomes._SETTLE_PARTLY,
    ):
        _assert_plan(_plan(database, settle, **fence, **settled, number=1, state="queued", counted=1), key)
    _assert_plan(_plan(database, due._RECOMPUTE, connection_id=mailbox_id, now=NOW), "ix_messages_ready")


def test_the_ledger_is_read_by_one_seek(long_queue: Database) -> None:
    """However much a mailbox has sent; what flies is summed up by the index of what flies."""
    database = long_queue
    key = "ledger USING PRIMARY KEY" if database.is_sqlite else "pk_ledger"
    of_one = {"connection_id": "c"}
    amount = {"messages": 1, "recipients": 1, "external": 1}

    for plan in (
        _plan(database, ledger._LAST_LEFT, **of_one, cutoff=NOW),
        _plan(database, ledger._ENOUGH_LEFT, **of_one, **amount, cutoff=NOW),
        _plan(database, ledger._FORGET, **of_one, cutoff=NOW),
        _plan(database, ledger._PULL_BACK, **of_one, now=NOW),
    ):
        assert key in plan, plan
    _assert_plan(_plan(database, pacing._FLYING, **of_one), "ix_messages_sending")


def test_sweeps_look_only_at_what_they_settle(long_queue: Database) -> None:
    """Leases that ran out, mail past its time, unclear mail: each has a small index of its own."""
    database = long_queue

    _assert_plan(_plan(database, settling._RUN_OUT, now=NOW - 1, at_once=200), "ix_messages_lease")
    _assert_plan(_plan(database, settling._PAST, now=NOW, at_once=200), "ix_messages_give_up")
    # Once a minute: it may look through the connections, but never through the messages.
    assert "ix_messages_uncertain" in _plan(database, evidence._UNCLEAR, now=NOW, at_most=20)
    assert "ix_messages_uncertain" in _plan(database, evidence._TO_RESEND, now=NOW, at_most=200)


def test_retention_seeks_what_is_past_its_time(long_queue: Database) -> None:
    """By tenant and time of the last try, in order, from the two indexes of what is at rest."""
    database = long_queue
    values = {"tenant_id": "t", "before": NOW, "at_once": 50}

    for statement, index in (
        (forgetting._WITH_CONTENT, "ix_messages_with_content"),
        (forgetting._WITHOUT_CONTENT, "ix_messages_without_content"),
    ):
        plan = _plan(database, statement, **values)
        _assert_plan(plan, index)
        assert "SORT" not in plan.upper().replace("TEMP B-TREE", "SORT"), plan


def test_look_ups_of_the_edges_use_keys(long_queue: Database) -> None:
    """An entry, its content and a repeated key are found without a scan."""
    database = long_queue
    engine = claiming._SQLITE if database.is_sqlite else claiming._POSTGRESQL
    one = {"tenant_id": "t", "id": "m"}

    for plan in (
        _plan(database, entries._FIND, **one),
        _plan(database, engine.places, id="m", connection_id="c", available_at=NOW),
        _plan(database, content._CHUNK, **one, position=0),
    ):
        _assert_plan(plan, "messages")
    _assert_plan(_plan(database, entries._FIND, **one), "ix_messages_ready")
    plan = _plan(database, entries._RECIPIENTS_OF_MANY, id="m")
    assert not database.is_sqlite or "SEARCH recipients USING PRIMARY KEY" in plan
    plan = _plan(database, accepting._FIND_RECORD, tenant_id="t", key="k")
    assert "PRIMARY KEY" in plan or "idempotency_records" in plan


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (MessageFilter(state=State.QUEUED), "ix_messages_owed"),
        (MessageFilter(state=State.SENDING), "ix_messages_owed"),
        (MessageFilter(state=State.FAILED), "ix_messages_not_sent"),
        (MessageFilter(state=State.CANCELLED), "ix_messages_not_sent"),
        (MessageFilter(errors_only=True), "ix_messages_not_sent"),
        (MessageFilter(errors_only=True), "ix_recipients_refused"),
        (MessageFilter(state=State.UNCERTAIN), "ix_messages_uncertain"),
        (MessageFilter(reference="RE-4711"), "ix_messages_reference"),
        (MessageFilter(connection_id="con_1"), "ix_messages_tenant_id_connection_id_id"),
    ],
)
def test_a_filtered_list_uses_the_index_of_its_filter(
    long_queue: Database, wanted: MessageFilter, index: str
) -> None:
    """However many messages there are, what is rare among them is found without reading the others."""
    sql, values = searching._question(long_queue.url.get_backend_name(), "t", wanted, 26, NOW)

    assert index in _plan(long_queue, Statement(sql), **values)


@pytest.mark.parametrize(
    "wanted",
    [
        MessageFilter(),
        MessageFilter(search="re-4711"),
        MessageFilter(until=AFTER_SOME),
        MessageFilter(since=AFTER_SOME, search="re-4711"),
        MessageFilter(state=State.SENT, until=AFTER_SOME),
    ],
)
def test_every_other_list_goes_through_its_own_lines(long_queue: Database, wanted: MessageFilter) -> None:
    """It looks up the messages of the lines that match, and reads no others beside them."""
    [tenant_id, *_] = _two(long_queue, "SELECT id FROM tenants")
    sql, values = searching._question(long_queue.url.get_backend_name(), tenant_id, wanted, 26, NOW)

    plan = _plan(long_queue, Statement(sql), **values)

    if long_queue.is_sqlite:
        assert "SEARCH l USING PRIMARY KEY (tenant_id=?" in plan
        assert "SEARCH m USING INDEX sqlite_autoindex_messages_1 (id=?)" in plan
        assert "TEMP B-TREE" not in plan
    else:
        assert "Scan Backward using pk_listed on listed l" in plan
        assert "Index Cond: (id = (l.message_id || ''::text))" in plan
        assert "Sort" not in plan


@pytest.mark.parametrize(
    "wanted",
    [
        MessageFilter(),
        MessageFilter(errors_only=True),
        MessageFilter(state=State.UNCERTAIN),
        MessageFilter(connection_id="con_1", search="re-4711"),
    ],
)
def test_a_list_needs_no_statistics(sqlite: Database, wanted: MessageFilter) -> None:
    """SQLite, which nobody has told how much there is, looks up single messages and not a tenant's."""
    sql, values = searching._question("sqlite", "t", wanted, 26, NOW)

    plan = _plan(sqlite, Statement(sql), **values)

    assert "SEARCH m USING INDEX sqlite_autoindex_messages_1 (id=?)" in plan


def test_a_list_page_is_two_questions(sqlite: Database, clock: FakeClock) -> None:
    """One for the messages, one for all their recipients, however long the page is."""
    stores = open_stores(sqlite, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    for _ in range(30):
        add_mail(stores, mailbox, clock.now())
    asked: list[str] = []
    with sqlite.reading() as connection:
        driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(asked.append)

    page = stores.outbox.search(mailbox.tenant_id, MessageFilter(search="rechnung"), 30)

    assert len(page) == 30
    assert len([sql for sql in asked if sql.startswith(("SELECT", "WITH"))]) == 2
