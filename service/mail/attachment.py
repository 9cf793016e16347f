"""Files that go with a mail. Their bytes leave as they came."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol


class Content(Protocol):
    """The bytes of one attachment, wherever they are kept; they can be read more than once."""

    @property
    def size_bytes(self) -> int:
        """How many bytes ``chunks`` gives in all."""

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal SHA-256 of the bytes."""

    def chunks(self) -> Iterator[bytes]:
        """The bytes in order, in pieces of at most 1 MiB."""


class Spool(Protocol):
    """Keeps the bytes of an upload until the message is composed; never in clear on a disk."""

    def keep(self, chunks: Iterable[bytes]) -> Content:
        """Take the bytes in as they come; at most about 1 MiB of them stays in memory.

        They are gone when the returned content is, or when ``chunks`` raises.
        """


@dataclass(frozen=True)
class BytesContent:
    """An attachment that is held in memory."""

    body: bytes

    @property
    def size_bytes(self) -> int:
        """How many bytes the attachment has."""
        return len(self.body)

    @cached_property
    def sha256(self) -> str:
        """Lower-case hexadecimal SHA-256 of the bytes, worked out once."""
        return hashlib.sha256(self.body).hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in one piece."""
        yield self.body


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or an inline image.

    Attributes:
        filename: as the recipient sees it: no path, no control characters, ≤ 200 bytes of UTF-8.
        content_type: ``type/subtype`` without parameters, lower case.
        content: the bytes.
        content_id: for an inline image the name after ``cid:``, without angle brackets; else ``None``.
    """

    filename: str
    content_type: str
    content: Content
    content_id: str | None = None
