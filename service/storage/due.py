"""When a mailbox next has something to send: ``connections.due_at``, always by the same expression.

Whoever changes what is open in a mailbox first locks its row, then changes, then recomputes. The lock
makes the changes of one mailbox one after the other, so no wake-up is lost and no lock is taken twice in
another order: connection first, messages after it.
"""

from sqlalchemy import Connection, bindparam, select

from service.storage.statement import Row, Statement
from service.storage.tables import connections as _table

# Never after the present: a clock that was set back must not keep a mailbox waiting for the time it showed.
_SERVED_AT = "CASE WHEN served_at > :now THEN :now ELSE served_at END"


def due_at(served_at: str) -> str:
    """The expression for a mailbox that was last served at the instant of this one.

    A mailbox that was served goes behind all that have waited since before then; one whose slots are all
    taken is out of the queue until a result frees one (`slots_full`).
    """
    return f"""CASE WHEN status = 'connected' AND slots_full = 0 THEN (
    SELECT CASE WHEN gate > available_at THEN gate ELSE available_at END FROM (
        SELECT open_mail.available_at, CASE
            WHEN COALESCE(held_until, 0) > COALESCE({served_at}, 0) THEN COALESCE(held_until, 0)
            ELSE COALESCE({served_at}, 0) END AS gate
        FROM messages AS open_mail
        WHERE open_mail.connection_id = connections.id AND open_mail.state IN ('queued', 'deferred')
        ORDER BY open_mail.available_at LIMIT 1
    ) AS first_open
) END"""  # noqa: S608, no value in it


_RECOMPUTE = Statement(
    f"""UPDATE connections SET served_at = {_SERVED_AT}, due_at = {due_at(_SERVED_AT)}
    WHERE id = :connection_id"""  # noqa: S608, no value in it
)
_FREE = Statement("UPDATE connections SET slots_full = 0 WHERE id = :connection_id AND slots_full <> 0")
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


def recompute(connection: Connection, connection_id: str, now_ms: int, *, freed: bool = False) -> None:
    """Set ``due_at`` anew; ``freed`` when a message left ``sending``. The row is locked before."""
    if freed:
        _FREE.run(connection, connection_id=connection_id)
    _RECOMPUTE.run(connection, connection_id=connection_id, now=now_ms)
