"""Entries as rows and back, with the two states that are only views."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from service.connections.connection import ConnectionStatus
from service.errors import NotFoundError
from service.mail.address import Address
from service.outbox.entry import (
    OPEN_STATES,
    AttachmentRecord,
    Entry,
    Recipient,
    RecipientKind,
    RecipientOutcome,
    State,
    shown_state,
)
from service.outbox.pace import weigh
from service.storage import forecasts
from service.storage.forecasts import Look
from service.storage.instants import to_instant, to_ms
from service.storage.statement import JointStatement, Row, Statement, columns
from service.storage.tables import messages

VIEW = (
    f"SELECT {columns(messages, 'm')}, c.status, c.status_code, c.held_until, c.held_code, "  # noqa: S608, no value in it
    f"{forecasts.FACTS}, CASE WHEN m.state IN ('queued', 'deferred') THEN {forecasts.AHEAD} END AS ahead"
    " FROM messages AS m JOIN connections AS c ON c.id = m.connection_id"
)
_FIND = Statement(f"{VIEW} WHERE m.tenant_id = :tenant_id AND m.id = :id")
_RECIPIENTS = Statement(
    """SELECT kind, address, name, outcome, code, reply FROM recipients
    WHERE message_id = :message_id ORDER BY position"""
)
# CROSS JOIN keeps SQLite's order: the recipients of one message after the other, never all there are.
_RECIPIENTS_OF_MANY = JointStatement(
    """WITH wanted (id) AS (VALUES {rows})
    SELECT message_id, kind, address, name, outcome, code, reply FROM wanted CROSS JOIN recipients
    WHERE message_id = wanted.id ORDER BY message_id, position""",
    ("id",),
)


def find(connection: Connection, tenant_id: str, entry_id: str, at: Look) -> Entry:
    """One entry of this tenant.

    Raises:
        NotFoundError: unknown, or of another tenant.
    """
    row = _FIND.one(connection, tenant_id=tenant_id, id=entry_id)
    if row is None:
        raise NotFoundError("message")
    return entry(row, [_recipient(r) for r in _RECIPIENTS.all(connection, message_id=entry_id)], at)


def entries(connection: Connection, rows: list[Row], at: Look) -> list[Entry]:
    """The entries of these rows, in their order; their recipients come in one question."""
    addressees = recipients_of(connection, [row.id for row in rows])
    return [entry(row, addressees.get(row.id, []), at) for row in rows]


def recipients_of(connection: Connection, ids: list[str]) -> dict[str, list[Recipient]]:
    """The recipients of each message, in their order."""
    found: dict[str, list[Recipient]] = {}
    for row in _RECIPIENTS_OF_MANY.returned(connection, [{"id": each} for each in ids]):
        found.setdefault(row.message_id, []).append(_recipient(row))
    return found


def entry(row: Row, addressees: Iterable[Recipient], at: Look) -> Entry:
    """The entry of one row of ``VIEW``, as people see it at that instant."""
    kept, now = State(row.state), at.now
    available_at, held_until = to_instant(row.available_at), to_instant(row.held_until)
    is_held = held_until is not None and held_until > now
    shown = shown_state(
        kept,
        attempts=row.attempts,
        next_attempt_at=available_at,
        connection=ConnectionStatus(row.status),
        held_until=held_until,
        now=now,
    )
    waits_for = row.status_code or (row.held_code if is_held else None)
    return Entry(
        id=row.id,
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        state=shown,
        sender=Address(row.sender, row.sender_name),
        recipients=tuple(addressees),
        subject=row.subject,
        attachments=tuple(AttachmentRecord(*fields) for fields in json.loads(row.attachments)),
        message_id=row.message_id,
        size_bytes=row.size_bytes,
        created_at=to_instant(row.created_at),
        next_attempt_at=available_at if kept in OPEN_STATES else None,
        give_up_at=to_instant(row.give_up_at),
        # The try that now runs is counted from its claim on, but not recorded yet.
        attempts=row.attempts - (kept is State.SENDING),
        sent_at=to_instant(row.sent_at),
        receipt=row.receipt,
        code=waits_for or row.code if shown is State.WAITING else row.code,
        reply=row.reply,
        reference=row.reference,
        metadata=tuple((name, value) for name, value in json.loads(row.metadata)),
        expected_at=forecasts.expected_at(at, row, row.available_at, row.ahead) if row.ahead else None,
        content_deleted_at=to_instant(row.content_deleted_at),
    )


def new_row(entry: Entry, chunks: int) -> dict[str, Any]:
    """The row of an entry that was just accepted."""
    due = entry.next_attempt_at or entry.created_at
    amount = weigh(entry.sender.spec, [recipient.address.spec for recipient in entry.recipients])
    return {
        "id": entry.id,
        "tenant_id": entry.tenant_id,
        "connection_id": entry.connection_id,
        "state": State.QUEUED.value,
        "available_at": to_ms(due),
        "give_up_at": to_ms(entry.give_up_at),
        "attempts": 0,
        "tries": 0,
        "fence": 0,
        "owner": None,
        "lease_until": None,
        "claimed_at": None,
        "handed_over_at": None,
        "looked_at": None,
        "looks": 0,
        "sent_at": None,
        "code": None,
        "reply": None,
        "receipt": None,
        "created_at": to_ms(entry.created_at),
        "sender": entry.sender.spec,
        "sender_name": entry.sender.name,
        "subject": entry.subject,
        "message_id": entry.message_id,
        "size_bytes": entry.size_bytes,
        "chunks": chunks,
        "recipient_count": amount.recipients,
        "external_count": amount.external,
        "attachments": json.dumps([_fields(part) for part in entry.attachments]),
        "reference": entry.reference,
        "metadata": json.dumps(entry.metadata),
        "content_deleted_at": None,
    }


def listed_row(entry: Entry) -> dict[str, Any]:
    """What lists look through to find it."""
    return {
        "tenant_id": entry.tenant_id,
        "message_id": entry.id,
        "connection_id": entry.connection_id,
        "created_at": to_ms(entry.created_at),
        "search": _search_text(entry),
    }


def recipient_rows(entry: Entry) -> list[dict[str, Any]]:
    """The rows of its recipients."""
    return [
        {
            "message_id": entry.id,
            "position": position,
            "kind": recipient.kind.value,
            "address": recipient.address.spec,
            "name": recipient.address.name,
            "outcome": None,
            "reached": 0,
            "code": None,
            "reply": None,
        }
        for position, recipient in enumerate(entry.recipients)
    ]


def _fields(part: AttachmentRecord) -> tuple[str, str, int, str, str | None]:
    return part.filename, part.content_type, part.size_bytes, part.sha256, part.content_id


def _search_text(entry: Entry) -> str:
    # Lower case by Unicode's rules, once and here: SQLite only knows those of ASCII.
    words = [entry.subject, entry.reference or ""]
    for recipient in entry.recipients:
        words += [recipient.address.spec, recipient.address.name]
    return "\n".join(word for word in words if word).casefold()


def _recipient(row: Row) -> Recipient:
    outcome = RecipientOutcome(row.outcome) if row.outcome else None
    return Recipient(RecipientKind(row.kind), Address(row.address, row.name), outcome, row.code, row.reply)
