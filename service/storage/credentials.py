"""Rows of credentials: sealed tokens and passwords, replaced or forgotten but never deleted."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service.connections.credential import Delegate, Encryption, Grant, MailLogin, MailServer
from service.connections.ports import Kept, Place, Sealer
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, inserting
from service.storage.tables import credentials

_ADD = inserting(credentials)
GRANT = "grant"
LOGIN = "login"
DELEGATION = "delegation"
_FORGET = """UPDATE credentials SET status = :status, refresh_token = NULL, access_token = NULL,
    access_expires_at = NULL, refresh_owner = NULL, refresh_until = NULL, secret = NULL
    WHERE connection_id = :connection_id AND status IN ('active', 'revoked')"""
_FORGET_ALL = Statement(_FORGET)
_FORGET_ONE = Statement(f"{_FORGET} AND id = :id")
_FORGET_KIND = Statement(f"{_FORGET} AND kind = :kind")
_EMPTY = dict.fromkeys(column.name for column in credentials.columns)


def place(tenant_id: str, column: str, credential_id: str) -> Place:
    """Where a token or a password lives."""
    return Place(tenant_id, "credentials", column, credential_id)


def grant_row(sealer: Sealer, tenant_id: str, grant: Grant, at: datetime) -> dict[str, Any]:
    """The row of a fresh grant."""
    refresh_token = grant.refresh_token.get_secret_value().encode()
    access = grant.access
    sealed_access = None
    if access is not None:
        plain = access.value.get_secret_value().encode()
        sealed_access = sealer.seal(place(tenant_id, "access_token", grant.id), plain)
    return {
        **_EMPTY,
        "id": grant.id,
        "tenant_id": tenant_id,
        "connection_id": grant.connection_id,
        "kind": GRANT,
        "facts": "{}",
        "status": "active",
        "client_id": grant.client_id,
        "scopes": " ".join(sorted(grant.scopes)),
        "refresh_token": sealer.seal(place(tenant_id, "refresh_token", grant.id), refresh_token),
        "access_token": sealed_access,
        "access_expires_at": to_ms(access.expires_at) if access is not None else None,
        "created_at": to_ms(at),
    }


def login_row(sealer: Sealer, login: MailLogin, at: datetime) -> dict[str, Any]:
    """The row of a fresh login."""
    secret = login.password
    where = place(login.tenant_id, "secret", login.id)
    server = login.server
    facts = {
        "host": server.host,
        "port": server.port,
        "encryption": server.encryption.value,
        "user": login.user,
    }
    return {
        **_EMPTY,
        "id": login.id,
        "tenant_id": login.tenant_id,
        "connection_id": login.connection_id,
        "kind": LOGIN,
        "facts": json.dumps(facts),
        "secret": None if secret is None else sealer.seal(where, secret.get_secret_value().encode()),
        "status": "active",
        "client_id": "",
        "scopes": "",
        "created_at": to_ms(at),
    }


def delegate_row(delegate: Delegate, at: datetime) -> dict[str, Any]:
    """The row of a user for whom a delegation may act from now on."""
    return {
        **_EMPTY,
        "id": delegate.id,
        "tenant_id": delegate.tenant_id,
        "connection_id": delegate.connection_id,
        "kind": DELEGATION,
        "facts": delegate_facts(delegate.delegation_id, delegate.address),
        "status": "active",
        "client_id": "",
        "scopes": " ".join(sorted(delegate.scopes)),
        "created_at": to_ms(at),
    }


def delegate_facts(delegation_id: str, address: str) -> str:
    """What is kept of a delegate in the clear; always spelt the same, so that rows are found by it."""
    return json.dumps({"delegation_id": delegation_id, "address": address})


def server_of(facts: dict[str, Any]) -> MailServer:
    """The mail server of a login's facts."""
    return MailServer(facts["host"], facts["port"], Encryption(facts["encryption"]))


def kept(row: Row) -> Kept:
    """What may be shown of a credential."""
    facts = json.loads(row.facts)
    server = server_of(facts) if "host" in facts else None
    return Kept(to_instant(row.created_at), server, facts.get("user"))


def add(connection: Connection, connection_id: str, row: dict[str, Any]) -> None:
    """Keep a credential beside the others."""
    _ADD.run(connection, **{**row, "connection_id": connection_id})


def replace_grant(connection: Connection, connection_id: str, row: dict[str, Any]) -> None:
    """Put a fresh grant in the place of the earlier one; the connection's row is locked before."""
    _FORGET_KIND.run(connection, connection_id=connection_id, status="replaced", kind=GRANT)
    add(connection, connection_id, row)


def forget(connection: Connection, connection_id: str, credential_id: str, status: str = "forgotten") -> None:
    """Keep no secret of this credential; the connection's row is locked before."""
    _FORGET_ONE.run(connection, connection_id=connection_id, status=status, id=credential_id)


def forget_all(connection: Connection, connection_id: str) -> None:
    """Keep no secret of this connection; its row is locked before."""
    _FORGET_ALL.run(connection, connection_id=connection_id, status="forgotten")
