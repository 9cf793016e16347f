"""JSON, read strictly (RFC 8259): what two readers could understand differently is refused.

The base64 of long attachments is decoded on the way, straight from the body: no string is ever made of it.
"""

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
LONG = 4096  # from so many characters on, an attachment is taken out before the rest is read

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# From between two strings to behind the next comma that stands in none.
_TO_COMMA = re.compile(rb'[^",]*+(?:' + _STRING + rb'[^",]*+)*+,', re.DOTALL)
# From between two strings to behind the quote that begins the next value of ``content``; not over too many.
_CONTENT = rb'"content"[ \t\r\n]*:[ \t\r\n]*"'
_TO_CONTENT = re.compile(
    rb'[^"]*+(?:(?!' + _CONTENT + rb")" + _STRING + rb'[^"]*+){0,30000}+' + _CONTENT, re.DOTALL
)
_AFTER_VALUE = re.compile(rb"[ \t\r\n]*[,}]")
_MARK = b"NaN"  # is no JSON; a body that brings one of its own has one too many, and is refused


def parse_object(body: bytes) -> dict[str, Any]:
    """The one object that a body is; ``content`` beside ``filename`` can be the bytes that its base64 means.

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


def _lift(body: bytes) -> tuple[bytes, deque[bytes]]:
    """Take the attachments out: what is left, with a mark for each, and their bytes in order.

    The decoder looks at each character of a string, here one leap goes to its end; of 100 kB that is a
    fifth of the time. Only what is base64 from end to end is taken, for it means nothing but itself.
    """
    left: list[bytes | memoryview] = []
    lifted: deque[bytes] = deque()
    view = memoryview(body)
    copied, position = 0, 0
    for _ in range(MAX_ITEMS):
        found = _TO_CONTENT.match(body, position) if len(body) - position > LONG else None
        if found is None:
            break
        start = found.end()
        end = body.find(b'"', start)
        content = _content(view, start, end) if end - start > LONG else None
        if content:
            left += view[copied : start - 1], _MARK
            lifted.append(content)
            copied = position = end + 1
        else:
            position = start - 1  # it is a string like any other
    return (b"".join([*left, view[copied:]]), lifted) if lifted else (body, lifted)


def _content(view: memoryview, start: int, end: int) -> bytes | None:
    """What the base64 between these quotes means, if it is a whole value."""
    if not _AFTER_VALUE.match(view, end + 1):
        return None
    written = view[start:end]
    # PHP writes a backslash before each slash.
    return _decoded(written) or _decoded(bytes(written).replace(rb"\/", b"/"))


def _decoded(written: bytes | memoryview) -> bytes | None:
    try:
        content: bytes = pybase64.b64decode(written, validate=True)
    except Base64Error:
        return None
    return content


def _check_items(body: bytes) -> None:
    """Before anything is built of it: a few MB of empty objects would fill the memory.

    Items are told by their commas; without commas there is at most one a level, and levels are few.
    """
    if not _has_commas(body, MAX_ITEMS + 1):
        return
    position = 0
    for _ in range(MAX_ITEMS + 1):
        found = _TO_COMMA.match(body, position)
        if found is None:
            return
        position = found.end()
    raise InvalidJsonError


def _has_commas(body: bytes, count: int) -> bool:
    # find() leaps over long strings; count() looks at each byte of them and takes five times as long.
    position = -1
    for _ in range(count):
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
    content = members.get("content")
    if isinstance(content, bytes) and "filename" not in members:  # no file: what was written shall be judged
        members["content"] = pybase64.b64encode(content).decode()
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


def _decoder(lifted: deque[bytes]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_putting_back(lifted),
    )


def _putting_back(lifted: deque[bytes]) -> Callable[[str], bytes]:
    def put_back(_constant: str) -> bytes:
        if not lifted:
            raise InvalidJsonError
        return lifted.popleft()

    return put_back
