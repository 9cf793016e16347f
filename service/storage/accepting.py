"""The way in: a message with all its rows in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select, text

from service.connections.connection import ConnectionStatus
from service.errors import NotFoundError
from service.outbox.entry import Entry
from service.storage import claiming, due, timeline
from service.storage.content import SealedContent
from service.storage.entries import new_row, recipient_rows
from service.storage.forecasts import Look, ahead, expected_at
from service.storage.statement import Row, Statement, columns, inserting
from service.storage.tables import connections, idempotency_records, messages, recipients

_ADD_RECORD = inserting(idempotency_records, "ON CONFLICT (tenant_id, key) DO NOTHING")
_ADD_MESSAGE = Statement(
    f"""INSERT INTO messages ({columns(messages)}) SELECT {", ".join(f":{c.name}" for c in messages.columns)}
    FROM connections WHERE connections.id = :connection_id AND connections.tenant_id = :tenant_id"""  # noqa: S608, no value in it
)
_ADD_RECIPIENTS = inserting(recipients)
_FIND_RECORD = Statement(
    "SELECT message_id, fingerprint FROM idempotency_records WHERE tenant_id = :tenant_id AND key = :key"
)
# As `due.lock`, and how many stand before this mail.
_LOCK = Statement(
    select(connections, text(f"{ahead('connections.id', ':available_at')} AS place"))
    .where(connections.c.id == bindparam("connection_id"))
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class Record:
    """What an idempotency key already brought."""

    message_id: str
    fingerprint: str


class Order:
    """One message that shall be kept; everything is prepared, so that the transaction is short."""

    def __init__(self, entry: Entry, chunks: SealedContent, idempotency_key: str, fingerprint: str) -> None:
        self._entry = entry
        self._chunks = chunks
        self._key = idempotency_key
        self._fingerprint = fingerprint
        self._message = new_row(entry, len(chunks))
        self._mailbox: Row | None = None
        self._recipients = recipient_rows(entry)
        self._event = timeline.event_row(
            "message.queued",
            self._message["created_at"],
            entry.tenant_id,
            message_id=entry.id,
            connection_id=entry.connection_id,
        )

    def run(
        self, connection: Connection, beside: Callable[[Connection], None] | None = None
    ) -> Record | None:
        """Keep it, and run ``beside``; answers what the same key brought before, and does neither then."""
        entry = self._entry
        # First, because it decides: on PostgreSQL it waits here for another request with the same key.
        if not _ADD_RECORD.run(
            connection,
            tenant_id=entry.tenant_id,
            key=self._key,
            fingerprint=self._fingerprint,
            message_id=entry.id,
            created_at=self._message["created_at"],
        ):
            return find_record(connection, entry.tenant_id, self._key)
        if not _ADD_MESSAGE.run(connection, **self._message):
            raise NotFoundError("connection")
        if self._recipients:
            _ADD_RECIPIENTS.run_many(connection, self._recipients)
        self._chunks.write(connection, entry.id)
        timeline.add_event(connection, self._event)
        self._wake(connection)
        if beside is not None:
            beside(connection)
        return None

    def kept(self, look: Look) -> Entry:
        """The entry, with when it will leave; after ``run``."""
        mailbox = self._mailbox
        if mailbox is None:
            return self._entry
        expected = expected_at(look, mailbox, self._message["available_at"], mailbox.place)
        return replace(self._entry, expected_at=expected)

    def _wake(self, connection: Connection) -> None:
        mailbox = self._mailbox = _LOCK.one(
            connection,
            connection_id=self._entry.connection_id,
            available_at=self._message["available_at"],
        )
        if mailbox is None or mailbox.status != ConnectionStatus.CONNECTED or mailbox.slots_full:
            return
        if mailbox.due_at is None or mailbox.due_at > self._message["available_at"]:
            due.recompute(connection, mailbox.id, self._message["created_at"])
            claiming.ring(connection)


def find_record(connection: Connection, tenant_id: str, key: str) -> Record | None:
    """What a key brought."""
    row = _FIND_RECORD.one(connection, tenant_id=tenant_id, key=key)
    return None if row is None else Record(row.message_id, row.fingerprint)
