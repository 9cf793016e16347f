"""Points in time as callers write them (RFC 3339)."""

import re
from datetime import UTC, datetime

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


class TimeError(ValueError):
    """Why a text is no point in time; ``args[0]`` is a sentence without the text itself."""

    code = "invalid-time"


def parse_time(text: str) -> datetime:
    """An instant in UTC.

    Raises:
        TimeError: it is no RFC 3339 time with its zone, or there is no such day.
    """
    if not _RFC_3339.fullmatch(text):
        raise TimeError("A time reads 2026-11-23T09:00:00Z, with its zone.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TimeError("There is no such point in time.") from None
