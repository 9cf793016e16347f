"""multipart/form-data (RFC 7578), read as it comes: files go straight into the spool."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
    Preamble,
    State,
)

from service.api.attachments import Upload
from service.api.body import Body
from service.api.faults import BodyIncompleteError, BodyTooLargeError, InvalidMultipartError
from service.api.reading import pointer
from service.errors import InvalidRequestError, MessageTooLargeError, Problem
from service.mail.attachment import Content, Spool

MESSAGE_BYTES = 4 * 1024 * 1024
OVERHEAD_BYTES = 1024 * 1024  # boundaries and heads of all parts
MOST_PARTS = 101
MOST_HEAD_BYTES = 16 * 1024
_MOST_BOUNDARY = 70  # RFC 2046 §5.1.1
_FILE_PARTS = frozenset({"attachments", "attachments[]", "files", "files[]"})
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(slots=True)
class Form:
    """What a form held.

    Attributes:
        message: the JSON of the part ``message``.
    """

    message: bytes | None = None
    files: list[Upload] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)


def read_form(request: Request, spool: Spool, max_attachments_bytes: int) -> Form:
    """Read a whole form.

    Raises:
        InvalidMultipartError: it is not well formed.
        BodyIncompleteError, BodyTooLargeError, BodyTimeoutError: as ``Body``.
        MessageTooLargeError: the files are too large together.
        InvalidRequestError: parts that do not belong there.
        StorageError: a file cannot be kept.
    """
    boundary = request.mimetype_params.get("boundary", "")
    if not 0 < len(boundary) <= _MOST_BOUNDARY or not boundary.isascii():
        raise InvalidMultipartError
    body = Body(request.environ, max_attachments_bytes + MESSAGE_BYTES + OVERHEAD_BYTES)
    return _FormReader(body, boundary.encode(), spool, max_attachments_bytes).read()


class _FormReader:
    def __init__(self, body: Body, boundary: bytes, spool: Spool, max_bytes: int) -> None:
        self._pieces = body.pieces()
        self._decoder = MultipartDecoder(boundary, max_parts=MOST_PARTS)
        self._spool = spool
        self._max_bytes = max_bytes
        self._file_bytes = 0
        self._form = Form()

    def read(self) -> Form:
        while not isinstance(event := self._next(), Epilogue):
            if isinstance(event, File | Field):
                self._take(event)
            elif not isinstance(event, Preamble):
                raise InvalidMultipartError
        if self._file_bytes > self._max_bytes:
            raise MessageTooLargeError(self._file_bytes, self._max_bytes)
        if self._form.message is None:
            self._form.faults.append(Problem("/message", "required", "The part message is missing."))
        if self._form.faults:
            raise InvalidRequestError(*self._form.faults)
        return self._form

    def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                if len(self._decoder.buffer) > MOST_HEAD_BYTES:
                    raise InvalidMultipartError
                self._feed()
        except (ValueError, UnicodeDecodeError) as error:
            raise InvalidMultipartError from error
        except RequestEntityTooLarge as error:
            raise InvalidMultipartError("There are too many parts.") from error
        return event

    def _feed(self) -> None:
        piece = next(self._pieces, None)
        if piece is None and self._decoder.state is not State.EPILOGUE:
            raise BodyIncompleteError
        self._decoder.receive_data(piece)

    def _take(self, part: File | Field) -> None:
        if part.name == "message":
            self._take_message()
        elif part.name in _FILE_PARTS and isinstance(part, File):
            self._take_file(part)
        else:
            self._refuse(part)

    def _refuse(self, part: File | Field) -> None:
        code, detail = "unknown-field", "The parts are message and attachments."
        if part.name in _FILE_PARTS:
            code, detail = "attachment-name", "A file part needs a filename."
        self._form.faults.append(Problem(pointer(part.name or ""), code, detail))
        for _ in self._data():  # read past it, so that all faults are named at once
            pass

    def _take_message(self) -> None:
        text = bytearray()
        for piece in self._data():
            text += piece
            if len(text) > MESSAGE_BYTES:
                raise BodyTooLargeError(MESSAGE_BYTES)
        if self._form.message is not None:
            raise InvalidMultipartError("The part message comes twice.")
        self._form.message = bytes(text)

    def _take_file(self, part: File) -> None:
        content = self._spool.keep(self._counted())
        self._form.files.append(_upload(part, content))
        if part.headers.get("Content-Transfer-Encoding", "").lower() not in _PLAIN_ENCODINGS:
            where = f"/attachments/{len(self._form.files) - 1}"
            self._form.faults.append(
                Problem(where, "attachment-encoding", "Files are sent as they are (RFC 7578 §4.7).")
            )

    def _counted(self) -> Iterator[bytes]:
        """The file's bytes; what is too much is counted and let go, so that the answer can name the size."""
        for piece in self._data():
            self._file_bytes += len(piece)
            if self._file_bytes <= self._max_bytes:
                yield piece

    def _data(self) -> Iterator[bytes]:
        while True:
            event = self._next()
            if not isinstance(event, Data):
                raise InvalidMultipartError
            if event.data:
                yield event.data
            if not event.more_data:
                return


def _upload(part: File, content: Content) -> Upload:
    content_id = part.headers.get("Content-ID")
    return Upload(
        filename=part.filename,
        content=content,
        content_type=part.headers.get("Content-Type"),
        content_id=content_id.strip("<>") if content_id else None,
    )
