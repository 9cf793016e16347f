"""``connections.ports.DataKeyStore``: each tenant's wrapped data key, beside the tenant."""

from sqlalchemy import Connection

from service.errors import NotFoundError
from service.storage.database import Database
from service.storage.statement import Statement

_FIND = Statement("SELECT data_key FROM tenants WHERE id = :tenant_id")
_ADD = Statement("UPDATE tenants SET data_key = :wrapped WHERE id = :tenant_id AND data_key IS NULL")
_ALL = Statement("SELECT id, data_key FROM tenants WHERE data_key IS NOT NULL ORDER BY id")
_REPLACE = Statement("UPDATE tenants SET data_key = :new WHERE id = :tenant_id AND data_key = :old")


class SqlDataKeyStore:
    """Serves ``DataKeyStore``; a key belongs to a tenant that is there already."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_data_key(self, tenant_id: str) -> bytes | None:
        row = self._database.find(_FIND, tenant_id=tenant_id)
        return None if row is None else row.data_key

    def add_data_key(self, tenant_id: str, wrapped: bytes) -> bytes:
        def run(connection: Connection) -> bytes:
            _ADD.run(connection, tenant_id=tenant_id, wrapped=wrapped)
            row = _FIND.one(connection, tenant_id=tenant_id)
            if row is None:
                raise NotFoundError("tenant")
            kept: bytes = row.data_key
            return kept

        return self._database.write(run)

    def data_keys(self) -> list[tuple[str, bytes]]:
        return [(row.id, row.data_key) for row in self._database.read(_ALL.all)]

    def replace_data_key(self, tenant_id: str, old: bytes, new: bytes) -> bool:
        return bool(self._database.write(lambda c: _REPLACE.run(c, tenant_id=tenant_id, old=old, new=new)))
