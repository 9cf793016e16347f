"""``access.ports.SessionStore``: browser sessions and login links, found by the hash of their secret."""

from datetime import datetime

from sqlalchemy import Connection

from service.access.session import Session
from service.storage.access_tables import login_links, sessions
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Statement, inserting

_ADD = inserting(sessions)
_FORGET_OLD = Statement("DELETE FROM sessions WHERE expires_at <= :now")
_FIND = Statement("SELECT * FROM sessions WHERE secret_hash = :secret_hash AND expires_at > :now")
_SET_LOCALE = Statement("UPDATE sessions SET locale = :locale WHERE id = :id")
_END = Statement("DELETE FROM sessions WHERE id = :id")
_ADD_LINK = inserting(login_links)
_FORGET_OLD_LINKS = Statement("DELETE FROM login_links WHERE expires_at <= :now")
_USE_LINK = Statement(
    "DELETE FROM login_links WHERE secret_hash = :secret_hash RETURNING tenant_id, expires_at"
)


class SqlSessionStore:
    """Serves ``SessionStore``; what has expired goes when something new comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: Session, secret_hash: str) -> None:
        def run(connection: Connection) -> None:
            _FORGET_OLD.run(connection, now=to_ms(session.created_at))
            _ADD.run(
                connection,
                id=session.id,
                secret_hash=secret_hash,
                tenant_id=session.tenant_id,
                created_at=to_ms(session.created_at),
                expires_at=to_ms(session.expires_at),
                locale=session.locale,
            )

        self._database.write(run)

    def find(self, secret_hash: str, now: datetime) -> Session | None:
        row = self._database.find(_FIND, secret_hash=secret_hash, now=to_ms(now))
        if row is None:
            return None
        return Session(
            row.id, row.tenant_id, to_instant(row.created_at), to_instant(row.expires_at), row.locale
        )

    def set_locale(self, session_id: str, locale: str) -> None:
        self._database.write(lambda c: _SET_LOCALE.run(c, id=session_id, locale=locale))

    def end(self, session_id: str) -> None:
        self._database.write(lambda c: _END.run(c, id=session_id))

    def add_login_link(self, tenant_id: str, secret_hash: str, expires_at: datetime, at: datetime) -> None:
        def run(connection: Connection) -> None:
            _FORGET_OLD_LINKS.run(connection, now=to_ms(at))
            _ADD_LINK.run(
                connection,
                secret_hash=secret_hash,
                tenant_id=tenant_id,
                created_at=to_ms(at),
                expires_at=to_ms(expires_at),
            )

        self._database.write(run)

    def use_login_link(self, secret_hash: str, now: datetime) -> str | None:
        # Deleting it is what makes it one-use: only one request gets the row back.
        row = self._database.write(lambda c: _USE_LINK.one(c, secret_hash=secret_hash))
        return row.tenant_id if row is not None and row.expires_at > to_ms(now) else None
