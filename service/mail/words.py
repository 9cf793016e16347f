"""Field values in ASCII, folded: words as they are, anything else as encoded-words (RFC 2047)."""

import re
from collections.abc import Callable, Iterator
from email import base64mime, quoprimime
from functools import lru_cache

from service.mail.address import Address

FOLD = "\r\n "
LINE_CHARACTERS = 78  # RFC 5322 §2.1.1
# Leaves room for the leading blank and a field name within the 998 characters of RFC 5322 §2.1.1.
_LONGEST_WORD = 900
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_BARE_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_NAME = 60
_ENCODED_WORD = 75  # RFC 2047 §2, with its charset and delimiters
_FRAME = len("=?utf-8?b??=")
_SMALLEST_ROOM = 24


def fold_text(field: str, value: str) -> str:
    """An unstructured value after ``field``: plain where it can be, else encoded-words.

    A text that looks like an encoded-word is encoded once more, so that it arrives as that very text.
    """
    if not value or (is_plain(value) and len(field) + 2 + len(value) <= LINE_CHARACTERS):
        return value
    if is_plain(value) and all(len(word) <= _LONGEST_WORD for word in value.split(" ")):
        return _fold_words(field, value)
    return FOLD.join(encoded_words(value, len(field) + 2))


def fold_addresses(field: str, addresses: tuple[Address, ...]) -> str:
    """An address list (RFC 5322 §3.4) after ``field``, one address a line where it gets long."""
    lines = [""]
    column = len(field) + 2
    for position, address in enumerate(addresses):
        comma = "," if position + 1 < len(addresses) else ""
        # Only the first shares its line with the field's name; the others are not split without need.
        for token in [*_phrase(address.name, 1 if position else column), _angle(address) + comma]:
            if lines[-1] and column + 1 + len(token) > LINE_CHARACTERS:
                lines.append(token)
                column = 1 + len(token)
            else:
                lines[-1] += (" " if lines[-1] else "") + token
                column += 1 + len(token)
    return FOLD.join(lines)


def is_plain(value: str) -> bool:
    """Whether a value can stand as it is: ASCII words with single blanks, nothing like an encoded-word."""
    return "=?" not in value and _PLAIN.fullmatch(value) is not None


def encoded_words(text: str, column: int) -> Iterator[str]:
    """Encoded-words that make ``text``, the first one beginning at ``column``, the others on own lines."""
    octets = text.encode()
    room = max(LINE_CHARACTERS - 2 - column, _SMALLEST_ROOM)
    rooms = (room - _FRAME, _ENCODED_WORD - _FRAME)
    cost: Callable[[str], int] = _quoted_length
    encode = quoprimime.header_encode
    if quoprimime.header_length(octets) > base64mime.header_length(octets):
        rooms = (rooms[0] // 4 * 3, rooms[1] // 4 * 3)
        cost = _octets
        encode = base64mime.header_encode
    for piece in split_text(text, cost, *rooms):
        yield encode(piece.encode(), "utf-8")


def split_text(text: str, cost: Callable[[str], int], first_room: int, room: int) -> Iterator[str]:
    """Pieces of whole characters whose costs fill their room, the first of which may be smaller."""
    start, used, left = 0, 0, first_room
    for position, character in enumerate(text):
        needed = cost(character)
        if used + needed > left and position > start:
            yield text[start:position]
            start, used, left = position, 0, room
        used += needed
    yield text[start:]


@lru_cache(maxsize=4096)
def _quoted_length(character: str) -> int:
    return quoprimime.header_length(character.encode())


def _octets(character: str) -> int:
    return len(character.encode())


def _phrase(name: str, column: int) -> Iterator[str]:
    if not name:
        return
    if len(name) > _LONGEST_NAME or not is_plain(name):
        yield from encoded_words(name, column)
    elif _BARE_PHRASE.fullmatch(name):
        yield name
    else:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        yield f'"{escaped}"'


def _angle(address: Address) -> str:
    return f"<{address.spec}>" if address.name else address.spec


def _fold_words(field: str, value: str) -> str:
    lines = []
    line = field + ": "
    blank = ""
    for word in value.split(" "):
        if blank and len(line) + 1 + len(word) > LINE_CHARACTERS:
            lines.append(line)
            line = " " + word
        else:
            line += blank + word
        blank = " "
    lines.append(line)
    return "\r\n".join(lines)[len(field) + 2 :]
