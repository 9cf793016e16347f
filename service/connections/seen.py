"""Mailboxes as they were last seen: most posts need no other look than that of whoever keeps the message."""

from service.connections.connection import Connection
from service.connections.ports import ConnectionStore

_MOST = 10_000


class SeenConnections:
    """Remembers mailboxes by tenant and id. It hears of no change: who uses what it says has to prove it."""

    def __init__(self, connections: ConnectionStore) -> None:
        self._connections = connections
        self._seen: dict[tuple[str, str], Connection] = {}

    def get(self, tenant_id: str, connection_id: str) -> Connection:
        """The mailbox as it was last seen. Raises as ``look``."""
        return self._seen.get((tenant_id, connection_id)) or self.look(tenant_id, connection_id)

    def look(self, tenant_id: str, connection_id: str) -> Connection:
        """The mailbox as it is now.

        Raises:
            NotFoundError: the tenant has no such mailbox.
        """
        connection = self._connections.get(tenant_id, connection_id)
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[tenant_id, connection_id] = connection
        return connection
