"""The parts of a multipart body (RFC 2046 §5.1), cut out of the stream as it comes.

Strict about CRLF, so that every byte of a part is told from its delimiter. werkzeug 3.1's decoder is not:
where a piece ends right behind a delimiter's boundary, it adds the delimiter's CR to the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.http import parse_options_header

from service.api.faults import BodyIncompleteError, InvalidMultipartError

MOST_HEAD_BYTES = 16 * 1024
_CRLF = b"\r\n"
_PADDING = b" \t"


@dataclass(frozen=True, slots=True)
class PartHead:
    """What stands above a part's bytes.

    Attributes:
        name: of the form's field.
        filename: ``None`` for a part that is no file.
        fields: all header fields, names in lower case.
    """

    name: str
    filename: str | None
    fields: dict[str, str]


class Parts:
    """Reads part after part: each one's head, then its data to the end."""

    def __init__(self, pieces: Iterator[bytes], boundary: bytes) -> None:
        self._pieces = pieces
        self._delimiter = _CRLF + b"--" + boundary
        self._buffer = bytearray(_CRLF)  # so that the first delimiter looks like all others
        self._take_until(self._delimiter)

    def next_head(self) -> PartHead | None:
        """The next part's head; ``None`` behind the last part.

        Raises:
            InvalidMultipartError: it is not well formed.
            BodyIncompleteError, BodyTooLargeError, BodyTimeoutError: as ``Body``.
        """
        self._need(len(_CRLF))
        if self._buffer.startswith(b"--"):
            for _ in self._pieces:  # an epilogue means nothing
                pass
            return None
        if self._take_until(_CRLF).strip(_PADDING):
            raise InvalidMultipartError
        return _head(self._take_until(_CRLF + _CRLF))

    def data(self) -> Iterator[bytes]:
        """The bytes of the last head's part; to be read to their end. Raises as ``next_head``."""
        held = len(self._delimiter) - 1  # these may be the beginning of a delimiter
        while (end := self._buffer.find(self._delimiter)) < 0:
            if len(self._buffer) > held:
                yield bytes(self._buffer[:-held])
                del self._buffer[:-held]
            self._read()
        if end:
            yield bytes(self._buffer[:end])
        del self._buffer[: end + len(self._delimiter)]

    def _take_until(self, mark: bytes) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > MOST_HEAD_BYTES:
                raise InvalidMultipartError
            self._read()
        if end > MOST_HEAD_BYTES:
            raise InvalidMultipartError
        taken = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return taken

    def _need(self, length: int) -> None:
        while len(self._buffer) < length:
            self._read()

    def _read(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            raise BodyIncompleteError
        self._buffer += piece


def _head(lines: bytes) -> PartHead:
    try:
        text = lines.decode()
    except UnicodeDecodeError as error:
        raise InvalidMultipartError from error
    fields = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or name.lower() in fields:
            raise InvalidMultipartError
        fields[name.lower()] = value.strip()
    kind, parameters = parse_options_header(fields.get("content-disposition"))
    if kind.lower() != "form-data" or "name" not in parameters:
        raise InvalidMultipartError
    return PartHead(parameters["name"], parameters.get("filename"), fields)
