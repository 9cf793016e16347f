"""``access.ports.MemberStore``."""

from datetime import datetime

from sqlalchemy import Connection

from service.access.member import Member, Role
from service.errors import LastAdminError, MemberExistsError, NotFoundError
from service.storage.access_tables import members
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement, inserting, selecting

_ADD = inserting(members, "ON CONFLICT DO NOTHING")
_GET = selecting(members, "WHERE tenant_id = :tenant_id AND id = :id")
_OF_TENANT = selecting(members, "WHERE tenant_id = :tenant_id ORDER BY address")
_OPERATORS = selecting(members, "WHERE tenant_id IS NULL ORDER BY address")
_OPERATOR = selecting(members, "WHERE tenant_id IS NULL AND address = :address")
_OF_PERSON = selecting(
    members, "WHERE subject_id = :subject_id OR address = :address ORDER BY created_at, id"
)
_OF_SAME_PERSON = selecting(
    members,
    """WHERE id = :id OR subject_id = (SELECT subject_id FROM members WHERE id = :id)
    ORDER BY created_at, id""",
)
_NOTE_SIGN_IN = Statement(
    """UPDATE members SET subject_id = :subject_id, last_seen_at = :at
    WHERE id = :id AND (subject_id IS NULL OR subject_id = :subject_id)"""
)
# An update of the tenant's row makes those who remove its admins wait for one another, on either engine.
_LOCK_TENANT = Statement("UPDATE tenants SET name = name WHERE id = :tenant_id")
_OTHER_ADMIN = Statement(
    "SELECT id FROM members WHERE tenant_id = :tenant_id AND role = 'admin' AND id <> :id LIMIT 1"
)
_SET_ROLE = Statement("UPDATE members SET role = :role WHERE id = :id")
_REMOVE = Statement("DELETE FROM members WHERE id = :id")
_END_SESSIONS = Statement("DELETE FROM sessions WHERE member_id = :id")


class SqlMemberStore:
    """Serves ``MemberStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, member: Member) -> None:
        row = {
            "id": member.id,
            "tenant_id": member.tenant_id,
            "address": member.address,
            "role": member.role.value,
            "subject_id": member.subject_id,
            "locale": member.locale,
            "created_at": to_ms(member.created_at),
            "last_seen_at": to_ms(member.last_seen_at),
        }
        if not self._database.write(lambda c: _ADD.run(c, **row)):
            raise MemberExistsError

    def of_tenant(self, tenant_id: str) -> list[Member]:
        return [_member(row) for row in self._database.read(lambda c: _OF_TENANT.all(c, tenant_id=tenant_id))]

    def operators(self) -> list[Member]:
        return [_member(row) for row in self._database.read(_OPERATORS.all)]

    def of_person(self, subject_id: str, address: str) -> list[Member]:
        rows = self._database.read(lambda c: _OF_PERSON.all(c, subject_id=subject_id, address=address))
        return [_member(row) for row in rows]

    def of_same_person(self, member_id: str) -> list[Member]:
        return [_member(row) for row in self._database.read(lambda c: _OF_SAME_PERSON.all(c, id=member_id))]

    def note_sign_in(self, member_id: str, subject_id: str, at: datetime) -> bool:
        row = {"id": member_id, "subject_id": subject_id, "at": to_ms(at)}
        return bool(self._database.write(lambda c: _NOTE_SIGN_IN.run(c, **row)))

    def change_role(self, tenant_id: str, member_id: str, role: Role) -> Member:
        def run(connection: Connection) -> Member:
            _check_admins(connection, _lock(connection, tenant_id, member_id), role)
            _SET_ROLE.run(connection, id=member_id, role=role.value)
            return _get(connection, tenant_id, member_id)

        return self._database.write(run)

    def remove(self, tenant_id: str, member_id: str) -> None:
        def run(connection: Connection) -> None:
            _check_admins(connection, _lock(connection, tenant_id, member_id), None)
            _remove(connection, member_id)

        self._database.write(run)

    def remove_operator(self, address: str) -> None:
        def run(connection: Connection) -> None:
            row = _OPERATOR.one(connection, address=address)
            if row is None:
                raise NotFoundError("operator")
            _remove(connection, row.id)

        self._database.write(run)


def _remove(connection: Connection, member_id: str) -> None:
    for change in (_END_SESSIONS, _REMOVE):
        change.run(connection, id=member_id)


def _lock(connection: Connection, tenant_id: str, member_id: str) -> Member:
    _LOCK_TENANT.run(connection, tenant_id=tenant_id)
    return _get(connection, tenant_id, member_id)


def _check_admins(connection: Connection, member: Member, role: Role | None) -> None:
    """Refuse what would leave the tenant without an admin: the member gets this role, or goes."""
    if member.role is not Role.ADMIN or role is Role.ADMIN:
        return
    if _OTHER_ADMIN.one(connection, tenant_id=member.tenant_id, id=member.id) is None:
        raise LastAdminError


def _get(connection: Connection, tenant_id: str, member_id: str) -> Member:
    row = _GET.one(connection, tenant_id=tenant_id, id=member_id)
    if row is None:
        raise NotFoundError("member")
    return _member(row)


def _member(row: Row) -> Member:
    return Member(
        id=row.id,
        tenant_id=row.tenant_id,
        address=row.address,
        role=Role(row.role),
        created_at=to_instant(row.created_at),
        subject_id=row.subject_id,
        locale=row.locale,
        last_seen_at=to_instant(row.last_seen_at),
    )
