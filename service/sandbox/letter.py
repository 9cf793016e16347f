"""A mail as the sandbox keeps it: the head in fields, as Gmail changed them, and the body as it came.

Source: what Gmail was seen to change on API sends; no page of Google's tells it.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, getaddresses

from service.sandbox.spool import Slice

_FIELD = re.compile(rb"[^\n]*\n(?:[ \t][^\n]*\n)*")
_ADDRESS = re.compile(r'[^\s@<>()\[\],;:\\"]+@[^\s@<>()\[\],;:\\"]+')
_USUAL = re.compile(rf'(?:[^<>"(),:;@\\]*<({_ADDRESS.pattern})>|({_ADDRESS.pattern}))')
_HEAD_LIMIT = 1024 * 1024
_FIRST_LOOK = 16 * 1024


class LetterError(ValueError):
    """Why Gmail would not take it; ``args[0]`` in its words."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header field as it stands, folded, with its line end."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """Its text, unfolded."""
        text = self.raw.partition(b":")[2].decode("utf-8", "replace")
        return text.replace("\r\n", "").replace("\n", "").strip()


@dataclass(frozen=True, slots=True, eq=False)
class Letter:
    """A mail that was accepted.

    Attributes:
        fields: the head as Gmail keeps it in *Sent*, with Bcc.
        recipients: lower case, each once, from To, Cc and Bcc.
    """

    fields: tuple[Field, ...]
    body: Slice
    recipients: tuple[str, ...]

    def field(self, name: str) -> str:
        """The value of the first field of that name; ``""`` when there is none."""
        wanted = name.lower()
        return next((field.value for field in self.fields if field.name == wanted), "")

    def head(self, *, is_sent: bool) -> bytes:
        """The head with its empty line; what recipients get has no Bcc."""
        kept = (field.raw for field in self.fields if is_sent or field.name != "bcc")
        return b"".join(kept) + b"\r\n"

    def content(self, *, is_sent: bool) -> bytes:
        """The whole mail."""
        return self.head(is_sent=is_sent) + self.body.read()


def accept(upload: Slice, *, account: str, aliases: frozenset[str], at: datetime) -> Letter:
    """What Gmail makes of an upload.

    Args:
        upload: what the client sent.
        account: the address of the mailbox that sends.
        aliases: verified further addresses, lower case.
        at: now; becomes the Date of a mail without one.

    Raises:
        LetterError: no recipients, or a field that cannot be read.
    """
    fields, start = open_head(upload)
    recipients = _recipients(fields)
    fields = _own_message_id(own_sender(fields, account, aliases | {account.lower()}))
    return Letter(tuple(dated(fields, at)), upload.after(start), recipients)


def dated(fields: list[Field], at: datetime) -> list[Field]:
    """With a Date, if there was none."""
    if any(field.name == "date" for field in fields):
        return fields
    return [*fields, new_field("Date", format_datetime(at))]


def is_address(text: str) -> bool:
    """Whether this is one plain address."""
    return _ADDRESS.fullmatch(text) is not None


def open_head(upload: Slice) -> tuple[list[Field], int]:
    """The header fields, and where the body begins."""
    look = upload.read(_FIRST_LOOK)
    end = _head_end(look)
    if end is None and upload.size > len(look):
        look = upload.read(_HEAD_LIMIT)
        end = _head_end(look)
    head_size, start = end or (len(look), len(look))
    head = look[:head_size]
    if head and not head.endswith(b"\n"):
        head += b"\r\n"
    fields = [Field(_name(raw), raw) for raw in _FIELD.findall(head)]
    return fields, start


def _head_end(look: bytes) -> tuple[int, int] | None:
    """Where the head ends and where the body begins."""
    end = look.find(b"\r\n\r\n")
    if end >= 0:
        return end + 2, end + 4
    end = look.find(b"\n\n")
    return None if end < 0 else (end + 1, end + 2)


def _name(raw: bytes) -> str:
    return raw.partition(b":")[0].strip().lower().decode("latin-1")


def _recipients(fields: list[Field]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for field in fields:
        if field.name in {"to", "cc", "bcc"}:
            found.update(dict.fromkeys(addresses_in(field)))
    if not found:
        raise LetterError("Recipient address required")
    return tuple(found)


def addresses_in(field: Field) -> list[str]:
    """The addresses of a field, lower case; ``LetterError`` when one is none."""
    value = field.value
    if not value:  # newer Pythons read it as one nameless nobody
        return []
    usual = _USUAL.fullmatch(value)  # getaddresses reads letter by letter
    if usual:
        return [(usual[1] or usual[2]).lower()]
    is_group = value.endswith(";")  # an empty group is read as one nameless nobody
    found = [address.lower() for name, address in getaddresses([value]) if name or address or not is_group]
    if not all(_ADDRESS.fullmatch(address) for address in found):
        raise LetterError(f"Invalid {field.name.capitalize()} header")
    return found


def own_sender(fields: list[Field], account: str, verified: frozenset[str]) -> list[Field]:
    """An unverified From becomes the account; Gmail keeps the old value aside."""
    sender = next((field for field in fields if field.name == "from"), None)
    if sender is None:
        return [new_field("From", account), *fields]
    try:
        is_verified = set(addresses_in(sender)) <= verified
    except LetterError:
        is_verified = False
    if is_verified:
        return fields
    aside = Field("x-google-original-from", b"X-Google-Original-From:" + sender.raw.partition(b":")[2])
    own = [new_field("From", account) if field is sender else field for field in fields]
    return [*own, aside]


def _own_message_id(fields: list[Field]) -> list[Field]:
    """On API sends Gmail puts its own Message-ID in the place of ours."""
    kept = [field for field in fields if field.name != "message-id"]
    token = secrets.token_urlsafe(39).replace("-", "+")
    return [*kept, new_field("Message-ID", f"<CA{token}@mail.gmail.com>")]


def new_field(name: str, value: str) -> Field:
    """A field of our own."""
    return Field(name.lower(), f"{name}: {value}\r\n".encode())
