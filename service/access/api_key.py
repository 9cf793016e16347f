"""API keys: made once, shown once, kept as a hash.

A key reads ``pa_live_<public>_<secret><checksum>``: ``public`` (10 characters) finds the row, ``secret``
(256 bits) proves it, ``checksum`` (6 characters) lets a scanner know a leaked key from a random word.
"""

import hashlib
import hmac
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import SecretStr

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = "pa_live_"
_PUBLIC_LENGTH = 10
_SECRET_LENGTH = 44  # 44 × log2(59) > 256 bits
_CHECKSUM_LENGTH = 6


class Right(StrEnum):
    """What a key may do."""

    SEND = "send"
    READ = "read"
    CONNECTIONS = "connections"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept.

    Attributes:
        public: the part that stands in lists and finds the row.
        secret_hash: SHA-256 of the whole key, hexadecimal. The secret has 256 random bits, so a slow
            hash would add nothing.
        connection_ids: the only connections it may use; ``None`` for all of the tenant.
        expires_at: when it ends: sooner than it was meant to, once it is replaced.
        lifetime: how long it was meant to live; ``None`` for no end.
    """

    id: str
    tenant_id: str
    name: str
    public: str
    secret_hash: str
    rights: frozenset[Right]
    connection_ids: frozenset[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    lifetime: timedelta | None = None

    @property
    def shown_as(self) -> str:
        """How lists show the key: its beginning, never the secret."""
        return f"{_PREFIX}{self.public}…"

    def is_valid(self, now: datetime) -> bool:
        """Whether the key may be used at ``now``."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def generate() -> tuple[str, SecretStr]:
    """A fresh key: its public part, and the whole key that is shown this one time."""
    public = _random(_PUBLIC_LENGTH)
    body = f"{_PREFIX}{public}_{_random(_SECRET_LENGTH)}"
    return public, SecretStr(body + _checksum(body))


def public_part(key: str) -> str | None:
    """The part that finds the row; ``None`` when the key is not well formed."""
    body, checksum = key[:-_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    length = len(_PREFIX) + _PUBLIC_LENGTH + 1 + _SECRET_LENGTH
    if not key.isascii() or len(body) != length or not body.startswith(_PREFIX):
        return None
    if not hmac.compare_digest(_checksum(body), checksum):
        return None
    return body[len(_PREFIX) : len(_PREFIX) + _PUBLIC_LENGTH]


def hash_key(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)
