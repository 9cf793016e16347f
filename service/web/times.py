"""Times and days as people read them: in the one zone of this installation, whoever's browser it is.

A list is filtered by days, and a day has to mean the same for all who look at the same list, with and
without a script.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from flask_babel import format_date, format_datetime


class Times:
    """Writes instants in the zone of the installation, in the language of the page."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def instant(self, at: datetime) -> str:
        """``23.11.2026, 10:00:00``."""
        return str(format_datetime(at.astimezone(self.zone), "medium", rebase=False))

    def in_full(self, at: datetime) -> str:
        """``Montag, 23. November 2026, 10:00:00 Mitteleuropäische Normalzeit``."""
        return str(format_datetime(at.astimezone(self.zone), "full", rebase=False))

    def day(self, at: datetime) -> str:
        """``23. November 2026``."""
        return str(format_date(at.astimezone(self.zone).date(), "long", rebase=False))

    def begin_of(self, day: date) -> datetime:
        """When a day begins, in UTC; the next one may begin 23, 24 or 25 hours later.

        Raises:
            OverflowError: it lies at the very end of what a date can be.
        """
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
