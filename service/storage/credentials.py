"""Rows of grants: sealed tokens, replaced or forgotten but never deleted."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service.connections.credential import Grant
from service.connections.ports import Place, Sealer
from service.storage.instants import to_ms
from service.storage.statement import Statement, inserting
from service.storage.tables import credentials

_ADD = inserting(credentials)
_FORGET = Statement(
    """UPDATE credentials SET status = :status, refresh_token = NULL, access_token = NULL,
    access_expires_at = NULL, refresh_owner = NULL, refresh_until = NULL
    WHERE connection_id = :connection_id AND refresh_token IS NOT NULL"""
)


def place(tenant_id: str, column: str, grant_id: str) -> Place:
    """Where a token lives."""
    return Place(tenant_id, "credentials", column, grant_id)


def new_row(sealer: Sealer, tenant_id: str, grant: Grant, at: datetime) -> dict[str, Any]:
    """The row of a fresh grant."""
    refresh_token = grant.refresh_token.get_secret_value().encode()
    access = grant.access
    sealed_access = None
    if access is not None:
        plain = access.value.get_secret_value().encode()
        sealed_access = sealer.seal(place(tenant_id, "access_token", grant.id), plain)
    return {
        "id": grant.id,
        "tenant_id": tenant_id,
        "connection_id": grant.connection_id,
        "status": "active",
        "status_code": None,
        "client_id": grant.client_id,
        "scopes": " ".join(sorted(grant.scopes)),
        "refresh_token": sealer.seal(place(tenant_id, "refresh_token", grant.id), refresh_token),
        "access_token": sealed_access,
        "access_expires_at": to_ms(access.expires_at) if access is not None else None,
        "refresh_owner": None,
        "refresh_until": None,
        "created_at": to_ms(at),
    }


def replace(connection: Connection, connection_id: str, row: dict[str, Any]) -> None:
    """Put a fresh grant in the place of the earlier one; the connection's row is locked before."""
    _FORGET.run(connection, connection_id=connection_id, status="replaced")
    _ADD.run(connection, **{**row, "connection_id": connection_id})


def forget(connection: Connection, connection_id: str) -> None:
    """Keep no token of this connection; its row is locked before."""
    _FORGET.run(connection, connection_id=connection_id, status="forgotten")
