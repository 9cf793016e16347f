"""``delegation.ports.DelegationStore``: set-ups, their sealed keys, and what a change of senders means."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, bindparam, select

from service.connections.delegation import Delegation, SenderChange, SenderCheck, ServiceKey
from service.connections.ports import Place, Sealer
from service.errors import NotFoundError, PreconditionFailedError
from service.storage import delegates, timeline
from service.storage.connections import to_connection
from service.storage.database import Database
from service.storage.delegation_tables import delegations as _table
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, inserting, selecting

_ADD = inserting(_table)
_FIND = selecting(_table, "WHERE tenant_id = :tenant_id AND id = :id")
# Two changes of one allow-list come one after the other.
_LOCK = Statement(
    select(_table)
    .where(_table.c.tenant_id == bindparam("tenant_id"), _table.c.id == bindparam("id"))
    .with_for_update()
)
_OF_TENANT = selecting(_table, "WHERE tenant_id = :tenant_id ORDER BY created_at, id")
_CHECKED = Statement("UPDATE delegations SET checked_at = :at, code = :code, checks = :checks WHERE id = :id")
_REMOVE = Statement("DELETE FROM delegations WHERE id = :id")


class SqlDelegationStore:
    """Serves ``DelegationStore``."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def add_delegation(
        self, delegation: Delegation, key: ServiceKey | None, at: datetime, actor: str
    ) -> SenderChange:
        sealed = None
        if key is not None:
            plain = key.private_key.get_secret_value().encode()
            sealed = self._sealer.seal(_place(delegation), plain)

        def run(connection: Connection) -> SenderChange:
            delegates.hold(connection, delegation.tenant_id, delegation.senders)
            _ADD.run(connection, **_new_row(delegation, sealed, at))
            _tell(connection, delegation, "created", at, actor)
            made = delegates.connect(connection, delegation, delegation.senders, at)
            return SenderChange(delegation, made=tuple(map(to_connection, made)))

        return self._database.write(run)

    def get_delegation(self, tenant_id: str, delegation_id: str) -> Delegation:
        return _delegation(self._row(tenant_id, delegation_id))

    def delegations(self, tenant_id: str) -> list[Delegation]:
        rows = self._database.read(lambda c: _OF_TENANT.all(c, tenant_id=tenant_id))
        return [_delegation(row) for row in rows]

    def open_key(self, delegation: Delegation) -> ServiceKey | None:
        row = self._row(delegation.tenant_id, delegation.id)
        if row.private_key is None:
            return None
        plain = self._sealer.open(_place(delegation), row.private_key).decode()
        return ServiceKey(row.key_id, SecretStr(plain))

    def set_senders(
        self,
        tenant_id: str,
        delegation_id: str,
        senders: frozenset[str],
        at: datetime,
        actor: str,
        *,
        seen: frozenset[str] | None = None,
    ) -> SenderChange:
        def change(connection: Connection, delegation: Delegation) -> SenderChange:
            if seen is not None and seen != delegation.senders:
                raise PreconditionFailedError
            delegates.set_list(connection, _locked(connection, tenant_id, delegation_id), senders)
            changed = _delegation(_locked(connection, tenant_id, delegation_id))
            return _exchange(connection, delegation, changed, at, actor)

        return self._change(tenant_id, delegation_id, change)

    def note_check(self, tenant_id: str, delegation_id: str, check: SenderCheck) -> Delegation:
        def change(connection: Connection, delegation: Delegation) -> SenderChange:
            others = (one for one in delegation.checks if one.sender != check.sender)
            kept = _written((*others, check) if delegation.allows(check.sender) else others)
            _CHECKED.run(connection, id=delegation.id, at=to_ms(check.at), code=check.code, checks=kept)
            return SenderChange(_delegation(_locked(connection, tenant_id, delegation_id)))

        return self._change(tenant_id, delegation_id, change).delegation

    def remove_delegation(self, tenant_id: str, delegation_id: str, at: datetime, actor: str) -> SenderChange:
        def change(connection: Connection, delegation: Delegation) -> SenderChange:
            delegates.hold(connection, tenant_id, delegation.senders)
            gone = delegates.active(connection, delegation, delegation.senders)
            removed = delegates.disconnect(connection, gone.values(), at)
            _REMOVE.run(connection, id=delegation.id)
            _tell(connection, delegation, "removed", at, actor)
            return SenderChange(delegation, removed=tuple(map(to_connection, removed)))

        return self._change(tenant_id, delegation_id, change)

    def _change(
        self, tenant_id: str, delegation_id: str, change: Callable[[Connection, Delegation], SenderChange]
    ) -> SenderChange:
        def run(connection: Connection) -> SenderChange:
            return change(connection, _delegation(_locked(connection, tenant_id, delegation_id)))

        return self._database.write(run)

    def _row(self, tenant_id: str, delegation_id: str) -> Row:
        row = self._database.find(_FIND, tenant_id=tenant_id, id=delegation_id)
        if row is None:
            raise NotFoundError("delegation")
        return row


def _locked(connection: Connection, tenant_id: str, delegation_id: str) -> Row:
    row = _LOCK.one(connection, tenant_id=tenant_id, id=delegation_id)
    if row is None:
        raise NotFoundError("delegation")
    return row


def _exchange(
    connection: Connection, before: Delegation, after: Delegation, at: datetime, actor: str
) -> SenderChange:
    """Disconnect who is no longer named, connect who is and was not."""
    delegates.hold(connection, before.tenant_id, before.senders | after.senders)
    current = delegates.active(connection, before, before.senders | after.senders)
    gone = [row for sender, row in current.items() if sender not in after.senders]
    removed = delegates.disconnect(connection, gone, at)
    made = delegates.connect(connection, after, after.senders - current.keys(), at)
    added = " ".join(sorted(after.senders - before.senders))
    dropped = " ".join(sorted(before.senders - after.senders))
    _tell(connection, after, "senders_changed", at, actor, added=added, removed=dropped)
    return SenderChange(after, tuple(map(to_connection, made)), tuple(map(to_connection, removed)))


def _tell(
    connection: Connection, delegation: Delegation, what: str, at: datetime, actor: str, **details: str
) -> None:
    facts = {"delegation": delegation.id, "account": delegation.account, "actor": actor, **details}
    row = timeline.event_row(f"delegation.{what}", to_ms(at), delegation.tenant_id, details=facts)
    timeline.add_event(connection, row)


def _place(delegation: Delegation) -> Place:
    return Place(delegation.tenant_id, "delegations", "private_key", delegation.id)


def _new_row(delegation: Delegation, sealed: bytes | None, at: datetime) -> dict[str, Any]:
    return {
        "id": delegation.id,
        "tenant_id": delegation.tenant_id,
        "account": delegation.account,
        "client_id": delegation.client_id,
        "key_id": delegation.key_id,
        "private_key": sealed,
        "senders": " ".join(sorted(delegation.senders)),
        "scopes": " ".join(sorted(delegation.scopes)),
        "created_at": to_ms(at),
        "checked_at": None,
        "code": None,
        "checks": None,
    }


def _written(checks: Iterable[SenderCheck]) -> str:
    return json.dumps({one.sender: (to_ms(one.at), one.code) for one in checks})


def _checks(written: str | None) -> tuple[SenderCheck, ...]:
    read = json.loads(written or "{}")
    return tuple(SenderCheck(sender, to_instant(at), code) for sender, (at, code) in sorted(read.items()))


def _delegation(row: Row) -> Delegation:
    return Delegation(
        id=row.id,
        tenant_id=row.tenant_id,
        account=row.account,
        client_id=row.client_id,
        key_id=row.key_id,
        senders=frozenset(row.senders.split()),
        scopes=frozenset(row.scopes.split()),
        created_at=to_instant(row.created_at),
        checked_at=to_instant(row.checked_at),
        code=row.code,
        checks=_checks(row.checks),
    )
