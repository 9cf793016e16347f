"""``compose``: a ``Message`` becomes the bytes that go on the wire, the same ones at every try."""

import hashlib
from collections.abc import Iterator

from service.mail.attachment import Content
from service.mail.encoding import encode_chunks, encoded_size
from service.mail.frames import framed
from service.mail.head import write_head
from service.mail.message import Message, Stamp
from service.mail.parts import Part, attachment_part, multipart, text_part
from service.mail.text import text_of

_PIECE_BYTES = 1024 * 1024


class Composition:
    """A composed mail; iterate over it for its bytes, as often as needed.

    Attributes:
        size_bytes: exactly how many bytes it has, known without reading the attachments.
    """

    __slots__ = ("_segments", "size_bytes")

    def __init__(self, segments: tuple[bytes | Content, ...]) -> None:
        self._segments = segments
        self.size_bytes = sum(_wire_size(segment) for segment in segments)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes in order, in pieces of at most 1 MiB; attachments are read as the pieces are taken."""
        for segment in self._segments:
            if isinstance(segment, bytes):
                for start in range(0, len(segment), _PIECE_BYTES):
                    yield segment[start : start + _PIECE_BYTES]
            else:
                yield from encode_chunks(segment.chunks())

    def frames(self) -> Iterator[bytes]:
        """The mail as it is kept, see ``mail.frames``; attachments are read as the pieces are taken."""
        for segment in self._segments:
            yield from framed(segment)


def compose(message: Message, stamp: Stamp) -> Composition:
    """The mail on the wire (RFC 5322, MIME), without Bcc; CRLF line ends, no line longer than 998 characters.

    Equal arguments give equal bytes.

    Raises:
        InvalidRequestError: code ``invalid-characters`` or ``header-not-allowed``: a value cannot be written
            so that it would be read as it was meant. A message checked at the door does not raise.
    """
    body = _body(message, _boundary_stem(stamp))
    head = write_head(message, stamp, body.fields)
    return Composition(_joined((head, *body.segments)))


def _body(message: Message, stem: str) -> Part:
    files: list[Part] = []
    images: list[Part] = []
    for position, attachment in enumerate(message.attachments):
        inline = attachment.content_id is not None and bool(message.html)
        part = attachment_part(attachment, f"/attachments/{position}", inline=inline)
        (images if inline else files).append(part)
    content = _content(message, images, stem)
    return multipart("mixed", f"{stem}_m", [content, *files]) if files else content


def _content(message: Message, images: list[Part], stem: str) -> Part:
    if not message.html:
        return text_part(message.text or "", "plain", "/text")
    html = text_part(message.html, "html", "/html")
    plain = message.text if message.text is not None else text_of(message.html)
    shown = multipart("related", f"{stem}_r", [html, *images]) if images else html
    return multipart("alternative", f"{stem}_a", [text_part(plain, "plain", "/text"), shown])


def _boundary_stem(stamp: Stamp) -> str:
    # "=_" stands in no base64 and no quoted-printable, and a text that holds it is never left unencoded.
    return "=_" + hashlib.sha256(f"boundary {stamp.entry_id}".encode()).hexdigest()[:24]


def _joined(segments: tuple[bytes | Content, ...]) -> tuple[bytes | Content, ...]:
    joined: list[bytes | Content] = []
    run: list[bytes] = []
    for segment in segments:
        if isinstance(segment, bytes):
            run.append(segment)
        else:
            joined += [b"".join(run), segment]
            run = []
    return (*joined, b"".join(run)) if run else tuple(joined)


def _wire_size(segment: bytes | Content) -> int:
    return len(segment) if isinstance(segment, bytes) else encoded_size(segment.size_bytes)
