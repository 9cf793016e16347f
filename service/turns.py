"""Turns for the checks that a person waits for: they ask servers of others, which may take their time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from service.clock import Clock
from service.errors import ChecksBusyError
from service.identifiers import new_id

LONGEST = timedelta(minutes=3)  # of a check; a process that dies in one holds its tenant's turn so long


class TurnStore(Protocol):
    """Knows who has a turn, over all processes."""

    def take_turn(self, tenant_id: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take the tenant's one turn; ``False`` while another owner has it, at most until its time is up."""

    def end_turn(self, tenant_id: str, owner: str) -> None:
        """Give it back; nothing where it is another owner's by now."""


class Turns:
    """Keeps a few such checks from holding every thread of the process. Nobody waits for a turn.

    Args:
        limit: checks at the same time in this process.
        store: lets a tenant have one at a time, whichever process it asks.
    """

    def __init__(self, limit: int, store: TurnStore, clock: Clock) -> None:
        self._places = threading.BoundedSemaphore(limit)
        self._store = store
        self._clock = clock

    @contextmanager
    def of(self, tenant_id: str) -> Iterator[None]:
        """The tenant's turn, for as long as the check runs.

        Raises:
            ChecksBusyError: a check of the tenant is running, or as many as there may be.
            StorageError: the database cannot do its work.
        """
        if not self._places.acquire(blocking=False):
            raise ChecksBusyError
        try:
            with self._turn(tenant_id):
                yield
        finally:
            self._places.release()

    @contextmanager
    def _turn(self, tenant_id: str) -> Iterator[None]:
        owner, now = new_id("trn"), self._clock.now()
        if not self._store.take_turn(tenant_id, owner, now, now + LONGEST):
            raise ChecksBusyError
        try:
            yield
        finally:
            self._store.end_turn(tenant_id, owner)
