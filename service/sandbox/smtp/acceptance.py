"""What Google makes of a mail that came by SMTP: the checks of its head, and the letter that it keeps.

Source: google.md §5.3 (Message-ID, From) and §10 (RFC 5322 compliance).
"""

import re
import secrets
from collections import Counter
from datetime import datetime

from service.sandbox.letter import (
    Field,
    Letter,
    LetterError,
    addresses_in,
    dated,
    new_field,
    open_head,
    own_sender,
)
from service.sandbox.smtp.visit import Envelope, Octets
from service.sandbox.spool import Slice

_ONCE = frozenset(
    {"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version"}
)
_ASCII_ONLY = frozenset({"from", "to", "cc", "bcc", "sender", "reply-to", "message-id"})
_MESSAGE_ID = re.compile(r"<[^\s<>@]+@[^\s<>@.]+(?:\.[^\s<>@.]+)+>")
_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_HOPS = 50
_HEAD_LIMIT_BYTES = 500_000


class RefusedMailError(Exception):
    """``args[0]`` is the row of the SMTP fault table."""


def has_stray_line_end(content: Octets) -> bool:
    """Whether a CR or LF stands alone."""
    pairs = content.count(b"\r\n")
    if content.count(b"\n") == pairs == content.count(b"\r"):
        return False
    return _STRAY.search(content) is not None


def open_letter(upload: Slice, envelope: Envelope) -> tuple[list[Field], int]:
    """The head of a mail that complies, and where its body begins.

    Raises:
        RefusedMailError: it does not comply.
    """
    fields, start = open_head(upload)
    counts = Counter(field.name for field in fields)
    if start > _HEAD_LIMIT_BYTES:
        raise RefusedMailError("header_size")
    if counts["received"] > _HOPS:
        raise RefusedMailError("mail_loop")
    if any(counts[name] > 1 for name in _ONCE):
        raise RefusedMailError("duplicate_headers")
    if not envelope.is_utf8 and any(
        field.name in _ASCII_ONLY and not field.raw.isascii() for field in fields
    ):
        raise RefusedMailError("unicode_header")
    if len(senders_in(fields)) > 1:
        raise RefusedMailError("from_multiple")
    return fields, start


def submitted(
    upload: Slice, envelope: Envelope, *, account: str, aliases: frozenset[str], at: datetime
) -> Letter:
    """The letter of ``smtp.gmail.com``: From is the account or a verified alias."""
    fields, start = open_letter(upload, envelope)
    fields = own_sender(fields, account, aliases | {account.lower()})
    return _letter(upload.after(start), fields, envelope, at)


def relayed(upload: Slice, envelope: Envelope, *, at: datetime) -> Letter:
    """The letter of the relay: From stays as it is."""
    fields, start = open_letter(upload, envelope)
    if not senders_in(fields):
        raise RefusedMailError("from_missing")
    return _letter(upload.after(start), fields, envelope, at)


def senders_in(fields: list[Field]) -> list[str]:
    """The addresses of From; none when it cannot be read."""
    sender = next((field for field in fields if field.name == "from"), None)
    try:
        return addresses_in(sender) if sender else []
    except LetterError:
        return []


def _letter(body: Slice, fields: list[Field], envelope: Envelope, at: datetime) -> Letter:
    recipients = dict.fromkeys(address.lower() for address in envelope.recipients)
    return Letter(tuple(dated(_kept_message_id(fields), at)), body, tuple(recipients))


def _kept_message_id(fields: list[Field]) -> list[Field]:
    """Over SMTP a well-formed Message-ID stays; another is put aside."""
    old = next((field for field in fields if field.name == "message-id"), None)
    if old is not None and _MESSAGE_ID.fullmatch(old.value):
        return fields
    new = new_field("Message-ID", f"<{secrets.token_hex(16)}@mx.google.com>")
    if old is None:
        return [*fields, new]
    aside = Field(
        "x-google-original-message-id", b"X-Google-Original-Message-ID:" + old.raw.partition(b":")[2]
    )
    return [new if field is old else field for field in fields] + [aside]
