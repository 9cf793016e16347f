"""``connections.ports.ConnectionStore``: mailboxes, and what connecting changes for their mail."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as DatabaseConnection

from service.connections.connection import Connection, ConnectionStatus
from service.connections.credential import Grant
from service.connections.identity import Identity
from service.connections.ports import Sealer
from service.errors import ConnectionDisconnectedError, NotFoundError, WrongAccountError
from service.storage import claiming, credentials, due, timeline
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, inserting
from service.storage.tables import connections

_FIND = Statement("SELECT * FROM connections WHERE tenant_id = :tenant_id AND id = :id")
_BY_ID = Statement("SELECT * FROM connections WHERE id = :id")
_OF_TENANT = Statement(
    """SELECT * FROM connections WHERE tenant_id = :tenant_id AND status <> 'disconnected'
    ORDER BY created_at, id"""
)
_BY_SUBJECT = Statement("SELECT * FROM connections WHERE tenant_id = :tenant_id AND subject_id = :subject_id")
_IN_USE = Statement(
    "SELECT id FROM connections WHERE subject_id = :subject_id AND credential_id IS NOT NULL LIMIT 1"
)
_ADD = inserting(connections, "ON CONFLICT (tenant_id, subject_id) DO NOTHING")
_CONNECT = Statement(
    """UPDATE connections SET address = :address, display_name = COALESCE(display_name, :display_name),
    status = 'connected', status_code = NULL, held_until = NULL, held_code = NULL,
    credential_id = :credential_id, scopes = :scopes WHERE id = :id"""
)
_PAUSE = Statement("UPDATE connections SET status = 'paused' WHERE id = :id")
# A mailbox that was paused while Google refused it still needs its owner.
_RESUME = Statement(
    """UPDATE connections SET held_until = NULL, held_code = NULL,
    status = CASE WHEN status_code IS NULL THEN 'connected' ELSE 'needs_reconnect' END WHERE id = :id"""
)
_DISCONNECT = Statement(
    """UPDATE connections SET status = 'disconnected', status_code = NULL, held_until = NULL,
    held_code = NULL, credential_id = NULL WHERE id = :id"""
)


class SqlConnectionStore:
    """Serves ``ConnectionStore``."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def get(self, tenant_id: str, connection_id: str) -> Connection:
        return _connection(self._database.read(lambda c: _row(c, tenant_id, connection_id)))

    def of_tenant(self, tenant_id: str) -> list[Connection]:
        rows = self._database.read(lambda c: _OF_TENANT.all(c, tenant_id=tenant_id))
        return [_connection(row) for row in rows]

    def find_by_subject(self, tenant_id: str, subject_id: str) -> Connection | None:
        row = self._database.read(lambda c: _BY_SUBJECT.one(c, tenant_id=tenant_id, subject_id=subject_id))
        return None if row is None else _connection(row)

    def is_connected(self, subject_id: str) -> bool:
        return self._database.read(lambda c: _IN_USE.one(c, subject_id=subject_id)) is not None

    def connect(self, tenant_id: str, identity: Identity, grant: Grant, at: datetime) -> Connection:
        credential = credentials.new_row(self._sealer, tenant_id, grant, at)
        row = self._database.write(lambda c: _connect(c, tenant_id, identity, credential))
        return _connection(row)

    def pause(self, tenant_id: str, connection_id: str, at: datetime) -> Connection:
        return self._change(tenant_id, connection_id, at, _pause)

    def resume(self, tenant_id: str, connection_id: str, at: datetime) -> Connection:
        return self._change(tenant_id, connection_id, at, _resume)

    def disconnect(self, tenant_id: str, connection_id: str, at: datetime) -> Connection:
        return self._change(tenant_id, connection_id, at, _disconnect)

    def _change(
        self,
        tenant_id: str,
        connection_id: str,
        at: datetime,
        change: Callable[[DatabaseConnection, Row, int], None],
    ) -> Connection:
        def run(connection: DatabaseConnection) -> Row:
            mailbox = due.lock(connection, connection_id)
            if mailbox is None or mailbox.tenant_id != tenant_id:
                raise NotFoundError("connection")
            change(connection, mailbox, to_ms(at))
            due.recompute(connection, connection_id, to_ms(at))
            return _row(connection, tenant_id, connection_id)

        return _connection(self._database.write(run))


def _connect(
    connection: DatabaseConnection, tenant_id: str, identity: Identity, credential: dict[str, Any]
) -> Row:
    subject = {"tenant_id": tenant_id, "subject_id": identity.subject_id}
    _refuse_other(connection, credential["connection_id"], tenant_id, identity)
    known = _BY_SUBJECT.one(connection, **subject)
    is_new = known is None and bool(_ADD.run(connection, **_new_row(tenant_id, identity, credential)))
    if known is None:
        # Two first consents of one account at once: the second one finds the row of the first.
        known = _BY_SUBJECT.one(connection, **subject)
    if known is None:
        raise NotFoundError("connection")
    due.lock(connection, known.id)
    credentials.replace(connection, known.id, credential)
    _CONNECT.run(
        connection,
        id=known.id,
        address=identity.address,
        display_name=identity.name,
        credential_id=credential["id"],
        scopes=credential["scopes"],
    )
    _tell(connection, known, credential["created_at"], "created" if is_new else "reconnected")
    due.recompute(connection, known.id, credential["created_at"])
    claiming.ring(connection)
    return _row(connection, tenant_id, known.id)


def _refuse_other(connection: DatabaseConnection, wanted: str, tenant_id: str, identity: Identity) -> None:
    row = _BY_ID.one(connection, id=wanted)
    if row is not None and row.tenant_id != tenant_id:
        raise NotFoundError("connection")
    if row is not None and row.subject_id != identity.subject_id:
        raise WrongAccountError(row.address, identity.address)


def _pause(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
    _refuse_disconnected(mailbox)
    if mailbox.status != ConnectionStatus.PAUSED:
        _PAUSE.run(connection, id=mailbox.id)
        _tell(connection, mailbox, at_ms, "paused")


def _resume(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
    _refuse_disconnected(mailbox)
    is_held = mailbox.held_until is not None
    if mailbox.status == ConnectionStatus.PAUSED or is_held:
        _RESUME.run(connection, id=mailbox.id)
        _tell(connection, mailbox, at_ms, "resumed")
        claiming.ring(connection)


def _disconnect(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
    credentials.forget(connection, mailbox.id)
    if mailbox.status != ConnectionStatus.DISCONNECTED:
        _DISCONNECT.run(connection, id=mailbox.id)
        _tell(connection, mailbox, at_ms, "disconnected")


def _refuse_disconnected(mailbox: Row) -> None:
    if mailbox.status == ConnectionStatus.DISCONNECTED:
        raise ConnectionDisconnectedError


def _tell(connection: DatabaseConnection, mailbox: Row, at_ms: int, what: str) -> None:
    event = timeline.event_row(f"connection.{what}", at_ms, mailbox.tenant_id, connection_id=mailbox.id)
    timeline.add_event(connection, event)


def _row(connection: DatabaseConnection, tenant_id: str, connection_id: str) -> Row:
    row = _FIND.one(connection, tenant_id=tenant_id, id=connection_id)
    if row is None:
        raise NotFoundError("connection")
    return row


def _new_row(tenant_id: str, identity: Identity, credential: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(column.name for column in connections.columns)
    return {
        **empty,
        "id": credential["connection_id"],
        "tenant_id": tenant_id,
        "address": identity.address,
        "subject_id": identity.subject_id,
        "display_name": identity.name,
        "status": ConnectionStatus.CONNECTED.value,
        "scopes": credential["scopes"],
        "created_at": credential["created_at"],
        "slots_full": 0,
    }


def _connection(row: Row) -> Connection:
    status = ConnectionStatus(row.status)
    return Connection(
        id=row.id,
        tenant_id=row.tenant_id,
        address=row.address,
        subject_id=row.subject_id,
        display_name=row.display_name,
        status=status,
        status_code=row.status_code if status is ConnectionStatus.NEEDS_RECONNECT else None,
        held_until=to_instant(row.held_until),
        held_code=row.held_code,
        credential_id=row.credential_id,
        scopes=frozenset(row.scopes.split()),
        created_at=to_instant(row.created_at),
        last_sent_at=to_instant(row.last_sent_at),
    )
