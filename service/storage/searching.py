"""Lists of entries: filters on the shown states, pages by id, always the same number of questions."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from service.outbox.entry import Entry, State
from service.outbox.listing import MessageFilter
from service.storage.entries import VIEW, entries
from service.storage.forecasts import Look
from service.storage.instants import to_ms
from service.storage.statement import Statement

_IS_WAITING = "(c.status <> 'connected' OR COALESCE(c.held_until, 0) > :now)"
_IS_SCHEDULED = "(m.attempts = 0 AND m.available_at > :now)"
# The words of two indexes; an engine takes one only for a question that repeats its words.
_OWED = "m.state IN ('queued', 'deferred', 'sending')"
_NOT_SENT = "m.state IN ('failed', 'expired', 'cancelled')"
_SHOWN = {
    State.WAITING: f"{_OWED} AND m.state <> 'sending' AND {_IS_WAITING}",
    State.SCHEDULED: f"{_OWED} AND m.state = 'queued' AND NOT {_IS_WAITING} AND {_IS_SCHEDULED}",
    State.QUEUED: f"{_OWED} AND m.state = 'queued' AND NOT {_IS_WAITING} AND NOT {_IS_SCHEDULED}",
    State.DEFERRED: f"{_OWED} AND m.state = 'deferred' AND NOT {_IS_WAITING}",
    State.SENDING: f"{_OWED} AND m.state = 'sending'",
    State.SENT: "m.state = 'sent'",
    State.UNCERTAIN: "m.state = 'uncertain'",
    State.FAILED: f"{_NOT_SENT} AND m.state = 'failed'",
    State.EXPIRED: f"{_NOT_SENT} AND m.state = 'expired'",
    State.CANCELLED: f"{_NOT_SENT} AND m.state = 'cancelled'",
}
# Where words stand in a text: on PostgreSQL in half the time of LIKE, which tries every letter.
_PLACE_IN_TEXT = {"sqlite": "instr", "postgresql": "strpos"}
_IS_TROUBLED = """m.id IN (
    SELECT ended.id FROM messages AS ended WHERE ended.tenant_id = :tenant_id
    AND ended.state IN ('failed', 'expired', 'cancelled') AND ended.state <> 'cancelled'
    UNION SELECT unclear.id FROM messages AS unclear WHERE unclear.state = 'uncertain'
    UNION SELECT message_id FROM recipients WHERE outcome = 'refused')"""


def search(
    connection: Connection, tenant_id: str, wanted: MessageFilter, limit: int, at: Look
) -> list[Entry]:
    """Entries, newest first."""
    sql, values = _question(connection.dialect.name, tenant_id, wanted, limit, to_ms(at.now))
    return entries(connection, _statement(sql).all(connection, **values), at)


def _question(
    engine: str, tenant_id: str, wanted: MessageFilter, limit: int, now_ms: int
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"tenant_id": tenant_id, "now": now_ms, "at_most": limit}
    conditions = ["m.tenant_id = :tenant_id", *_conditions(wanted, values)]
    if wanted.search:
        values["words"] = wanted.search.casefold()
        conditions.append(f"{_PLACE_IN_TEXT[engine]}(m.search, :words) > 0")
    return f"{VIEW} WHERE {' AND '.join(conditions)} ORDER BY m.id DESC LIMIT :at_most", values


def _conditions(wanted: MessageFilter, values: dict[str, Any]) -> Iterator[str]:
    if wanted.state is not None:
        yield _SHOWN[wanted.state]
    if wanted.errors_only:
        yield _IS_TROUBLED
    for name, comparison, value in (
        ("connection_id", "m.connection_id = :connection_id", wanted.connection_id),
        ("reference", "m.reference = :reference", wanted.reference),
        ("since", "m.created_at >= :since", to_ms(wanted.since)),
        ("until", "m.created_at < :until", to_ms(wanted.until)),
        ("before", "m.id < :before", wanted.before),
    ):
        if value is not None:
            values[name] = value
            yield comparison


@lru_cache(maxsize=256)
def _statement(sql: str) -> Statement:
    return Statement(sql)
