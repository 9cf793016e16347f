"""Names of rows: a prefix that says what the row is, then 26 characters that sort by time; and versions."""

import hashlib
import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_RANDOM_BITS = 80
_STEP = 2**64 - 1  # too far to guess the next one, too near to run ahead of the clock
_LENGTH = 26  # 48 bits of milliseconds and 80 random bits, five bits a character


class _Sequence:
    """Numbers that only grow, whatever the clock does."""

    def __init__(self) -> None:
        self._last = 0
        self._in_turn = threading.Lock()

    def next(self) -> int:
        chance = secrets.randbits(_RANDOM_BITS)
        fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | chance
        with self._in_turn:
            self._last = max(fresh, self._last + 1 + (chance & _STEP))
            return self._last


_sequence = _Sequence()


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``msg_01k9rbq4fv0c5x2y7t8w3z6n1d``.

    Those of one process sort in the order in which they were made, within a millisecond too; those of several
    processes sort by their millisecond. So a list can be paged by id, and mail leaves in the order it came.
    Source: the ULID specification (48 bits of Unix milliseconds, 80 random bits), monotonic.
    """
    number = _sequence.next()
    digits = []
    for _ in range(_LENGTH):
        digits.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(digits))}"


def version_of(value: object) -> str:
    """Names a value as it is now: another name for any other value that ``repr`` tells from it.

    For an ``ETag`` and ``If-Match``, and for a form that must not overwrite what was changed meanwhile.
    """
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
