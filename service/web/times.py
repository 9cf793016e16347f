"""Times and days as people read them: in the one zone of this installation, whoever's browser it is.

A list is filtered by days, and a day has to mean the same for all who look at the same list, with and
without a script.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from flask_babel import get_locale

# ``11/12/2026`` is two days, and whose English a reader has is not known: the month is a word.
_ENGLISH = Locale("en", "GB")


class Times:
    """Writes instants in the zone of the installation, in the language of the page."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def instant(self, at: datetime) -> str:
        """To the minute: ``23.11.2026, 10:00`` or ``23 Nov 2026, 10:00``."""
        return self._at(at, "short")

    def exact(self, at: datetime) -> str:
        """To the second: ``23.11.2026, 10:00:00`` or ``23 Nov 2026, 10:00:00``."""
        return self._at(at, "medium")

    def in_full(self, at: datetime) -> str:
        """``Montag, 23. November 2026, 10:00:00 Mitteleuropäische Normalzeit``."""
        return format_datetime(at.astimezone(self.zone), "full", locale=_locale())

    def day(self, at: datetime) -> str:
        """``23. November 2026`` or ``23 November 2026``."""
        return format_date(at.astimezone(self.zone).date(), "long", locale=_locale())

    def begin_of(self, day: date) -> datetime:
        """When a day begins, in UTC; the next one may begin 23, 24 or 25 hours later.

        Raises:
            OverflowError: it lies at the very end of what a date can be.
        """
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _at(self, at: datetime, precision: str) -> str:
        here, locale = at.astimezone(self.zone), _locale()
        return f"{format_date(here, 'medium', locale)}, {format_time(here, precision, locale=locale)}"


def _locale() -> Locale:
    locale = get_locale()
    return _ENGLISH if locale is None or locale.language == "en" else locale
