"""Lists of entries: filters on the shown states, pages by id, always the same number of questions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    State.UNCERTAIN: "m.id IN (SELECT id FROM messages WHERE state = 'uncertain')",
    State.FAILED: f"{_NOT_SENT} AND m.state = 'failed'",
    State.EXPIRED: f"{_NOT_SENT} AND m.state = 'expired'",
    State.CANCELLED: f"{_NOT_SENT} AND m.state = 'cancelled'",
}
# Where words stand in a text: on PostgreSQL in half the time of LIKE, which tries every letter.
_PLACE_IN_TEXT = {"sqlite": "instr", "postgresql": "strpos"}
_MOST_WORDS = 8  # enough to tell a message from all others
_IS_TROUBLED = """m.id IN (
    SELECT ended.id FROM messages AS ended WHERE ended.tenant_id = :tenant_id
    AND ended.state IN ('failed', 'expired', 'cancelled') AND ended.state <> 'cancelled'
    UNION SELECT unclear.id FROM messages AS unclear WHERE unclear.state = 'uncertain'
    UNION SELECT message_id FROM recipients WHERE outcome = 'refused')"""


@dataclass(frozen=True, slots=True)
class _Way:
    """How the rows of a list are found: what of each is compared, and how its line of ``listed`` is."""

    tenant_id: str
    message_id: str
    connection_id: str
    created_at: str
    line: str


# What has no way of its own goes through ``listed`` from its end. No engine can turn the expression round and
# begin with the messages, nor will PostgreSQL read them all beside the lines, of which it guesses that every
# third one matches: both look up the messages of those that did.
_THROUGH_LIST = _Way(
    "l.tenant_id",
    "l.message_id",
    "l.connection_id",
    "l.created_at",
    "JOIN listed AS l ON m.id = l.message_id || ''",
)
_BY_INDEX = _Way(
    "m.tenant_id",
    "m.id",
    "m.connection_id",
    "m.created_at",
    "JOIN listed AS l ON l.tenant_id = m.tenant_id AND l.message_id = m.id",
)
# By an expression too: without statistics SQLite takes all messages of a tenant for fewer than a few ids.
_BY_IDS = replace(_BY_INDEX, tenant_id="m.tenant_id || ''")


def search(
    connection: Connection, tenant_id: str, wanted: MessageFilter, limit: int, at: Look
) -> list[Entry]:
    """Entries, newest first."""
    sql, values = _question(connection.dialect.name, tenant_id, wanted, limit, to_ms(at.now))
    return entries(connection, _statement(sql).all(connection, **values), at)


def _question(
    engine: str, tenant_id: str, wanted: MessageFilter, limit: int, now_ms: int
) -> tuple[str, dict[str, Any]]:
    way = _way(wanted)
    view = f"{VIEW} {way.line}" if wanted.search or way is _THROUGH_LIST else VIEW
    values: dict[str, Any] = {"tenant_id": tenant_id, "now": now_ms, "at_most": limit}
    conditions = [f"{way.tenant_id} = :tenant_id", *_conditions(wanted, way, values)]
    # By words, because people write `RE 2026 0042` for RE-2026-0042.
    words = (wanted.search or "").casefold().split()[:_MOST_WORDS]
    for number, word in enumerate(words):
        values[f"word_{number}"] = word
        conditions.append(f"{_PLACE_IN_TEXT[engine]}(l.search, :word_{number}) > 0")
    rows = f"{view} WHERE {' AND '.join(conditions)} ORDER BY {way.message_id} DESC LIMIT :at_most"
    return rows, values


def _way(wanted: MessageFilter) -> _Way:
    if wanted.errors_only or wanted.state is State.UNCERTAIN:
        return _BY_IDS
    if wanted.state not in {None, State.SENT} or wanted.reference is not None:
        return _BY_INDEX
    looks_through = wanted.search or wanted.since or wanted.until
    return _THROUGH_LIST if looks_through or wanted.connection_id is None else _BY_INDEX


def _conditions(wanted: MessageFilter, way: _Way, values: dict[str, Any]) -> Iterator[str]:
    if wanted.state is not None:
        yield _SHOWN[wanted.state]
    if wanted.errors_only:
        yield _IS_TROUBLED
    for name, comparison, value in (
        ("connection_id", f"{way.connection_id} = :connection_id", wanted.connection_id),
        ("reference", "m.reference = :reference", wanted.reference),
        ("since", f"{way.created_at} >= :since", to_ms(wanted.since)),
        ("until", f"{way.created_at} < :until", to_ms(wanted.until)),
        ("before", f"{way.message_id} < :before", wanted.before),
    ):
        if value is not None:
            values[name] = value
            yield comparison


@lru_cache(maxsize=256)
def _statement(sql: str) -> Statement:
    return Statement(sql)
