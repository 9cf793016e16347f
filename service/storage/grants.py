"""``connections.ports.GrantStore``: opened grants and delegates, the refresh lease, checks, and the end."""

import json
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy import Connection

from service.connections.credential import AccessToken, Delegate, Grant, TokenCredential
from service.connections.ports import Sealer
from service.errors import NotFoundError
from service.storage import credentials, due, effects, tables, ways
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, selecting

_FIND = selecting(tables.credentials, "WHERE id = :id AND status IN ('active', 'revoked')")
_LEASE = Statement(
    """UPDATE credentials SET refresh_owner = :owner, refresh_until = :until
    WHERE id = :id AND status IN ('active', 'revoked')
    AND (refresh_owner IS NULL OR refresh_owner = :owner OR refresh_until <= :now)"""
)
_END_LEASE = Statement(
    """UPDATE credentials SET refresh_owner = NULL, refresh_until = NULL
    WHERE id = :id AND refresh_owner = :owner"""
)
# Kept also when the lease ran out meanwhile: a token that Google gave is good, and a rotated refresh token
# must not get lost. Only the own lease ends.
_STORE = Statement(
    """UPDATE credentials SET access_token = :access_token, access_expires_at = :access_expires_at,
    checked_at = :now, refresh_token = COALESCE(:refresh_token, refresh_token),
    refresh_until = CASE WHEN refresh_owner = :owner THEN NULL ELSE refresh_until END,
    refresh_owner = CASE WHEN refresh_owner = :owner THEN NULL ELSE refresh_owner END
    WHERE id = :id AND status IN ('active', 'revoked')"""
)
_REVOKE = Statement(
    "UPDATE credentials SET status = 'revoked', status_code = :code WHERE id = :id AND status = 'active'"
)
# Grants that are replaced or revoked are none of its business; there are few besides.
_COUNT = Statement("SELECT count(*) AS count FROM credentials WHERE kind = 'grant' AND status = 'active'")
_UNCHECKED = Statement(
    """SELECT id FROM credentials WHERE kind = 'grant' AND status = 'active'
    AND COALESCE(checked_at, created_at) < :before ORDER BY COALESCE(checked_at, created_at) LIMIT :at_most"""
)
_PUT_OFF = Statement("UPDATE credentials SET checked_at = :at WHERE id = :id AND status = 'active'")


class SqlGrantStore:
    """Serves ``GrantStore``, and ``GrantCheckStore`` of ``consent.ports``."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def get_grant(self, grant_id: str) -> Grant:
        return self._grant(self._row(grant_id))

    def get_credential(self, credential_id: str) -> TokenCredential:
        row = self._row(credential_id)
        return self._delegate(row) if row.kind == credentials.DELEGATION else self._grant(row)

    def _grant(self, row: Row) -> Grant:
        if row.kind != credentials.GRANT:
            raise NotFoundError("grant")
        refresh_token = self._open(row, "refresh_token")
        return Grant(
            id=row.id,
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            client_id=row.client_id,
            scopes=frozenset(row.scopes.split()),
            refresh_token=refresh_token,
            access=self._access(row),
        )

    def _delegate(self, row: Row) -> Delegate:
        facts = json.loads(row.facts)
        return Delegate(
            id=row.id,
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            delegation_id=facts["delegation_id"],
            address=facts["address"],
            scopes=frozenset(row.scopes.split()),
            access=self._access(row),
        )

    def take_refresh_lease(self, grant_id: str, owner: str, now: datetime, until: datetime) -> bool:
        return bool(
            self._database.write(
                lambda c: _LEASE.run(c, id=grant_id, owner=owner, now=to_ms(now), until=to_ms(until))
            )
        )

    def store_access(
        self,
        grant_id: str,
        owner: str,
        access: AccessToken,
        refresh_token: str | None,
        now: datetime,
    ) -> None:
        row = self._row(grant_id)
        values = {
            "id": grant_id,
            "owner": owner,
            "now": to_ms(now),
            "access_token": self._seal(row, "access_token", access.value.get_secret_value()),
            "access_expires_at": to_ms(access.expires_at),
            "refresh_token": self._seal(row, "refresh_token", refresh_token) if refresh_token else None,
        }
        self._database.write(lambda c: _STORE.run(c, **values))

    def end_refresh_lease(self, grant_id: str, owner: str) -> None:
        self._database.write(lambda c: _END_LEASE.run(c, id=grant_id, owner=owner))

    def mark_revoked(self, grant_id: str, owner: str, code: str, now: datetime) -> None:
        self._database.write(lambda c: _mark_revoked(c, grant_id, owner, code, to_ms(now)))

    def count_active(self) -> int:
        row = self._database.find(_COUNT)
        count: int = row.count if row is not None else 0
        return count

    def unchecked(self, before: datetime, limit: int) -> list[str]:
        rows = self._database.read(lambda c: _UNCHECKED.all(c, before=to_ms(before), at_most=limit))
        return [row.id for row in rows]

    def put_off(self, grant_id: str, checked_at: datetime) -> None:
        self._database.write(lambda c: _PUT_OFF.run(c, id=grant_id, at=to_ms(checked_at)))

    def _row(self, grant_id: str) -> Row:
        row = self._database.find(_FIND, id=grant_id)
        if row is None:
            raise NotFoundError("grant")
        return row

    def _access(self, row: Row) -> AccessToken | None:
        if row.access_token is None:
            return None
        return AccessToken(self._open(row, "access_token"), to_instant(row.access_expires_at))

    def _seal(self, row: Row, column: str, token: str) -> bytes:
        return self._sealer.seal(credentials.place(row.tenant_id, column, row.id), token.encode())

    def _open(self, row: Row, column: str) -> SecretStr:
        place = credentials.place(row.tenant_id, column, row.id)
        return SecretStr(self._sealer.open(place, getattr(row, column)).decode())


def _mark_revoked(connection: Connection, grant_id: str, owner: str, code: str, at_ms: int) -> None:
    row = _FIND.one(connection, id=grant_id)
    if row is None:
        return  # a reconnect was faster
    mailbox = due.lock(connection, row.connection_id)
    _END_LEASE.run(connection, id=grant_id, owner=owner)
    if mailbox is None or not _REVOKE.run(connection, id=grant_id, code=code):
        return
    if ways.break_all(connection, mailbox.id, grant_id, code):
        effects.lost_way(connection, mailbox, code, at_ms)
    due.recompute(connection, mailbox.id, at_ms)
