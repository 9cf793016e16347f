"""When a mailbox next has something to send: ``connections.due_at``, always by the same expression.

Whoever changes what is open in a mailbox first locks its row, then changes, then recomputes. The lock
makes the changes of one mailbox one after the other, so no wake-up is lost and no lock is taken twice in
another order: connection first, messages after it.
"""

from sqlalchemy import Connection, bindparam, select, text

from service.storage.statement import Row, Statement
from service.storage.tables import connections as _table

# Never after the present: a clock that was set back must not keep a mailbox waiting for the time it showed.
_SERVED_AT = "CASE WHEN served_at > :now THEN :now ELSE served_at END"


def due_at(served_at: str, paced_until: str = "paced_until", slots_full: str = "slots_full") -> str:
    """The expression for a mailbox that was last served at the instant of this one.

    It is not due before a limit's hold ends, nor before its pace lets the next mail out. A mailbox that was
    served goes behind all that have waited since before then; one whose slots are all taken is out of the
    queue until a result frees one (`slots_full`).
    """
    return f"""CASE WHEN status = 'connected' AND {slots_full} = 0 THEN (
    SELECT CASE WHEN gate > available_at THEN gate ELSE available_at END FROM (
        SELECT open_mail.available_at, {_later("held_until", _later(paced_until, served_at))} AS gate
        FROM messages AS open_mail
        WHERE open_mail.connection_id = connections.id AND open_mail.state IN ('queued', 'deferred')
        ORDER BY open_mail.available_at LIMIT 1
    ) AS first_open
) END"""  # noqa: S608, no value in it


def _later(one: str, other: str) -> str:
    one, other = f"COALESCE({one}, 0)", f"COALESCE({other}, 0)"
    return f"CASE WHEN {one} > {other} THEN {one} ELSE {other} END"


_RECOMPUTE, _FREE = (
    Statement(
        f"""UPDATE connections SET served_at = {_SERVED_AT}, slots_full = {slots_full},
        due_at = {due_at(_SERVED_AT, slots_full=slots_full)} WHERE id = :connection_id"""  # noqa: S608, no value in it
    )
    for slots_full in ("slots_full", "0")
)
# No limit holds a mailbox for more than a day, and no pace for more than a minute.
_PULL_BACK = text(
    """UPDATE connections SET
    held_until = CASE WHEN held_until > :now + 86400000 THEN :now + 86400000 ELSE held_until END,
    paced_until = CASE WHEN paced_until > :now + 60000 THEN :now + 60000 ELSE paced_until END
    WHERE id IN :ids"""
).bindparams(bindparam("ids", expanding=True))
_LOCK = Statement(
    select(_table).where(_table.c.id == bindparam("connection_id")).with_for_update(key_share=True)
)
_LOCK_MANY = (
    select(_table.c.id)
    .where(_table.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_table.c.id)
    .with_for_update(key_share=True)
)


def lock(connection: Connection, connection_id: str) -> Row | None:
    """The connection's row, held against everybody else until the transaction ends."""
    return _LOCK.one(connection, connection_id=connection_id)


def lock_many(connection: Connection, ids: set[str]) -> None:
    """Hold several connections' rows, in the order that keeps two such calls from a deadlock."""
    connection.execute(_LOCK_MANY, {"ids": sorted(ids)}).all()


def pull_back(connection: Connection, ids: list[str], now_ms: int) -> None:
    """The clock was set back: no hold and no pace lasts for a time that it once showed."""
    connection.execute(_PULL_BACK, {"ids": ids, "now": now_ms})


def recompute(connection: Connection, connection_id: str, now_ms: int, *, freed: bool = False) -> None:
    """Set ``due_at`` anew; ``freed`` when a message left ``sending``. The row is locked before."""
    (_FREE if freed else _RECOMPUTE).run(connection, connection_id=connection_id, now=now_ms)
