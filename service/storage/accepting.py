"""The way in: messages with all their rows in one transaction; they share its statements too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Integer

from service.connections.connection import Connection as Mailbox
from service.connections.connection import ConnectionStatus
from service.errors import NotFoundError, PreconditionFailedError
from service.outbox.entry import Entry
from service.storage import claiming, due, timeline
from service.storage.connections import to_connection
from service.storage.content import SealedContent
from service.storage.entries import listed_row, new_row, recipient_rows
from service.storage.forecasts import Look, expected_at
from service.storage.statement import JointStatement, Row, Statement, columns, inserting
from service.storage.tables import idempotency_records, listed, messages, recipients

_ADD_RECORDS = inserting(idempotency_records, "ON CONFLICT (tenant_id, key) DO NOTHING RETURNING message_id")
_COLUMNS = [column.name for column in messages.columns]
_NAMES = ", ".join(_COLUMNS)
_ADD_MESSAGES = JointStatement(
    f"""INSERT INTO messages ({_NAMES})
    WITH new ({_NAMES}) AS (VALUES {{rows}}) SELECT {columns(messages, "new")} FROM new CROSS JOIN connections
    WHERE connections.id = new.connection_id AND connections.tenant_id = new.tenant_id""",  # noqa: S608, no value in it
    _COLUMNS,
    casts={column.name: "BIGINT" for column in messages.columns if isinstance(column.type, Integer)},
)
_ADD_LISTED = inserting(listed)
_ADD_RECIPIENTS = inserting(recipients)
_FIND_RECORD = Statement(
    "SELECT message_id, fingerprint FROM idempotency_records WHERE tenant_id = :tenant_id AND key = :key"
)


@dataclass(frozen=True, slots=True)
class Record:
    """What an idempotency key already brought."""

    message_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a message is kept with.

    Attributes:
        told: details of the event that tells of it.
        checked: the mailbox that it was checked against; it is kept only where that has not changed since.
    """

    idempotency_key: str
    fingerprint: str
    told: Mapping[str, str | None]
    checked: Mailbox | None = None


class Order:
    """One message that shall be kept; everything is prepared, so that the transaction is short.

    Attributes:
        mailbox: the locked row of its connection, with its place there; once it was kept.
    """

    def __init__(self, entry: Entry, chunks: SealedContent, terms: Terms) -> None:
        self.entry = entry
        self.checked = terms.checked
        self.chunks = chunks
        self.message = new_row(entry, len(chunks))
        self.listed = listed_row(entry)
        self.recipients = recipient_rows(entry)
        self.record = {
            "tenant_id": entry.tenant_id,
            "key": terms.idempotency_key,
            "fingerprint": terms.fingerprint,
            "message_id": entry.id,
            "created_at": self.message["created_at"],
        }
        self.event = timeline.event_row(
            "message.queued",
            self.message["created_at"],
            entry.tenant_id,
            message_id=entry.id,
            connection_id=entry.connection_id,
            details=terms.told,
        )
        self.mailbox: Row | None = None

    def kept(self, look: Look) -> Entry:
        """The entry, with when it will leave; after ``accept``."""
        mailbox = self.mailbox
        if mailbox is None:
            return self.entry
        expected = expected_at(look, mailbox, self.message["available_at"], mailbox.place)
        return replace(self.entry, expected_at=expected)


def accept(connection: Connection, orders: Sequence[Order]) -> list[Record | None]:
    """Keep messages; for one whose key brought another before answers that, and keeps nothing of it.

    Raises:
        NotFoundError: a connection is unknown, or another tenant's; nothing was kept of any.
        PreconditionFailedError: one has changed; nor was anything.
    """
    # First, because it decides: on PostgreSQL it waits here for another request with the same key.
    rows = _ADD_RECORDS.returned(connection, [order.record for order in orders])
    kept = {row.message_id for row in rows}
    new = [order for order in orders if order.entry.id in kept]
    if new:
        _add(connection, new)
    return [
        None
        if order.entry.id in kept
        else find_record(connection, order.entry.tenant_id, order.record["key"])
        for order in orders
    ]


def _add(connection: Connection, orders: Sequence[Order]) -> None:
    if _ADD_MESSAGES.run_many(connection, [order.message for order in orders]) < len(orders):
        raise NotFoundError("connection")
    _ADD_LISTED.run_many(connection, [order.listed for order in orders])
    _ADD_RECIPIENTS.run_many(connection, [row for order in orders for row in order.recipients])
    for order in orders:  # one by one: a statement copies what it is given
        order.chunks.write(connection, order.entry.id)
    timeline.add_events(connection, [order.event for order in orders])
    mailboxes = {row.message_id: row for row in claiming.places(connection, [o.message for o in orders])}
    for order in orders:
        order.mailbox = mailboxes[order.entry.id]
    _check_mailboxes(orders)
    for name in sorted({order.entry.connection_id for order in orders}):
        _wake(connection, [order for order in orders if order.entry.connection_id == name])


def _check_mailboxes(orders: Sequence[Order]) -> None:
    now: dict[str, Mailbox] = {}
    for order in orders:
        if order.checked is not None:
            name = order.entry.connection_id
            if name not in now:
                now[name] = to_connection(order.mailbox)
            if now[name] != order.checked:
                raise PreconditionFailedError


def _wake(connection: Connection, orders: Sequence[Order]) -> None:
    """Mail of one mailbox was added."""
    mailbox = orders[0].mailbox
    if mailbox is None or mailbox.status != ConnectionStatus.CONNECTED or mailbox.slots_full:
        return
    if mailbox.due_at is None or mailbox.due_at > min(order.message["available_at"] for order in orders):
        due.recompute(connection, mailbox.id, orders[-1].message["created_at"])
        claiming.ring(connection)


def find_record(connection: Connection, tenant_id: str, key: str) -> Record | None:
    """What a key brought."""
    row = _FIND_RECORD.one(connection, tenant_id=tenant_id, key=key)
    return None if row is None else Record(row.message_id, row.fingerprint)
