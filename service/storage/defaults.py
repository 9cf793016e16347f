"""Which mailbox of a tenant sends where none is named."""

from sqlalchemy import Connection

from service.storage.statement import Row, Statement, columns
from service.storage.tables import connections

_FIND = Statement(
    f"""SELECT {columns(connections, "c")} FROM tenants AS t
    JOIN connections AS c ON c.id = t.default_connection_id
    WHERE t.id = :tenant_id AND c.tenant_id = t.id AND c.status <> 'disconnected'"""  # noqa: S608, names of ours
)
_CHOOSE = "UPDATE tenants SET default_connection_id = :id WHERE id = :tenant_id"
_SET = Statement(_CHOOSE)
_SET_FIRST = Statement(
    f"""{_CHOOSE} AND NOT EXISTS (SELECT 1 FROM connections
    WHERE connections.id = tenants.default_connection_id AND status <> 'disconnected')"""  # noqa: S608, no value in it
)


def find(connection: Connection, tenant_id: str) -> Row | None:
    """The row of the default; one that was disconnected is none."""
    return _FIND.one(connection, tenant_id=tenant_id)


def choose(connection: Connection, mailbox: Row) -> None:
    """From now on this one."""
    _SET.run(connection, tenant_id=mailbox.tenant_id, id=mailbox.id)


def offer(connection: Connection, mailbox: Row) -> None:
    """This one, where there is none: a tenant's first mailbox."""
    _SET_FIRST.run(connection, tenant_id=mailbox.tenant_id, id=mailbox.id)
