"""What one connection has told so far: who is there, and the mail transaction that is open."""

import re
from dataclasses import dataclass, field

from service.sandbox.accounts import Account

_PATH = re.compile(r"(?i:from|to): ?<([^<>\s]*)>((?: [^\s]+)*) *")
_NUMBER = re.compile(r"[0-9]{1,20}")  # RFC 1870 §4
_LOCAL_LIMIT, _ADDRESS_LIMIT = 64, 254  # RFC 5321 §4.5.3.1
_MAILBOX = re.compile(r'(?:"[^"\r\n]+"|[^\s@<>()\[\],;:\\"]+)@[^\s@<>()\[\],;:\\"]+')

Octets = bytes | bytearray


@dataclass(slots=True)
class Visit:
    """Who is there.

    Attributes:
        address: the client's IP address.
        helo: its name in EHLO or HELO; ``""`` before.
        account: whoever signed in.
        token: the access token of that, where there was one.
    """

    address: str
    helo: str = ""
    account: Account | None = None
    token: str = field(default="", repr=False)


@dataclass(slots=True)
class Envelope:
    """The open transaction (RFC 5321 §3.3).

    Attributes:
        is_utf8: whether MAIL said SMTPUTF8.
        content: the chunks that BDAT brought.
        is_chunked: whether BDAT began, so that DATA may not follow.
        is_spoiled: whether a chunk was refused, so that the rest of them is too.
    """

    sender: str
    is_utf8: bool = False
    recipients: list[str] = field(default_factory=list)
    content: list[Octets] = field(default_factory=list)
    is_chunked: bool = False
    is_spoiled: bool = False

    @property
    def size(self) -> int:
        """Bytes in the chunks so far."""
        return sum(len(chunk) for chunk in self.content)


def read_path(argument: str) -> tuple[str, dict[str, str]] | None:
    """The address and the parameters of MAIL or RCPT, names in capitals; ``None`` when it is none."""
    found = _PATH.fullmatch(argument)
    if found is None:
        return None
    pairs = (parameter.partition("=") for parameter in found[2].split())
    return found[1], {name.upper(): value for name, _, value in pairs}


def is_mailbox(address: str) -> bool:
    """Whether RFC 5321 §4.1.2 allows it."""
    local = address.rpartition("@")[0]
    return (
        _MAILBOX.fullmatch(address) is not None
        and len(local.encode()) <= _LOCAL_LIMIT
        and len(address.encode()) <= _ADDRESS_LIMIT
    )


def is_number(text: str) -> bool:
    """Whether it is a size that SIZE or BDAT may name."""
    return _NUMBER.fullmatch(text) is not None


def domain_of(address: str) -> str:
    """What stands after the @, lower case."""
    return address.rpartition("@")[2].lower()
