"""``connections.ports.ConnectionStore``: mailboxes, and what connecting changes for their mail."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection as DatabaseConnection

from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.credential import Grant, MailLogin
from service.connections.identity import Identity
from service.connections.ports import Kept, Mailbox, Sealer, Usage
from service.connections.way import Way, WayKind, WayState
from service.errors import ConnectionDisconnectedError, NotFoundError
from service.outbox.pace import Pace
from service.storage import (
    arrivals,
    claiming,
    credentials,
    defaults,
    delegates,
    due,
    effects,
    incidents,
    ledger,
    routing,
    ways,
)
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, selecting
from service.storage.tables import connections

_FIND = selecting(connections, "WHERE tenant_id = :tenant_id AND id = :id")
_ADDRESSES = Statement(
    "SELECT id, address FROM connections WHERE tenant_id = :tenant_id ORDER BY address, id"
)
_OF_TENANT = selecting(
    connections, "WHERE tenant_id = :tenant_id AND status <> 'disconnected' ORDER BY created_at, id"
)
_IN_USE = Statement(
    "SELECT id FROM connections WHERE subject_id = :subject_id AND credential_id IS NOT NULL LIMIT 1"
)
_ALIASES = Statement("UPDATE connections SET aliases = :aliases WHERE id = :id")
_RENAME = Statement("UPDATE connections SET display_name = :display_name WHERE id = :id")
_PAUSE = Statement("UPDATE connections SET status = 'paused' WHERE id = :id")
# A mailbox that was paused while Google refused it still needs its owner.
_RESUME = Statement(
    """UPDATE connections SET held_until = NULL, held_code = NULL, probes = 0,
    status = CASE WHEN status_code IS NULL THEN 'connected' ELSE 'needs_reconnect' END WHERE id = :id"""
)
_DISCONNECT = Statement(
    """UPDATE connections SET status = 'disconnected', status_code = NULL, held_until = NULL,
    held_code = NULL, credential_id = NULL, scopes = '', aliases = '' WHERE id = :id"""
)


class SqlConnectionStore:
    """Serves ``ConnectionStore``."""

    def __init__(self, database: Database, sealer: Sealer, pace: Pace | None = None) -> None:
        self._database = database
        self._sealer = sealer
        self._pace = pace or Pace()

    def get(self, tenant_id: str, connection_id: str) -> Connection:
        return to_connection(_found(self._database.find(_FIND, tenant_id=tenant_id, id=connection_id)))

    def of_tenant(self, tenant_id: str) -> list[Connection]:
        rows = self._database.read(lambda c: _OF_TENANT.all(c, tenant_id=tenant_id))
        return [to_connection(row) for row in rows]

    def addresses(self, tenant_id: str) -> dict[str, str]:
        rows = self._database.read(lambda c: _ADDRESSES.all(c, tenant_id=tenant_id))
        return {row.id: row.address for row in rows}

    def find(self, tenant_id: str, identity: Identity) -> Connection | None:
        row = self._database.read(lambda c: arrivals.known(c, tenant_id, identity))
        return None if row is None else to_connection(row)

    def is_connected(self, subject_id: str) -> bool:
        return self._database.find(_IN_USE, subject_id=subject_id) is not None

    def connect(
        self, tenant_id: str, identity: Identity, grant: Grant, at: datetime, locale: str | None = None
    ) -> Connection:
        credential = credentials.grant_row(self._sealer, tenant_id, grant, at)
        row = self._database.write(lambda c: arrivals.connect(c, tenant_id, identity, credential, locale))
        return to_connection(row)

    def add_login(
        self, tenant_id: str, mailbox: Mailbox, kind: WayKind, login: MailLogin, at: datetime
    ) -> Connection:
        credential = credentials.login_row(self._sealer, login, at)
        row = self._database.write(lambda c: arrivals.add_ways(c, tenant_id, mailbox, (kind,), credential))
        return to_connection(row)

    def route(self, tenant_id: str, connection_id: str) -> tuple[WayState, ...]:
        def run(connection: DatabaseConnection) -> tuple[WayState, ...]:
            _row(connection, tenant_id, connection_id)
            return ways.of(connection, connection_id)

        return self._database.read(run)

    def routes(self, tenant_id: str) -> dict[str, tuple[WayState, ...]]:
        return self._database.read(lambda c: ways.of_tenant(c, tenant_id))

    def usage(self, tenant_id: str, at: datetime) -> dict[str, Usage]:
        rows = self._database.read(lambda c: ledger.usage(c, tenant_id, to_ms(at)))
        return {
            row.id: Usage(row.sent, self._pace.day(AccountKind(row.account_kind)).messages or None)
            for row in rows
        }

    def reroute(
        self,
        tenant_id: str,
        connection_id: str,
        order: Sequence[Way],
        at: datetime,
        *,
        seen: Sequence[Way] | None = None,
    ) -> Connection:
        def change(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
            _refuse_disconnected(mailbox)
            routing.reroute(connection, mailbox, order, at_ms, seen)
            effects.tell(connection, mailbox, at_ms, "rerouted")

        return self._change(tenant_id, connection_id, at, change)

    def set_aliases(self, tenant_id: str, connection_id: str, aliases: frozenset[str]) -> Connection:
        def run(connection: DatabaseConnection) -> Row:
            _row(connection, tenant_id, connection_id)
            _ALIASES.run(connection, id=connection_id, aliases=" ".join(sorted(aliases)))
            return _row(connection, tenant_id, connection_id)

        return to_connection(self._database.write(run))

    def rename(self, tenant_id: str, connection_id: str, display_name: str | None) -> Connection:
        def run(connection: DatabaseConnection) -> Row:
            _row(connection, tenant_id, connection_id)
            _RENAME.run(connection, id=connection_id, display_name=display_name)
            return _row(connection, tenant_id, connection_id)

        return to_connection(self._database.write(run))

    def ways(self, tenant_id: str, connection_id: str) -> tuple[tuple[WayState, Kept], ...]:
        def run(connection: DatabaseConnection) -> tuple[tuple[WayState, Kept], ...]:
            _row(connection, tenant_id, connection_id)
            return ways.with_kept(connection, connection_id)

        return self._database.read(run)

    def default(self, tenant_id: str) -> Connection | None:
        row = self._database.read(lambda c: defaults.find(c, tenant_id))
        return None if row is None else to_connection(row)

    def make_default(self, tenant_id: str, connection_id: str) -> Connection:
        def run(connection: DatabaseConnection) -> Row:
            mailbox = _row(connection, tenant_id, connection_id)
            _refuse_disconnected(mailbox)
            defaults.choose(connection, mailbox)
            return mailbox

        return to_connection(self._database.write(run))

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

        return to_connection(self._database.write(run))


def _pause(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
    _refuse_disconnected(mailbox)
    if mailbox.status != ConnectionStatus.PAUSED:
        _PAUSE.run(connection, id=mailbox.id)
        effects.tell(connection, mailbox, at_ms, "paused")


def _resume(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
    _refuse_disconnected(mailbox)
    is_held = mailbox.held_until is not None
    if mailbox.status == ConnectionStatus.PAUSED or is_held:
        _RESUME.run(connection, id=mailbox.id)
        effects.tell(connection, mailbox, at_ms, "resumed")
        claiming.ring(connection)


def _disconnect(connection: DatabaseConnection, mailbox: Row, at_ms: int) -> None:
    delegates.take_off(connection, mailbox, at_ms)
    credentials.forget_all(connection, mailbox.id)
    ways.replace(connection, mailbox.id, ())
    if mailbox.status != ConnectionStatus.DISCONNECTED:
        incidents.end_all(connection, mailbox.id, at_ms)
        _DISCONNECT.run(connection, id=mailbox.id)
        effects.tell(connection, mailbox, at_ms, "disconnected")


def _refuse_disconnected(mailbox: Row) -> None:
    if mailbox.status == ConnectionStatus.DISCONNECTED:
        raise ConnectionDisconnectedError


def _row(connection: DatabaseConnection, tenant_id: str, connection_id: str) -> Row:
    return _found(_FIND.one(connection, tenant_id=tenant_id, id=connection_id))


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFoundError("connection")
    return row


def to_connection(row: Row) -> Connection:
    """A mailbox, of its row."""
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
        aliases=frozenset(row.aliases.split()),
        account_kind=AccountKind(row.account_kind),
        locale=row.locale,
    )
