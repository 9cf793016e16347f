"""JSON, read strictly (RFC 8259): what two readers could understand differently is refused."""

import json
import re
from binascii import Error as Base64Error
from collections import deque
from collections.abc import Callable
from typing import Any

import pybase64

from service.api.faults import InvalidJsonError

MAX_DEPTH = 32
MAX_ITEMS = 10_000
MAX_DIGITS = 18  # of a whole number, so that it fits in 64 bits
LONG = 4096  # from so many characters on, base64 is taken out before the rest is read

# A string that never ends is taken as one too, so that each character is looked at once.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_AFTER_VALUE = re.compile(rb"[ \t\r\n]*[,}\]]")
_MARK = b"NaN"  # is no JSON; a body that brings one of its own has one too many, and is refused


def parse_object(body: bytes) -> dict[str, Any]:
    """The one object that a body is.

    Raises:
        InvalidJsonError: not UTF-8 or with a byte order mark, no object, duplicate names, NaN or Infinity,
            deeper than 32, more than 10,000 items, huge numbers, or more bytes behind.
    """
    rest, lifted = _lift(body)
    del body  # a body can be large: at no time it is held more often than needed
    _check_items(rest)
    try:
        value = _decoder(lifted).decode(rest.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError from error
    if not isinstance(value, dict):
        raise InvalidJsonError
    _check_depth(value)
    return value


def _lift(body: bytes) -> tuple[bytes, deque[str]]:
    """Take the attachments out: what is left, with a mark for each, and their base64 in order.

    The decoder looks at each character of a string, here is leapt from quote to quote; of 100 kB that is
    a fifth of the time. Only what is base64 from end to end is taken, for it means nothing but itself.
    """
    left: list[bytes | memoryview] = []
    lifted: deque[str] = deque()
    view = memoryview(body)
    copied, start = 0, body.find(b'"') if len(body) > LONG else -1
    for _ in range(MAX_ITEMS):
        if start < 0:
            break
        end = body.find(b'"', start + 1)
        if end - start > LONG and _AFTER_VALUE.match(body, end + 1) and _is_base64(view[start + 1 : end]):
            left += view[copied:start], _MARK
            lifted.append(str(view[start + 1 : end], "ascii"))
            copied = end + 1
        else:
            end = _STRING.match(body, start).end() - 1  # type: ignore[union-attr]  # a quote begins one
        start = body.find(b'"', end + 1)
    return (b"".join([*left, view[copied:]]), lifted) if lifted else (body, lifted)


def _is_base64(content: memoryview) -> bool:
    try:
        pybase64.b64decode(content, validate=True)
    except Base64Error:
        return False
    return True


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


def _decoder(lifted: deque[str]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_putting_back(lifted),
    )


def _putting_back(lifted: deque[str]) -> Callable[[str], str]:
    def put_back(_constant: str) -> str:
        if not lifted:
            raise InvalidJsonError
        return lifted.popleft()

    return put_back
