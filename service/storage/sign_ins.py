"""``consent.ports.SignInStore``."""

from datetime import datetime

from sqlalchemy import Connection

from service.storage.access_tables import sign_ins
from service.storage.database import Database
from service.storage.instants import to_ms
from service.storage.statement import Statement, inserting

_ADD = inserting(sign_ins)
_FORGET_OLD = Statement("DELETE FROM sign_ins WHERE expires_at <= :now")
_TAKE = Statement(
    """DELETE FROM sign_ins WHERE state_hash = :state_hash AND session_id = :session_id
    AND expires_at > :now"""
)


class SqlSignInStore:
    """Serves ``SignInStore``; what has expired goes when something new comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_sign_in(self, state_hash: str, session_id: str, expires_at: datetime, at: datetime) -> None:
        row = {"state_hash": state_hash, "session_id": session_id, "expires_at": to_ms(expires_at)}

        def run(connection: Connection) -> None:
            _FORGET_OLD.run(connection, now=to_ms(at))
            _ADD.run(connection, **row)

        self._database.write(run)

    def take_sign_in(self, state_hash: str, session_id: str, now: datetime) -> bool:
        row = {"state_hash": state_hash, "session_id": session_id, "now": to_ms(now)}
        return bool(self._database.write(lambda c: _TAKE.run(c, **row)))
