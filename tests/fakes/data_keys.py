"""Data keys in memory, the fake of connections.ports.DataKeyStore."""

import threading


class MemoryDataKeys:
    """Keeps wrapped data keys in a dictionary."""

    def __init__(self) -> None:
        self.wrapped: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def find_data_key(self, tenant_id: str) -> bytes | None:
        """See the port."""
        return self.wrapped.get(tenant_id)

    def add_data_key(self, tenant_id: str, wrapped: bytes) -> bytes:
        """See the port."""
        with self._lock:
            return self.wrapped.setdefault(tenant_id, wrapped)

    def data_keys(self) -> list[tuple[str, bytes]]:
        """See the port."""
        return list(self.wrapped.items())

    def replace_data_key(self, tenant_id: str, old: bytes, new: bytes) -> bool:
        """See the port."""
        with self._lock:
            if self.wrapped.get(tenant_id) != old:
                return False
            self.wrapped[tenant_id] = new
            return True
