"""Turns for the checks that a person waits for: they ask servers of others, which may take their time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import ChecksBusyError


class Turns:
    """Keeps a few such checks from holding every thread of the process. Nobody waits for a turn.

    Args:
        limit: checks at the same time in this process, each of another tenant.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._guard = threading.Lock()
        self._taken: set[str] = set()

    @contextmanager
    def of(self, tenant_id: str) -> Iterator[None]:
        """The tenant's turn, for as long as the check runs.

        Raises:
            ChecksBusyError: a check of the tenant is running, or as many as there may be.
        """
        with self._guard:
            if tenant_id in self._taken or len(self._taken) >= self._limit:
                raise ChecksBusyError
            self._taken.add(tenant_id)
        try:
            yield
        finally:
            with self._guard:
                self._taken.remove(tenant_id)
