"""``outbox.forget.ForgettingStore``: deletes in small portions, by the two indexes of what is at rest."""

from datetime import datetime
from itertools import accumulate

from sqlalchemy import BindParameter, Connection, bindparam, text

from service.storage import due
from service.storage.database import Database
from service.storage.instants import to_ms
from service.storage.statement import Row, Statement

_CHUNKS_AT_ONCE = 64  # of 1 MiB: SQLite walks through all their pages
_AT_REST = "state IN ('sent', 'failed', 'cancelled', 'expired')"
_OLDEST = "ORDER BY available_at LIMIT :at_once"
_PAST = """SELECT id, connection_id, chunks FROM messages
    WHERE tenant_id = :tenant_id AND available_at <= :before"""
_WITH_CONTENT = Statement(f"{_PAST} AND content_deleted_at IS NULL AND {_AT_REST} {_OLDEST}")
_WITHOUT_CONTENT = Statement(f"{_PAST} AND content_deleted_at IS NOT NULL AND {_AT_REST} {_OLDEST}")
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
# Asked again under the locks of the mailboxes: somebody may have queued it again meanwhile.
_MARK = text(
    f"""UPDATE messages SET content_deleted_at = :at WHERE id IN :ids AND available_at <= :before
    AND content_deleted_at IS NULL AND {_AT_REST} RETURNING id"""  # noqa: S608, no value in it
).bindparams(_IDS)
_DELETE_CHUNKS = text("DELETE FROM content_chunks WHERE message_id IN :ids").bindparams(_IDS)
# Nothing else brings back a message without content, so these stay at rest.
_DELETE_ALL = tuple(
    text(statement).bindparams(_IDS)
    for statement in (
        "DELETE FROM listed WHERE tenant_id = :tenant_id AND message_id IN :ids",
        "DELETE FROM recipients WHERE message_id IN :ids",
        "DELETE FROM attempts WHERE message_id IN :ids",
        "DELETE FROM events WHERE message_id IN :ids",
        "DELETE FROM idempotency_records WHERE message_id IN :ids",
        "UPDATE notices SET message_id = NULL WHERE message_id IN :ids",
        "DELETE FROM messages WHERE id IN :ids",
    )
)


class SqlForgettingStore:
    """Serves ``ForgettingStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget_content(self, tenant_id: str, before: datetime, at: datetime, limit: int) -> int:
        rows = _portion(self._past(_WITH_CONTENT, tenant_id, before, limit))

        def run(connection: Connection) -> int:
            due.lock_many(connection, {row.connection_id for row in rows})
            values = {"ids": [row.id for row in rows], "before": to_ms(before), "at": to_ms(at)}
            marked = [row.id for row in connection.execute(_MARK, values)]
            if marked:
                connection.execute(_DELETE_CHUNKS, {"ids": marked})
            return len(marked)

        return self._database.write(run) if rows else 0

    def forget_log(self, tenant_id: str, before: datetime, limit: int) -> int:
        rows = self._past(_WITHOUT_CONTENT, tenant_id, before, limit)

        def run(connection: Connection) -> int:
            due.lock_many(connection, {row.connection_id for row in rows})
            values = {"tenant_id": tenant_id, "ids": [row.id for row in rows]}
            return [connection.execute(statement, values).rowcount for statement in _DELETE_ALL][-1]

        return self._database.write(run) if rows else 0

    def _past(self, statement: Statement, tenant_id: str, before: datetime, limit: int) -> list[Row]:
        values = {"tenant_id": tenant_id, "before": to_ms(before), "at_once": limit}
        return self._database.read(lambda c: statement.all(c, **values))


def _portion(rows: list[Row]) -> list[Row]:
    """As many of the first ones as make a short transaction, but one at least."""
    sums = accumulate(row.chunks for row in rows)
    return [row for row, chunks in zip(rows, sums, strict=True) if chunks <= _CHUNKS_AT_ONCE] or rows[:1]
