"""``access.ports.TenantStore``."""

from typing import Unpack

from sqlalchemy import update

from service.access.tenant import Choices, Tenant, UncertainRule
from service.errors import NotFoundError, PreconditionFailedError
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement
from service.storage.tables import tenants

_COLUMNS = "id, name, created_at, uncertain_rule, content_days, log_days"
_ADD = Statement(
    f"""INSERT INTO tenants ({_COLUMNS})
    VALUES (:id, :name, :created_at, :rule, :content_days, :log_days)"""  # noqa: S608, names of ours
)
_FIND = Statement(f"SELECT {_COLUMNS} FROM tenants WHERE id = :id")  # noqa: S608, names of ours
_ALL = Statement(f"SELECT {_COLUMNS} FROM tenants ORDER BY created_at, id")  # noqa: S608, names of ours
_CHANGE = Statement(
    """UPDATE tenants SET name = :name, uncertain_rule = :rule, content_days = :content_days,
    log_days = :log_days WHERE id = :id AND name = :seen_name AND uncertain_rule = :seen_rule
    AND COALESCE(content_days, 0) = :seen_content_days AND COALESCE(log_days, 0) = :seen_log_days"""
)


class SqlTenantStore:
    """Serves ``TenantStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tenant: Tenant) -> None:
        row = {
            "id": tenant.id,
            "name": tenant.name,
            "created_at": to_ms(tenant.created_at),
            **_choices(tenant),
        }
        self._database.write(lambda c: _ADD.run(c, **row))

    def change(self, tenant: Tenant, seen: Tenant) -> None:
        row = {
            "id": tenant.id,
            "name": tenant.name,
            **_choices(tenant),
            "seen_name": seen.name,
            **{f"seen_{name}": value or 0 for name, value in _choices(seen).items()},
        }
        if not self._database.write(lambda c: _CHANGE.run(c, **row)):
            self.get(tenant.id)
            raise PreconditionFailedError

    def get(self, tenant_id: str) -> Tenant:
        row = self._database.find(_FIND, id=tenant_id)
        if row is None:
            raise NotFoundError("tenant")
        return _tenant(row)

    def choose(self, tenant_id: str, **choices: Unpack[Choices]) -> Tenant:
        if choices:
            values = {
                name: str(each) if isinstance(each, UncertainRule) else each for name, each in choices.items()
            }
            change = update(tenants).where(tenants.c.id == tenant_id).values(values)
            self._database.write(lambda c: c.execute(change).rowcount)
        return self.get(tenant_id)

    def all(self) -> list[Tenant]:
        return [_tenant(row) for row in self._database.read(_ALL.all)]


def _tenant(row: Row) -> Tenant:
    return Tenant(
        row.id,
        row.name,
        to_instant(row.created_at),
        UncertainRule(row.uncertain_rule),
        row.content_days,
        row.log_days,
    )


def _choices(tenant: Tenant) -> dict[str, str | int | None]:
    return {
        "rule": tenant.uncertain_rule.value,
        "content_days": tenant.content_days,
        "log_days": tenant.log_days,
    }
