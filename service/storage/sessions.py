"""``access.ports.SessionStore``: browser sessions and one-time links, found by the hash of their secret."""

from datetime import datetime

from sqlalchemy import Connection

from service.access.member import Role
from service.access.session import Page, Session, SessionLink, Standing
from service.storage.access_tables import login_links, sessions
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.makers import KEY_HOLDS, MADE_BY_OPERATOR, MAKER_HOLDS
from service.storage.statement import Row, Statement, columns, inserting

_ADD = inserting(sessions)
_FORGET_OLD = Statement("DELETE FROM sessions WHERE expires_at <= :now")
_FIND = Statement(
    f"""SELECT {columns(sessions, "sessions")}, members.role AS role_now, members.address, {MADE_BY_OPERATOR}
    FROM sessions LEFT JOIN members ON members.id = sessions.member_id
    WHERE secret_hash = :secret_hash AND sessions.expires_at > :now AND {KEY_HOLDS} AND {MAKER_HOLDS}
        AND (sessions.member_id IS NULL OR members.id IS NOT NULL)"""  # noqa: S608, texts of ours
)
_SET_LOCALE = Statement("UPDATE sessions SET locale = :locale WHERE id = :id")
_SET_LOCALE_OF_ACCOUNT = Statement(
    """UPDATE members SET locale = :locale
    WHERE id = (SELECT member_id FROM sessions WHERE sessions.id = :id)"""
)
_END = Statement("DELETE FROM sessions WHERE id = :id")
_END_ALL = Statement(
    """DELETE FROM sessions WHERE member_id = :member_id OR member_id IN (
        SELECT other.id FROM members other JOIN members own ON own.subject_id = other.subject_id
        WHERE own.id = :member_id)"""
)
_ADD_LINK = inserting(login_links)
_FORGET_OLD_LINKS = Statement("DELETE FROM login_links WHERE expires_at <= :now")
_IS_LINK = f"secret_hash = :secret_hash AND expires_at > :now AND {KEY_HOLDS} AND {MAKER_HOLDS}"
_OF_LINK = f"{columns(login_links)}, {MADE_BY_OPERATOR}"
_FIND_LINK = Statement(f"SELECT {_OF_LINK} FROM login_links WHERE {_IS_LINK}")  # noqa: S608, texts of ours
# Deleting it is what makes it one-use: only one request gets the row back.
_USE_LINK = Statement(f"DELETE FROM login_links WHERE {_IS_LINK} RETURNING {_OF_LINK}")  # noqa: S608, texts of ours


class SqlSessionStore:
    """Serves ``SessionStore``; what has expired goes when something new comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: Session, secret_hash: str) -> None:
        row = {
            "id": session.id,
            "secret_hash": secret_hash,
            "created_at": to_ms(session.created_at),
            "expires_at": to_ms(session.expires_at),
            "locale": session.locale,
            **_columns(session.standing),
        }

        def run(connection: Connection) -> None:
            _FORGET_OLD.run(connection, now=to_ms(session.created_at))
            _ADD.run(connection, **row)

        self._database.write(run)

    def find(self, secret_hash: str, now: datetime) -> Session | None:
        row = self._database.find(_FIND, secret_hash=secret_hash, now=to_ms(now))
        if row is None:
            return None
        return Session(
            id=row.id,
            standing=_standing(row, row.role_now or row.role) if row.role else None,
            created_at=to_instant(row.created_at),
            expires_at=to_instant(row.expires_at),
            locale=row.locale,
            address=row.address,
            made_by_operator=row.made_by_operator,
        )

    def set_locale(self, session_id: str, locale: str) -> None:
        def run(connection: Connection) -> None:
            _SET_LOCALE.run(connection, id=session_id, locale=locale)
            _SET_LOCALE_OF_ACCOUNT.run(connection, id=session_id, locale=locale)

        self._database.write(run)

    def end(self, session_id: str) -> None:
        self._database.write(lambda c: _END.run(c, id=session_id))

    def end_all(self, member_id: str) -> None:
        self._database.write(lambda c: _END_ALL.run(c, member_id=member_id))

    def add_link(self, link: SessionLink, secret_hash: str, at: datetime) -> None:
        row = {
            "secret_hash": secret_hash,
            "created_at": to_ms(at),
            "expires_at": to_ms(link.expires_at),
            "locale": link.locale,
            **_columns(link.standing),
        }

        def run(connection: Connection) -> None:
            _FORGET_OLD_LINKS.run(connection, now=to_ms(at))
            _ADD_LINK.run(connection, **row)

        self._database.write(run)

    def find_link(self, secret_hash: str, now: datetime) -> SessionLink | None:
        row = self._database.read(lambda c: _FIND_LINK.one(c, secret_hash=secret_hash, now=to_ms(now)))
        return None if row is None else _link(row)

    def use_link(self, secret_hash: str, now: datetime) -> SessionLink | None:
        row = self._database.write(lambda c: _USE_LINK.one(c, secret_hash=secret_hash, now=to_ms(now)))
        return None if row is None else _link(row)


def _columns(standing: Standing | None) -> dict[str, str | None]:
    if standing is None:
        return dict.fromkeys(("tenant_id", "role", "member_id", "pages", "return_url", "key_id", "maker_id"))
    return {
        "tenant_id": standing.tenant_id,
        "role": standing.role.value,
        "member_id": standing.member_id,
        "pages": None if standing.pages is None else " ".join(sorted(standing.pages)),
        "return_url": standing.return_url,
        "key_id": standing.key_id,
        "maker_id": standing.maker_id,
    }


def _standing(row: Row, role: str) -> Standing:
    return Standing(
        role=Role(role),
        tenant_id=row.tenant_id,
        member_id=row.member_id,
        pages=None if row.pages is None else frozenset(Page(name) for name in row.pages.split()),
        return_url=row.return_url,
        key_id=row.key_id,
        maker_id=row.maker_id,
    )


def _link(row: Row) -> SessionLink:
    return SessionLink(_standing(row, row.role), to_instant(row.expires_at), row.locale, row.made_by_operator)
