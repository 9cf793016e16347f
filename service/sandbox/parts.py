"""What is inside a letter; looked at only when somebody asks, and remembered for a while."""

import functools
import hashlib
from dataclasses import dataclass

from service.sandbox.letter import Letter
from service.sandbox.mime import Part, leaves

_REMEMBERED = 20_000


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


@functools.lru_cache(_REMEMBERED)
def attachments(letter: Letter) -> tuple[Attachment, ...]:
    """The named parts and those that are said to be attachments, in their order."""
    return tuple(_described(number, part) for number, part in enumerate(_attached(letter)))


def attachment_content(letter: Letter, number: int) -> bytes | None:
    """The bytes of one attachment; ``None`` when there are not so many."""
    found = _attached(letter)
    return found[number].octets() if 0 <= number < len(found) else None


def texts(letter: Letter) -> list[tuple[str, str]]:
    """The readable parts as media type and text."""
    return [
        (part.media_type, _text(part))
        for part in leaves(letter.content(is_sent=True))
        if part.media_type.startswith("text/") and not part.is_attached
    ]


def _described(number: int, part: Part) -> Attachment:
    content = part.octets()
    name = part.filename or f"part-{number}"
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(number, name, part.media_type, len(content), digest)


def _attached(letter: Letter) -> list[Part]:
    return [part for part in leaves(letter.content(is_sent=True)) if part.is_attached]


def _text(part: Part) -> str:
    try:
        return part.octets().decode(part.parameters.get("charset", "utf-8"), "replace")
    except LookupError:  # a charset that nobody knows
        return part.octets().decode("latin-1")
