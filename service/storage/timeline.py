"""Events and attempts: what happened, written in the transaction of what it tells."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from service.outbox.entry import Attempt, Event, State
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, inserting, selecting
from service.storage.tables import attempts, events

PARTLY_SENT = "message.partly_sent"
_ADD_EVENT = inserting(events)
# A worker that comes back late may know better than the reaper who wrote `uncertain` for it.
_ADD_ATTEMPT = inserting(
    attempts,
    "ON CONFLICT (message_id, number) DO UPDATE SET "
    + ", ".join(
        f"{column.name} = excluded.{column.name}"
        for column in attempts.columns
        if column.name not in {"message_id", "number"}
    ),
)
_EVENTS = selecting(events, "WHERE message_id = :message_id ORDER BY id")
_ATTEMPTS = selecting(attempts, "WHERE message_id = :message_id ORDER BY number")


def event_row(
    kind: str,
    at_ms: int,
    tenant_id: str,
    *,
    message_id: str | None = None,
    connection_id: str | None = None,
    details: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """The row of an event; details without a value are left out."""
    known = [[name, value] for name, value in (details or {}).items() if value]
    return {
        "type": kind,
        "at": at_ms,
        "tenant_id": tenant_id,
        "message_id": message_id,
        "connection_id": connection_id,
        "details": json.dumps(known) if known else "[]",
    }


def add_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write events, in order."""
    _ADD_EVENT.run_many(connection, rows)


def add_event(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write one event."""
    _ADD_EVENT.run(connection, **row)


def add_attempts(connection: Connection, tries: Iterable[tuple[str, Attempt]]) -> None:
    """Write tries, each with its message's id."""
    _ADD_ATTEMPT.run_many(connection, [_attempt_row(message_id, attempt) for message_id, attempt in tries])


def of_message(connection: Connection, message_id: str) -> tuple[list[Event], list[Attempt]]:
    """What happened to a message, oldest first."""
    return (
        [_event(row) for row in _EVENTS.all(connection, message_id=message_id)],
        [_attempt(row) for row in _ATTEMPTS.all(connection, message_id=message_id)],
    )


def sent_before(connection: Connection, message_id: str) -> tuple[int, str | None] | None:
    """When the last copy certainly left, and its receipt; a person's word has none."""
    for row in reversed(_EVENTS.all(connection, message_id=message_id)):
        details = dict(json.loads(row.details))
        if row.type in {"message.sent", PARTLY_SENT} or details.get("decision") == "sent":
            return row.at, details.get("receipt")
    return None


def _attempt_row(message_id: str, attempt: Attempt) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "number": attempt.number,
        "transport": attempt.transport,
        "started_at": to_ms(attempt.started_at),
        "ended_at": to_ms(attempt.ended_at),
        "handed_over_at": to_ms(attempt.handed_over_at),
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "status": attempt.status,
        "reply": attempt.reply,
        "receipt": attempt.receipt,
    }


def _event(row: Row) -> Event:
    return Event(
        type=row.type,
        at=to_instant(row.at),
        tenant_id=row.tenant_id,
        message_id=row.message_id,
        connection_id=row.connection_id,
        details=tuple((name, value) for name, value in json.loads(row.details)),
    )


def _attempt(row: Row) -> Attempt:
    return Attempt(
        number=row.number,
        transport=row.transport,
        started_at=to_instant(row.started_at),
        ended_at=to_instant(row.ended_at),
        outcome=State(row.outcome),
        handed_over_at=to_instant(row.handed_over_at),
        code=row.code,
        status=row.status,
        reply=row.reply,
        receipt=row.receipt,
    )
