"""The head of a mail (RFC 5322 §3.6): written, then proved."""

import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from service.errors import InvalidRequestError, Problem
from service.mail.address import Address
from service.mail.message import Message, Stamp
from service.mail.proof import not_representable, prove_addresses, prove_text, read_head
from service.mail.words import fold_addresses, fold_text

Field = tuple[str, str]

# Control characters, the line separators beyond them, and halves of characters.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,76}")  # a token of printable ASCII, RFC 5322 §3.6.8
_OURS = frozenset(
    {
        "bcc",
        "cc",
        "date",
        "dkim-signature",
        "from",
        "message-id",
        "mime-version",
        "received",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-postausgang-id",
    }
)


def write_head(message: Message, stamp: Stamp, content_fields: list[Field]) -> bytes:
    """The whole head with the empty line that ends it; never a Bcc.

    Raises:
        InvalidRequestError: code ``invalid-characters``: a value cannot be written so that it reads the same;
            ``header-not-allowed``: an extra field is one that the service writes itself, or comes twice.
    """
    own = [*_addressing(message), *_texts(message, stamp), *_extra(message)]
    fields = [*own, ("MIME-Version", "1.0"), *content_fields]
    head = join_fields(fields) + b"\r\n"
    _prove(head, [name for name, _ in fields], message, stamp)
    return head


def join_fields(fields: list[Field], pointer: str = "") -> bytes:
    """Folded fields as lines.

    Raises:
        InvalidRequestError: code ``invalid-characters``, at ``pointer``: a value is not ASCII.
    """
    try:
        return "".join([f"{name}: {value}\r\n" for name, value in fields]).encode("ascii")
    except UnicodeEncodeError:
        raise not_representable(pointer) from None


def check_line(value: str, pointer: str) -> str:
    """A text that can stand in one field.

    Raises:
        InvalidRequestError: code ``invalid-characters``: control, line-separator or surrogate characters.
    """
    if _FORBIDDEN.search(value):
        raise not_representable(pointer)
    return value


def _addressed(message: Message) -> list[tuple[str, tuple[Address, ...], str]]:
    lists = [
        ("From", (message.sender,), "/from"),
        ("To", message.to, "/to"),
        ("Cc", message.cc, "/cc"),
        ("Reply-To", message.reply_to, "/reply_to"),
    ]
    return [(name, addresses, pointer) for name, addresses, pointer in lists if addresses]


def _addressing(message: Message) -> list[Field]:
    fields = []
    for name, addresses, pointer in _addressed(message):
        for address in addresses:
            check_line(address.name + address.spec, pointer)
        fields.append((name, fold_addresses(name, addresses)))
    return fields


def _texts(message: Message, stamp: Stamp) -> list[Field]:
    return [
        ("Subject", fold_text("Subject", check_line(message.subject, "/subject"))),
        ("Date", _date(stamp.date.replace(microsecond=0))),
        ("Message-ID", stamp.message_id),
        ("X-Postausgang-Id", stamp.entry_id),
    ]


@lru_cache(maxsize=64)  # many mails have the same second
def _date(second: datetime) -> str:
    return format_datetime(second)


def _extra(message: Message) -> list[Field]:
    fields = []
    seen = set(_OURS)
    for name, value in message.headers:
        pointer = "/headers"
        key = name.lower()
        if not _FIELD_NAME.fullmatch(name) or key in seen or key.startswith(("content-", "resent-")):
            detail = "A header is written by the service itself, comes twice, or is no header name."
            raise InvalidRequestError(Problem(pointer, "header-not-allowed", detail))
        seen.add(key)
        fields.append((name, fold_text(name, check_line(value, f"{pointer}/{name}"))))
    return fields


def _prove(head: bytes, names: list[str], message: Message, stamp: Stamp) -> None:
    parsed = read_head(head, names)
    for name, addresses, pointer in _addressed(message):
        prove_addresses(parsed, name, addresses, pointer)
    prove_text(parsed, "Subject", message.subject, "/subject")
    prove_text(parsed, "Message-ID", stamp.message_id, "")
    prove_text(parsed, "X-Postausgang-Id", stamp.entry_id, "")
    for name, value in message.headers:
        prove_text(parsed, name, value, f"/headers/{name}")
