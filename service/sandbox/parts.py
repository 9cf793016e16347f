"""What is inside a letter; parsed only when somebody looks, and remembered for a while."""

import email.policy
import functools
import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser

from service.sandbox.letter import Letter

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment, without its content."""

    number: int
    filename: str
    media_type: str
    size_bytes: int
    sha256: str

    def summary(self) -> dict[str, object]:
        """As the control API gives it."""
        return {"filename": self.filename, "size": self.size_bytes, "sha256": self.sha256}


def parsed(letter: Letter) -> EmailMessage:
    """The whole letter, as its sender sees it."""
    message = BytesParser(policy=email.policy.default).parsebytes(letter.content(is_sent=True))
    assert isinstance(message, EmailMessage)  # noqa: S101 - the default policy makes these
    return message


@functools.lru_cache(_REMEMBERED)
def attachments(letter: Letter) -> tuple[Attachment, ...]:
    """The named parts and those that are said to be attachments, in their order."""
    found = []
    for number, part in enumerate(_attached(parsed(letter))):
        content = octets(part)
        found.append(
            Attachment(
                number,
                part.get_filename() or f"part-{number}",
                part.get_content_type(),
                len(content),
                hashlib.sha256(content).hexdigest(),
            )
        )
    return tuple(found)


def attachment_content(letter: Letter, number: int) -> bytes | None:
    """The bytes of one attachment; ``None`` when there are not so many."""
    found = _attached(parsed(letter))
    return octets(found[number]) if 0 <= number < len(found) else None


def texts(letter: Letter) -> list[tuple[str, str]]:
    """The readable parts as media type and text."""
    return [
        (part.get_content_type(), octets(part).decode(part.get_content_charset("utf-8"), "replace"))
        for part in parsed(letter).walk()
        if part.get_content_maintype() == "text" and isinstance(part, EmailMessage) and not _is_attached(part)
    ]


def octets(part: EmailMessage) -> bytes:
    """A part's content, decoded."""
    if part.get_content_type() == "message/rfc822":
        return part.get_content().as_bytes()
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _attached(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if isinstance(part, EmailMessage) and _is_attached(part)]


def _is_attached(part: EmailMessage) -> bool:
    if part.is_multipart() and part.get_content_type() != "message/rfc822":
        return False
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None
