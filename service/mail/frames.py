"""A mail as it is kept: attachments as they came; base64 only on the way out.

Base64 is a third more to seal, to write, to copy and to read again, most of it while a caller waits. A kept
mail is a row of frames, each with its kind and its length in front. Mails of earlier versions and corrected
ones (``readdress``) are kept as they go out: they begin with the letter of their first field.
"""

import struct
from collections.abc import Iterable, Iterator

from service.errors import SealError
from service.mail.attachment import Content
from service.mail.encoding import encode_chunks

_TEXT, _FILE = 1, 2  # goes out as it is; goes out as base64 in lines
_FRAME = struct.Struct(">BQ")
_GATHERED_BYTES = 256 * 1024  # given on at once: each piece costs its reader a call, or the kernel one


def framed(segment: bytes | Content) -> Iterator[bytes]:
    """One segment of a composed mail as its frame."""
    if isinstance(segment, bytes):
        yield _FRAME.pack(_TEXT, len(segment))
        yield segment
    else:
        yield _FRAME.pack(_FILE, segment.size_bytes)
        yield from segment.chunks()


def on_the_wire(kept: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a kept mail that go out, from its own in pieces of any length.

    The first piece is read at the call, the others as they are taken.

    Raises:
        SealError: a frame is of no known kind, or shorter than it says.
    """
    source = _Source(kept)
    if source.first_byte() in {_TEXT, _FILE}:
        return _gathered(_unframed(source))
    return source.rest()


def _unframed(source: "_Source") -> Iterator[bytes | memoryview]:
    while source.first_byte() is not None:
        kind, size_bytes = _FRAME.unpack(b"".join(source.take(_FRAME.size)))
        content = source.take(size_bytes)
        if kind not in {_TEXT, _FILE}:
            raise SealError("A kept mail has an unknown format.")
        yield from encode_chunks(content) if kind == _FILE else content


def _gathered(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    run: list[bytes | memoryview] = []
    length = 0
    for piece in pieces:
        run.append(piece)
        length += len(piece)
        if length >= _GATHERED_BYTES:
            yield b"".join(run)
            run, length = [], 0
    if run:
        yield b"".join(run)


class _Source:
    """Reads pieces of any length by lengths of its own; copies nothing."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = memoryview(b"")

    def first_byte(self) -> int | None:
        """The next byte, which stays; ``None`` at the end."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return None
            self._held = memoryview(piece)
        return self._held[0]

    def take(self, size_bytes: int) -> Iterator[memoryview]:
        """So many bytes."""
        while size_bytes:
            if self.first_byte() is None:
                raise SealError("A kept mail is shorter than it was.")
            piece, self._held = self._held[:size_bytes], self._held[size_bytes:]
            size_bytes -= len(piece)
            yield piece

    def rest(self) -> Iterator[bytes]:
        """All that is left, in its own pieces."""
        if self._held:
            yield bytes(self._held)
        yield from self._pieces
