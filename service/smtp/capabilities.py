"""What a server offered in its answer to EHLO (RFC 5321 §4.1.1.1)."""

import re
from dataclasses import dataclass
from typing import Self

from service.smtp.replies import Reply


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The extensions that this client knows what to do with.

    Attributes:
        auth: the mechanisms of AUTH, in capitals.
        size_bytes: the largest mail that the server takes (RFC 1870), 0 where it names no limit; ``None``
            where it does not know sizes.
    """

    auth: frozenset[str] = frozenset()
    size_bytes: int | None = None
    starttls: bool = False
    pipelining: bool = False
    chunking: bool = False
    eight_bit: bool = False
    smtputf8: bool = False

    @classmethod
    def parse(cls, reply: Reply) -> Self:
        """Read a successful answer to EHLO; what is not understood is not offered."""
        offered: dict[str, str] = {}
        for line in reply.lines[1:]:
            # Old servers write AUTH=LOGIN PLAIN, beside the proper line or alone.
            keyword, _, arguments = line.replace("=", " ").partition(" ")
            keyword = keyword.upper()
            offered[keyword] = f"{offered.get(keyword, '')} {arguments}".strip()
        return cls(
            auth=frozenset(offered.get("AUTH", "").upper().split()),
            size_bytes=_size(offered["SIZE"]) if "SIZE" in offered else None,
            starttls="STARTTLS" in offered,
            pipelining="PIPELINING" in offered,
            chunking="CHUNKING" in offered,
            eight_bit="8BITMIME" in offered,
            smtputf8="SMTPUTF8" in offered,
        )


def _size(argument: str) -> int:
    return int(argument) if re.fullmatch("[0-9]{1,20}", argument) else 0
