"""``access.ports.TenantStore``."""

from service.access.tenant import Tenant
from service.errors import NotFoundError
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement

_ADD = Statement("INSERT INTO tenants (id, name, created_at) VALUES (:id, :name, :created_at)")
_FIND = Statement("SELECT id, name, created_at FROM tenants WHERE id = :id")
_ALL = Statement("SELECT id, name, created_at FROM tenants ORDER BY created_at, id")


class SqlTenantStore:
    """Serves ``TenantStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tenant: Tenant) -> None:
        created_at = to_ms(tenant.created_at)
        self._database.write(lambda c: _ADD.run(c, id=tenant.id, name=tenant.name, created_at=created_at))

    def get(self, tenant_id: str) -> Tenant:
        row = self._database.read(lambda c: _FIND.one(c, id=tenant_id))
        if row is None:
            raise NotFoundError("tenant")
        return _tenant(row)

    def all(self) -> list[Tenant]:
        return [_tenant(row) for row in self._database.read(_ALL.all)]


def _tenant(row: Row) -> Tenant:
    return Tenant(row.id, row.name, to_instant(row.created_at))
