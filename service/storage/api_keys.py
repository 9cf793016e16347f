"""``access.ports.ApiKeyStore``."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from service.access.api_key import ApiKey, Right
from service.errors import KeyExistsError, NotFoundError
from service.storage.access_tables import api_keys
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, inserting, selecting

_ADD = inserting(api_keys, "ON CONFLICT (id) DO NOTHING")
_GET = selecting(api_keys, "WHERE tenant_id = :tenant_id AND id = :id")
_FIND = selecting(api_keys, "WHERE public = :public")
_OF_TENANT = selecting(api_keys, "WHERE tenant_id = :tenant_id ORDER BY created_at, id")
_REVOKE = Statement(
    """UPDATE api_keys SET revoked_at = COALESCE(revoked_at, :at)
    WHERE id = :id AND tenant_id = :tenant_id"""
)
_END = Statement(
    """UPDATE api_keys SET expires_at = :at
    WHERE id = :id AND (expires_at IS NULL OR expires_at > :at)"""
)
_TOUCH = Statement(
    """UPDATE api_keys SET last_used_at = :at
    WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :at)"""
)
_MILLISECOND = timedelta(milliseconds=1)


class SqlApiKeyStore:
    """Serves ``ApiKeyStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey) -> None:
        self._database.write(lambda c: _add(c, key))

    def get(self, tenant_id: str, key_id: str) -> ApiKey:
        row = self._database.read(lambda c: _GET.one(c, tenant_id=tenant_id, id=key_id))
        if row is None:
            raise NotFoundError("API key")
        return _api_key(row)

    def replace(self, old: ApiKey, new: ApiKey, until: datetime) -> None:
        def run(connection: Connection) -> None:
            _add(connection, new)
            _END.run(connection, id=old.id, at=to_ms(until))

        self._database.write(run)

    def find(self, public: str) -> ApiKey | None:
        row = self._database.find(_FIND, public=public)
        return None if row is None else _api_key(row)

    def of_tenant(self, tenant_id: str) -> list[ApiKey]:
        return [
            _api_key(row) for row in self._database.read(lambda c: _OF_TENANT.all(c, tenant_id=tenant_id))
        ]

    def revoke(self, tenant_id: str, key_id: str, at: datetime) -> None:
        def run(connection: Connection) -> None:
            if not _REVOKE.run(connection, id=key_id, tenant_id=tenant_id, at=to_ms(at)):
                raise NotFoundError("API key")

        self._database.write(run)

    def touch(self, key_id: str, at: datetime) -> None:
        self._database.write(lambda c: _TOUCH.run(c, id=key_id, at=to_ms(at)))


def _add(connection: Connection, key: ApiKey) -> None:
    if not _ADD.run(connection, **_new_row(key)):
        raise KeyExistsError


def _new_row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "tenant_id": key.tenant_id,
        "name": key.name,
        "public": key.public,
        "secret_hash": key.secret_hash,
        "rights": " ".join(sorted(key.rights)),
        "connection_ids": None if key.connection_ids is None else json.dumps(sorted(key.connection_ids)),
        "created_at": to_ms(key.created_at),
        "expires_at": to_ms(key.expires_at),
        "revoked_at": to_ms(key.revoked_at),
        "last_used_at": to_ms(key.last_used_at),
        "lifetime_ms": 0 if key.lifetime is None else key.lifetime // _MILLISECOND,
    }


def _api_key(row: Row) -> ApiKey:
    only = row.connection_ids
    return ApiKey(
        id=row.id,
        tenant_id=row.tenant_id,
        name=row.name,
        public=row.public,
        secret_hash=row.secret_hash,
        rights=frozenset(Right(word) for word in row.rights.split()),
        connection_ids=None if only is None else frozenset(json.loads(only)),
        created_at=to_instant(row.created_at),
        expires_at=to_instant(row.expires_at),
        revoked_at=to_instant(row.revoked_at),
        last_used_at=to_instant(row.last_used_at),
        lifetime=_lifetime(row),
    )


def _lifetime(row: Row) -> timedelta | None:
    if row.lifetime_ms is not None:
        return row.lifetime_ms * _MILLISECOND or None
    return None if row.expires_at is None else (row.expires_at - row.created_at) * _MILLISECOND
