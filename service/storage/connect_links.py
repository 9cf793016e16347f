"""``consent.ports.ConnectLinkStore``."""

from datetime import datetime

from sqlalchemy import Connection

from service.consent.ladder import Access
from service.consent.ports import ConnectLink
from service.storage.access_tables import connect_links
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.makers import KEY_HOLDS, MADE_BY_OPERATOR, MAKER_HOLDS
from service.storage.statement import Statement, columns, inserting

_ADD = inserting(connect_links)
_FORGET_OLD = Statement("DELETE FROM connect_links WHERE expires_at <= :now")
_IS_GOOD = f"used_at IS NULL AND expires_at > :now AND {KEY_HOLDS} AND {MAKER_HOLDS}"
_FIND = Statement(
    f"""SELECT {columns(connect_links)}, {MADE_BY_OPERATOR} FROM connect_links
    WHERE secret_hash = :secret_hash AND {_IS_GOOD}"""  # noqa: S608, texts of ours
)
_USE = Statement(
    f"UPDATE connect_links SET used_at = :now WHERE id = :id AND {_IS_GOOD} RETURNING {MADE_BY_OPERATOR}"  # noqa: S608, texts of ours
)


class SqlConnectLinkStore:
    """Serves ``ConnectLinkStore``; what has expired goes when something new comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_connect_link(self, link: ConnectLink, secret_hash: str, at: datetime) -> None:
        row = {
            "id": link.id,
            "tenant_id": link.tenant_id,
            "secret_hash": secret_hash,
            "purpose": link.purpose,
            "expected_address": link.expected_address,
            "connection_id": link.connection_id,
            "return_url": link.return_url,
            "locale": link.locale,
            "created_at": to_ms(at),
            "expires_at": to_ms(link.expires_at),
            "used_at": None,
            "access": " ".join(link.access),
            "key_id": link.key_id,
            "maker_id": link.maker_id,
        }

        def run(connection: Connection) -> None:
            _FORGET_OLD.run(connection, now=to_ms(at))
            _ADD.run(connection, **row)

        self._database.write(run)

    def find_connect_link(self, secret_hash: str, now: datetime) -> ConnectLink | None:
        row = self._database.find(_FIND, secret_hash=secret_hash, now=to_ms(now))
        if row is None:
            return None
        return ConnectLink(
            id=row.id,
            tenant_id=row.tenant_id,
            purpose=row.purpose,
            expires_at=to_instant(row.expires_at),
            expected_address=row.expected_address,
            connection_id=row.connection_id,
            return_url=row.return_url,
            locale=row.locale,
            access=tuple(Access(name) for name in row.access.split()),
            key_id=row.key_id,
            maker_id=row.maker_id,
            made_by_operator=row.made_by_operator,
        )


def use_up(connection: Connection, link_id: str, now_ms: int, operators: frozenset[str]) -> bool:
    """Whether the link was still good, with these operators; it is not any more."""
    used = _USE.one(connection, id=link_id, now=now_ms)
    return used is not None and used.made_by_operator in {None, *operators}
