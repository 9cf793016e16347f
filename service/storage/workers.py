"""``doctor.ports.WorkerStore``."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Statement, inserting
from service.storage.tables import workers

_FORGOTTEN_AFTER = timedelta(days=1)
_SEEN = inserting(workers, "ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at")
_GONE = Statement("DELETE FROM workers WHERE name = :name")
_FORGET = Statement("DELETE FROM workers WHERE seen_at < :before")
_ALL = Statement("SELECT seen_at FROM workers ORDER BY seen_at")


class SqlWorkerStore:
    """Serves ``WorkerStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, name: str, at: datetime) -> None:
        def run(connection: Connection) -> None:
            _SEEN.run(connection, name=name, seen_at=to_ms(at))
            _FORGET.run(connection, before=to_ms(at - _FORGOTTEN_AFTER))

        self._database.write(run)

    def gone(self, name: str) -> None:
        self._database.write(lambda c: _GONE.run(c, name=name))

    def last_seen(self) -> list[datetime]:
        return [to_instant(row.seen_at) for row in self._database.read(_ALL.all)]
