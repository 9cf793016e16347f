"""``connections.ports.MailLoginStore``: opened logins at mail servers."""

import json
from functools import lru_cache

from pydantic import SecretStr

from service.connections.credential import MailLogin, MailServer
from service.connections.ports import Sealer
from service.errors import NotFoundError
from service.storage import credentials
from service.storage.database import Database
from service.storage.statement import Row, Statement

_FIND = Statement(
    """SELECT id, tenant_id, connection_id, facts, secret FROM credentials
    WHERE id = :id AND kind = 'login' AND status IN ('active', 'revoked')"""
)


class SqlMailLoginStore:
    """Serves ``MailLoginStore``."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def get_login(self, credential_id: str) -> MailLogin:
        row = self._database.find(_FIND, id=credential_id)
        if row is None:
            raise NotFoundError("login")
        server, user = _server_and_user(row.facts)
        return MailLogin(
            id=row.id,
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            server=server,
            user=user,
            password=self._password(row),
        )

    def _password(self, row: Row) -> SecretStr | None:
        if row.secret is None:
            return None
        place = credentials.place(row.tenant_id, "secret", row.id)
        return SecretStr(self._sealer.open(place, row.secret).decode())


@lru_cache(maxsize=256)
def _server_and_user(facts: str) -> tuple[MailServer, str | None]:
    """What is no secret of a login is read out of its text once."""
    read = json.loads(facts)
    return credentials.server_of(read), read["user"]
