"""Reads a composed mail as a recipient does, with the standard library's modern parser."""

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

from service.mail.address import Address
from service.mail.compose import Composition

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


@dataclass(frozen=True)
class Arrived:
    """What a recipient finds in a mail."""

    wire: bytes
    parsed: EmailMessage

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

    def body(self, content_type: str) -> str | None:
        """The first text of this type that is no attachment, with its line ends as they came."""
        for part in self.parsed.walk():
            if part.get_content_type() == content_type and part.get_filename() is None:
                body = part.get_payload(decode=True)
                assert isinstance(body, bytes)
                return body.decode()
        return None

    @property
    def files(self) -> list[tuple[str | None, str, str]]:
        """Name, type and SHA-256 of each file and inline image, in order."""
        return [
            (part["Content-Disposition"].params.get("filename"), part.get_content_type(), _sha256(part))
            for part in self.parsed.walk()
            if part.get_content_disposition() is not None
        ]


def arrive(composition: Composition) -> Arrived:
    """Read a composition, and see that its bytes hold what every mail has to hold."""
    pieces = list(composition)
    wire = b"".join(pieces)
    assert len(wire) == composition.size_bytes
    assert wire == b"".join(composition)
    assert max(map(len, pieces)) <= 1024 * 1024
    assert not _BARE.search(wire)
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    parsed = message_from_bytes(wire, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert [part.defects for part in parsed.walk() if part.defects] == []
    return Arrived(wire, parsed)


def named(addresses: tuple[Address, ...]) -> list[tuple[str, str]]:
    """What ``Arrived.addresses`` has to answer."""
    return [(address.name, address.spec) for address in addresses]


def canonical(text: str) -> str:
    """What becomes of a body: CRLF line ends, the last line ended too."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    ended = lines if not lines or lines.endswith("\n") else lines + "\n"
    return ended.replace("\n", "\r\n")


def _solid(name: str) -> str:
    return "".join(name.split())


def _sha256(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return hashlib.sha256(content).hexdigest()
