"""A company with a long past: many mailboxes and messages, written straight into the tables."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table

from service.connections.connection import Connection
from service.identifiers import new_id
from service.outbox.entry import State
from service.storage import entries
from service.storage.database import Database
from service.storage.instants import to_ms
from service.storage.statement import Statement, inserting
from service.storage.stores import Stores
from service.storage.tables import connections, listed, messages, recipients, ways
from tests.fakes.outbox import add_tenant, connect, make_entry

_AT_ONCE = 5000
# Of each thousand: nearly all were sent; some wait, some need somebody.
_STATES = {0: State.FAILED, 1: State.UNCERTAIN, 2: State.DEFERRED, 3: State.QUEUED, 4: State.CANCELLED}


def fill(database: Database, stores: Stores, now: datetime, *, mailboxes: int, mails: int) -> Connection:
    """Fill an empty database with one company's past; answers its first mailbox."""
    first = connect(stores, add_tenant(stores, now), now)
    boxes = [first.id, *_add_mailboxes(database, mailboxes - 1)]
    rows = _messages(first, boxes, now, mails)
    while batch := list(islice(rows, _AT_ONCE)):
        _add(database, messages, [mail for mail, _, _ in batch])
        _add(database, listed, [line for _, line, _ in batch])
        _add(database, recipients, [addressee for _, _, everybody in batch for addressee in everybody])
    database.write(lambda c: c.exec_driver_sql("ANALYZE"))
    return first


def _add(database: Database, table: Table, rows: list[dict[str, Any]]) -> None:
    database.write(lambda c: inserting(table).run_many(c, rows))


def _add_mailboxes(database: Database, count: int) -> Iterator[str]:
    box = database.read(lambda c: Statement("SELECT * FROM connections").all(c))[0]._asdict()
    way = database.read(lambda c: Statement("SELECT * FROM ways").all(c))[0]._asdict()
    ids = [new_id("con") for _ in range(count)]
    copies = [
        {**box, "id": one, "subject_id": one, "address": f"filiale-{number:04}@muster.example"}
        for number, one in enumerate(ids)
    ]
    _add(database, connections, copies)
    _add(database, ways, [{**way, "connection_id": one} for one in ids])
    return iter(ids)


def _messages(
    first: Connection, boxes: list[str], now: datetime, count: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    for number in range(count):
        at = now - timedelta(minutes=count - number)
        entry = make_entry(first, at, subject=f"Ihre Rechnung RE-{number:06}")
        state = _STATES.get(number % 1000, State.SENT)
        sent_at = to_ms(at) if state is State.SENT else None
        facts = {
            "connection_id": boxes[number % len(boxes)],
            "state": state.value,
            "attempts": 1,
            "sent_at": sent_at,
            "receipt": "18c2f0a9" if sent_at else None,
            "reference": f"RE-{number:06}",
        }
        words = f"ihre rechnung re-{number:06}\nkunde-{number}@example.com\nkundin {number}"
        line = {**entries.listed_row(entry), "connection_id": facts["connection_id"], "search": words}
        yield {**entries.new_row(entry, 1), **facts}, line, entries.recipient_rows(entry)
