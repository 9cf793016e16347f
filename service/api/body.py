"""The body of a request, read with bounds: how much, how slowly, and to its very end."""

import time
from collections.abc import Iterator
from typing import IO, Any

from service.api.faults import BodyIncompleteError, BodyTimeoutError, BodyTooLargeError

PIECE_BYTES = 64 * 1024
SMALL_PIECE_BYTES = 4 * 1024
LONGEST_S = 120.0
SLOWEST_BYTES_S = 1000
PATIENCE_S = 10.0  # before the rate is looked at


class Body:
    """Reads one request's body, once."""

    def __init__(self, environ: dict[str, Any], limit_bytes: int) -> None:
        """Look at the announced length.

        Raises:
            BodyTooLargeError: it is over the limit; nothing was read.
            BodyIncompleteError: the announced length is no number.
        """
        self._stream: IO[bytes] = environ["wsgi.input"]
        self._limit_bytes = limit_bytes
        self._announced = _announced(environ)
        if self._announced is not None and self._announced > limit_bytes:
            raise BodyTooLargeError(limit_bytes)

    def read(self) -> bytes:
        """The whole body. Raises as ``pieces``."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces of at most 64 KiB.

        Raises:
            BodyTooLargeError: there is more than the limit; the rest is not read.
            BodyIncompleteError: it ended early, or its chunks are not well formed.
            BodyTimeoutError: slower than 1 kB/s, or longer than two minutes.
        """
        begun = time.monotonic()
        length, seconds = 0, 0.0
        while self._announced is None or length < self._announced:
            # A read waits until it is filled, so whoever is slow is asked for little at a time.
            size = PIECE_BYTES if length > seconds * PIECE_BYTES else SMALL_PIECE_BYTES
            left = size if self._announced is None else self._announced - length
            piece = self._piece(min(size, left))
            if not piece:
                break
            length += len(piece)
            seconds = time.monotonic() - begun
            if length > self._limit_bytes:
                raise BodyTooLargeError(self._limit_bytes)
            check_pace(seconds, length)
            yield piece
        if self._announced is not None and length < self._announced:
            raise BodyIncompleteError

    def _piece(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except TimeoutError as error:
            raise BodyTimeoutError from error
        except (OSError, ValueError) as error:  # how WSGI servers tell of broken chunks and lost clients
            raise BodyIncompleteError from error


def _announced(environ: dict[str, Any]) -> int | None:
    """The Content-Length; ``None`` for a chunked body, whose end the server knows."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        if not (length.isascii() and length.isdigit()) or len(length) > len(str(2**63)):
            raise BodyIncompleteError
        return int(length)
    return None if environ.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in environ else 0


def check_pace(seconds: float, length: int) -> None:
    """See that so many bytes in so many seconds are enough.

    Raises:
        BodyTimeoutError: they are not.
    """
    if seconds > LONGEST_S or (seconds > PATIENCE_S and length < seconds * SLOWEST_BYTES_S):
        raise BodyTimeoutError
