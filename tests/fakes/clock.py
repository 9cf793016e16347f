"""A clock that tests move."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FakeClock:
    """Serves ``Clock``; stands still until it is moved."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant that was set."""
        return self._now

    def set(self, now: datetime) -> None:
        """Jump to an instant."""
        self._now = now

    def advance(self, seconds: float) -> datetime:
        """Let time pass; answers the new instant."""
        self._now += timedelta(seconds=seconds)
        return self._now
