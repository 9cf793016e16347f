"""A mail's bytes on their way out: checked before they leave, dot-stuffed where DATA wants it.

All of it streams: pieces of any length come in, and what is right over the borders of pieces comes out.
"""

import io
from collections.abc import Iterable, Iterator
from typing import TypeVar

from service.smtp.errors import ContentError

_T = TypeVar("_T")


WINDOW_BYTES = 262_144  # what is looked at, encrypted and written at once of a large mail


def windows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at most ``WINDOW_BYTES``: the memory that a large mail costs."""
    for piece in pieces:
        for start in range(0, len(piece), WINDOW_BYTES):
            yield piece[start : start + WINDOW_BYTES]


def checked(pieces: Iterable[bytes], size_bytes: int) -> Iterator[bytes]:
    """The same bytes, each seen to be harmless before it is given on; no piece is empty.

    Only CRLF ends a line (RFC 5321 §2.3.8): one bare CR or LF is all that SMTP smuggling needs. There is no
    NUL, the last line has its end, and the bytes are as many as they were said to be.

    Raises:
        ContentError: before the piece that is not so, at the latest in the place of the end.
    """
    newlines = io.IncrementalNewlineDecoder(None, translate=False)  # looks for all kinds, in one pass of C
    held, tail = b"", b""
    for piece in pieces:
        size_bytes -= len(piece)
        piece = held + piece if held else piece  # noqa: PLW2901, what was held back goes in front
        # Whether a CR is bare is seen with the byte after it.
        held = piece[-1:] if piece.endswith(b"\r") else b""
        piece = piece[:-1] if held else piece  # noqa: PLW2901
        _check(piece, newlines, size_bytes)
        if piece:
            tail = piece[-1:]
            yield piece
    if held:
        raise ContentError("a bare CR")
    if size_bytes:
        raise ContentError("the mail is not as long as it was said to be")
    if tail != b"\n":
        raise ContentError("the last line has no end")


def _check(piece: bytes, newlines: io.IncrementalNewlineDecoder, left_bytes: int) -> None:
    if left_bytes < 0:
        raise ContentError("the mail is not as long as it was said to be")
    if b"\0" in piece:
        raise ContentError("a NUL")
    newlines.decode(piece.decode("latin-1"))
    # A CR at the end is followed by the one that was held back.
    if newlines.newlines not in {None, "\r\n"} or piece.endswith(b"\r"):
        raise ContentError("a bare CR or LF")


def stuffed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Checked bytes with a dot before each line that begins with one (RFC 5321 §4.5.2)."""
    at_line_start = True
    for piece in pieces:
        stuffing = b"." if at_line_start and piece.startswith(b".") else b""
        at_line_start = piece.endswith(b"\n")
        yield stuffing + piece.replace(b"\n.", b"\n..")


def with_last(items: Iterable[_T]) -> Iterator[tuple[_T, bool]]:
    """Each item, and whether it is the last one; always one behind."""
    source = iter(items)
    for item in source:
        held = item
        break
    else:
        return
    for item in source:
        yield held, False
        held = item
    yield held, True
