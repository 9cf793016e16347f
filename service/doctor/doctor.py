"""The rows of a page: the operator's part is remembered for a little while."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from service.access.ports import ApiKeyStore
from service.clock import Clock
from service.connections.connection import Connection
from service.doctor.finding import Finding, in_order
from service.doctor.ports import Installation, WorkerStore
from service.doctor.server import examine_server, examine_work
from service.doctor.tenant import examine_tenant
from service.settings import Settings

REMEMBERED = timedelta(seconds=15)


class Doctor:
    """Examines a running installation for a signed-in browser; it never leaves the machine."""

    def __init__(
        self,
        *,
        settings: Settings,
        installation: Installation,
        workers: WorkerStore,
        keys: ApiKeyStore,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._installation = installation
        self._workers = workers
        self._keys = keys
        self._clock = clock
        self._known: tuple[datetime, list[Finding]] | None = None
        self._lock = threading.Lock()

    def of_server(self) -> list[Finding]:
        """The operator's rows, at most ``REMEMBERED`` old."""
        now = self._clock.now()
        with self._lock:
            if self._known is None or not timedelta(0) <= now - self._known[0] < REMEMBERED:
                found = examine_server(self._settings, self._installation)
                self._known = (now, in_order([*found, *examine_work(self._workers, self._clock)]))
            return self._known[1]

    def of_tenant(self, tenant_id: str, connections: Sequence[Connection]) -> list[Finding]:
        """The rows of a company with these connections."""
        return examine_tenant(connections, self._keys.of_tenant(tenant_id), self._clock.now())
