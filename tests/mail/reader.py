"""Reads a mail as a recipient does, with the standard library's modern parser."""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import getaddresses
from functools import cached_property, lru_cache
from typing import Any

from service.mail.address import Address
from service.mail.compose import Composition
from service.mail.message import Message

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
_LONGEST_LINE = 998  # RFC 5322 §2.1.1


class _ReadingOnce(EmailPolicy):
    """The modern policy; what was read of a field is remembered, for the parser asks again and again."""

    @lru_cache(maxsize=64)  # noqa: B019, the one policy lives as long as the module
    def header_fetch_parse(self, name: str, value: str) -> Any:
        return super().header_fetch_parse(name, value)


_MODERN = _ReadingOnce()


@dataclass(frozen=True)
class Leaf:
    """A part that holds no others.

    Attributes:
        disposition: ``None`` for a body.
        content: decoded.
    """

    content_type: str
    disposition: str | None
    filename: str | None
    content: bytes


@dataclass(frozen=True)
class Arrived:
    """What a recipient finds in a mail."""

    wire: bytes
    parsed: EmailMessage

    @property
    def fields(self) -> list[str]:
        """The names of the head's fields, lower case, in their order."""
        return [name.lower() for name in self.parsed]

    def text(self, field: str) -> str:
        """An unstructured field, decoded."""
        return str(self.parsed[field])

    def addresses(self, field: str) -> list[tuple[str, str]]:
        """Display name and address of each mailbox.

        The names come from the older decoder: the modern one of Python 3.11 leaves a blank between two
        encoded-words of a name, which RFC 2047 §6.2 says to drop. It is asked all the same, and may differ in
        blanks only.
        """
        if field not in self.parsed:
            return []
        raw = next(str(value) for name, value in self.parsed.raw_items() if name == field)
        found = [
            (str(make_header(decode_header(name))), spec)
            for name, spec in getaddresses([raw.replace("\r\n", "")])
        ]
        modern = [(one.display_name, one.addr_spec) for one in self.parsed[field].addresses]
        assert [(_solid(name), spec) for name, spec in modern] == [
            (_solid(name), spec) for name, spec in found
        ]
        return found

    @property
    def shape(self) -> list[str]:
        """The types of all parts, from the outside in."""
        return [part.get_content_type() for part in self.parsed.walk()]

    @cached_property
    def leaves(self) -> list[Leaf]:
        """The parts that hold no others, in order; each is read once, because the parser reads it anew."""
        return [_leaf(part) for part in self.parsed.walk() if not part.is_multipart()]

    def body(self, content_type: str) -> str | None:
        """The first text of this type that is no attachment, with its line ends as they came."""
        for leaf in self.leaves:
            if leaf.content_type == content_type and leaf.disposition is None:
                return leaf.content.decode()
        return None

    @property
    def files(self) -> list[tuple[str | None, str, str]]:
        """Name, type and SHA-256 of each file and inline image, in order."""
        return [
            (leaf.filename, leaf.content_type, hashlib.sha256(leaf.content).hexdigest())
            for leaf in self.leaves
            if leaf.disposition is not None
        ]


def arrive(composition: Composition) -> Arrived:
    """Read a composition, and see that its bytes hold what every mail has to hold."""
    pieces = list(composition)
    wire = b"".join(pieces)
    assert len(wire) == composition.size_bytes
    assert wire == b"".join(composition)
    assert max(map(len, pieces)) <= 1024 * 1024
    return read_mail(wire)


def read_mail(wire: bytes) -> Arrived:
    """Read a mail: lines of at most 998 characters that CRLF alone ends, nothing a parser complains of."""
    assert not _BARE.search(wire)
    assert max(map(len, wire.split(b"\r\n"))) <= _LONGEST_LINE
    parsed = message_from_bytes(wire, policy=_MODERN)
    assert isinstance(parsed, EmailMessage)
    assert [part.defects for part in parsed.walk() if part.defects] == []
    return Arrived(wire, parsed)


def check_content(arrived: Arrived, message: Message) -> None:
    """See that the recipient reads what was meant: addresses, texts, extra fields, bodies and files."""
    assert arrived.addresses("From") == named((message.sender,))
    assert arrived.addresses("To") == named(message.to)
    assert arrived.addresses("Cc") == named(message.cc)
    assert arrived.addresses("Reply-To") == named(message.reply_to)
    assert arrived.text("Subject") == message.subject
    assert [arrived.text(name) for name, _ in message.headers] == [value for _, value in message.headers]
    assert arrived.body("text/html") == (canonical(message.html) if message.html else None)
    if message.text is not None or not message.html:  # else it was made of the HTML
        assert arrived.body("text/plain") == canonical(message.text or "")
    files = [(one.filename, one.content_type, one.content.sha256) for one in message.attachments]
    assert sorted(arrived.files, key=str) == sorted(files, key=str)  # images stand beside the HTML


def expected_fields(message: Message) -> list[str]:
    """The names of all fields that are composed, lower case, in their order."""
    addressed = {"from": True, "to": message.to, "cc": message.cc, "reply-to": message.reply_to}
    single = not message.attachments and not message.html
    return [
        *(name for name, addresses in addressed.items() if addresses),
        *("subject", "date", "message-id", "x-postausgang-id"),
        *(name.lower() for name, _ in message.headers),
        *("mime-version", "content-type"),
        *(["content-transfer-encoding"] if single else []),
    ]


def named(addresses: tuple[Address, ...]) -> list[tuple[str, str]]:
    """What ``Arrived.addresses`` has to answer."""
    return [(address.name, address.spec) for address in addresses]


def canonical(text: str) -> str:
    """What becomes of a body: CRLF line ends, the last line ended too."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    ended = lines if not lines or lines.endswith("\n") else lines + "\n"
    return ended.replace("\n", "\r\n")


def _leaf(part: EmailMessage) -> Leaf:
    disposition = part["Content-Disposition"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return Leaf(
        part.get_content_type(),
        disposition.content_disposition if disposition else None,
        disposition.params.get("filename") if disposition else None,
        content,
    )


def _solid(name: str) -> str:
    return "".join(name.split())
