"""JSON, read strictly (RFC 8259): what two readers could understand differently is refused."""

import json
import re
from typing import Any, NoReturn

from service.api.faults import InvalidJsonError

MAX_DEPTH = 32
MAX_ITEMS = 10_000
MAX_DIGITS = 18  # of a whole number, so that it fits in 64 bits

# A string that never ends is taken as one too, so that each character is looked at once.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


def parse_object(body: bytes) -> dict[str, Any]:
    """The one object that a body is.

    Raises:
        InvalidJsonError: not UTF-8 or with a byte order mark, no object, duplicate names, NaN or Infinity,
            deeper than 32, more than 10,000 items, huge numbers, or more bytes behind.
    """
    _check_items(body)
    try:
        text = body.decode()
        del body  # a body can be large: at no time it is held more often than needed
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError from error
    if not isinstance(value, dict):
        raise InvalidJsonError
    _check_depth(value)
    return value


def _check_items(body: bytes) -> None:
    """Before anything is built of it: a few MB of empty objects would fill the memory.

    Items are told by their commas; without commas there is at most one a level, and levels are few.
    """
    if _has_more(body, MAX_ITEMS) and _has_more(_STRING.sub(b"", body), MAX_ITEMS):
        raise InvalidJsonError


def _has_more(body: bytes, commas: int) -> bool:
    # find() leaps over long strings; count() looks at each byte of them and takes five times as long.
    position = -1
    for _ in range(commas + 1):
        position = body.find(b",", position + 1)
        if position < 0:
            return False
    return True


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (
                parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ()
            )
        ]
        if not level:
            return
    if any(isinstance(child, dict | list) for child in level):
        raise InvalidJsonError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJsonError
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidJsonError
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if number - number != 0:  # Infinity, from digits such as 1e999
        raise InvalidJsonError
    return number


def _refuse(_constant: str) -> NoReturn:
    raise InvalidJsonError


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_refuse
)
