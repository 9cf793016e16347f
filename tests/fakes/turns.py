"""Turns as tests want them: without a database."""

from datetime import datetime

from service.turns import Turns
from tests.fakes.clock import FakeClock


class FakeTurnStore:
    """Serves ``TurnStore`` from memory."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[str, datetime]] = {}

    def take_turn(self, tenant_id: str, owner: str, now: datetime, until: datetime) -> bool:
        """As the store does."""
        _, taken_until = self._taken.get(tenant_id, ("", now))
        if taken_until > now:
            return False
        self._taken[tenant_id] = (owner, until)
        return True

    def end_turn(self, tenant_id: str, owner: str) -> None:
        """Only the own one."""
        if self._taken.get(tenant_id, ("", None))[0] == owner:
            del self._taken[tenant_id]


def make_turns(limit: int, store: FakeTurnStore | None = None, clock: FakeClock | None = None) -> Turns:
    """The turns of one process; those of several share a store."""
    return Turns(limit, store or FakeTurnStore(), clock or FakeClock())
