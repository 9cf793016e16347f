"""Instants as the database keeps them: whole milliseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@overload
def to_ms(at: datetime) -> int: ...
@overload
def to_ms(at: None) -> None: ...
@overload
def to_ms(at: datetime | None) -> int | None: ...
def to_ms(at: datetime | None) -> int | None:
    """Whole milliseconds; the rest is cut off."""
    return None if at is None else (at - _EPOCH) // _MILLISECOND


@overload
def to_instant(ms: int) -> datetime: ...
@overload
def to_instant(ms: None) -> None: ...
@overload
def to_instant(ms: int | None) -> datetime | None: ...
def to_instant(ms: int | None) -> datetime | None:
    """The aware instant in UTC."""
    return None if ms is None else _EPOCH + timedelta(milliseconds=ms)
