"""A mail as its writer means it: fields and parts, no bytes yet."""

from dataclasses import dataclass, field
from datetime import datetime

from service.mail.address import Address
from service.mail.attachment import Attachment


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, already checked at the door: composing it cannot fail.

    Attributes:
        sender: the one From address (RFC 5322 §3.6.2).
        to, cc, bcc: recipients in the order given; at least one of them is not empty.
        reply_to: where answers go; empty means to the sender.
        subject: unstructured text without control or line-separator characters, ≤ 998 characters.
        text: plain body; ``None`` means that it is derived from ``html``.
        html: HTML body; ``None`` means a plain mail.
        attachments: files and inline images, in the order given.
        headers: extra ``(name, value)`` fields from the allow-list.
    """

    sender: Address
    subject: str
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=())

    @property
    def recipients(self) -> tuple[Address, ...]:
        """To, Cc and Bcc in this order."""
        return self.to + self.cc + self.bcc


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the service adds to a message: the same for every try.

    Attributes:
        entry_id: goes into ``X-Postausgang-Id``, by which a sent copy is found again.
        message_id: the whole Message-ID with its angle brackets (RFC 5322 §3.6.4).
        date: the Date field (RFC 5322 §3.6.1), aware.
    """

    entry_id: str
    message_id: str
    date: datetime
