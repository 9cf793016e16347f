"""``turns.TurnStore``: a row for each check that is running."""

from datetime import datetime

from sqlalchemy import Connection

from service.storage.access_tables import turns
from service.storage.database import Database
from service.storage.instants import to_ms
from service.storage.statement import Statement, inserting

_FORGET_OLD = Statement("DELETE FROM turns WHERE tenant_id = :tenant_id AND until <= :now")
_TAKE = inserting(turns, "ON CONFLICT (tenant_id) DO NOTHING")
_END = Statement("DELETE FROM turns WHERE tenant_id = :tenant_id AND owner = :owner")


class SqlTurnStore:
    """Serves ``TurnStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_turn(self, tenant_id: str, owner: str, now: datetime, until: datetime) -> bool:
        def run(connection: Connection) -> int:
            _FORGET_OLD.run(connection, tenant_id=tenant_id, now=to_ms(now))
            return _TAKE.run(connection, tenant_id=tenant_id, owner=owner, until=to_ms(until))

        return bool(self._database.write(run))

    def end_turn(self, tenant_id: str, owner: str) -> None:
        self._database.write(lambda c: _END.run(c, tenant_id=tenant_id, owner=owner))
