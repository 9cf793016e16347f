"""Names of rows: a prefix that says what the row is, then 26 characters that sort by time."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_RANDOM_BITS = 80
_LENGTH = 26  # 48 bits of milliseconds and 80 random bits, five bits a character


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``msg_01k9rbq4fv0c5x2y7t8w3z6n1d``.

    Identifiers made in different milliseconds sort by their time, so a list can be paged by id.
    Source: the ULID layout (48 bits of Unix milliseconds, 80 random bits).
    """
    number = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    digits = []
    for _ in range(_LENGTH):
        digits.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(digits))}"
