"""Lists of entries: filters on the shown states, pages by id, always the same number of questions."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from service.outbox.entry import Entry, State
from service.outbox.ports import MessageFilter
from service.storage.entries import VIEW, entries
from service.storage.forecasts import Look
from service.storage.instants import to_ms
from service.storage.statement import Statement

_IS_WAITING = "(c.status <> 'connected' OR COALESCE(c.held_until, 0) > :now)"
_IS_SCHEDULED = "(m.attempts = 0 AND m.available_at > :now)"
_SHOWN = {
    State.WAITING: f"m.state IN ('queued', 'deferred') AND {_IS_WAITING}",
    State.SCHEDULED: f"m.state = 'queued' AND NOT {_IS_WAITING} AND {_IS_SCHEDULED}",
    State.QUEUED: f"m.state = 'queued' AND NOT {_IS_WAITING} AND NOT {_IS_SCHEDULED}",
    State.DEFERRED: f"m.state = 'deferred' AND NOT {_IS_WAITING}",
}


def search(
    connection: Connection, tenant_id: str, wanted: MessageFilter, limit: int, at: Look
) -> list[Entry]:
    """Entries, newest first."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "now": to_ms(at.now), "at_most": limit}
    conditions = ["m.tenant_id = :tenant_id", *_conditions(wanted, values)]
    sql = f"{VIEW} WHERE {' AND '.join(conditions)} ORDER BY m.id DESC LIMIT :at_most"
    return entries(connection, _statement(sql).all(connection, **values), at)


def _conditions(wanted: MessageFilter, values: dict[str, Any]) -> Iterator[str]:
    if wanted.state is not None:
        values["state"] = wanted.state.value
        yield _SHOWN.get(wanted.state, "m.state = :state")
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
    if wanted.search:
        values["pattern"] = f"%{_escaped(wanted.search.casefold())}%"
        yield "m.search LIKE :pattern ESCAPE '!'"


def _escaped(words: str) -> str:
    for wildcard in "!%_":
        words = words.replace(wildcard, f"!{wildcard}")
    return words


@lru_cache(maxsize=256)
def _statement(sql: str) -> Statement:
    return Statement(sql)
