"""multipart/form-data (RFC 7578), read as it comes: files go straight into the spool."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Request

from service.api.attachments import Upload
from service.api.body import Body
from service.api.faults import BodyTooLargeError, InvalidMultipartError
from service.api.parts import PartHead, Parts
from service.api.reading import pointer
from service.errors import InvalidRequestError, MessageTooLargeError, Problem
from service.mail.attachment import Spool

MESSAGE_BYTES = 4 * 1024 * 1024
OVERHEAD_BYTES = 1024 * 1024  # boundaries and heads of all parts
MOST_PARTS = 101
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
    return _FormReader(Parts(body.pieces(), boundary.encode()), spool, max_attachments_bytes).read()


class _FormReader:
    def __init__(self, parts: Parts, spool: Spool, max_bytes: int) -> None:
        self._parts = parts
        self._spool = spool
        self._max_bytes = max_bytes
        self._file_bytes = 0
        self._form = Form()

    def read(self) -> Form:
        count = 0
        while (head := self._parts.next_head()) is not None:
            count += 1
            if count > MOST_PARTS:
                raise InvalidMultipartError("There are too many parts.")
            self._take(head)
        if self._file_bytes > self._max_bytes:
            raise MessageTooLargeError(self._file_bytes, self._max_bytes)
        if self._form.message is None:
            self._form.faults.append(Problem("/message", "required", "The part message is missing."))
        if self._form.faults:
            raise InvalidRequestError(*self._form.faults)
        return self._form

    def _take(self, head: PartHead) -> None:
        if head.name == "message":
            self._take_message()
        elif head.name in _FILE_PARTS and head.filename is not None:
            self._take_file(head, head.filename)
        else:
            self._refuse(head)

    def _refuse(self, head: PartHead) -> None:
        code, detail = "unknown-field", "The parts are message and attachments."
        if head.name in _FILE_PARTS:
            code, detail = "attachment-name", "A file part needs a filename."
        self._form.faults.append(Problem(pointer(head.name), code, detail))
        for _ in self._parts.data():  # read past it, so that all faults are named at once
            pass

    def _take_message(self) -> None:
        text = bytearray()
        for piece in self._parts.data():
            text += piece
            if len(text) > MESSAGE_BYTES:
                raise BodyTooLargeError(MESSAGE_BYTES)
        if self._form.message is not None:
            raise InvalidMultipartError("The part message comes twice.")
        self._form.message = bytes(text)

    def _take_file(self, head: PartHead, filename: str) -> None:
        content = self._spool.keep(self._counted())
        content_id = head.fields.get("content-id")
        self._form.files.append(
            Upload(
                filename=filename,
                content=content,
                content_type=head.fields.get("content-type"),
                content_id=content_id.strip("<>") if content_id else None,
            )
        )
        if head.fields.get("content-transfer-encoding", "").lower() not in _PLAIN_ENCODINGS:
            where = pointer("attachments", len(self._form.files) - 1)
            detail = "Files are sent as they are (RFC 7578 §4.7)."
            self._form.faults.append(Problem(where, "attachment-encoding", detail))

    def _counted(self) -> Iterator[bytes]:
        """The file's bytes; what is too much is counted and let go, so that the answer can name the size."""
        for piece in self._parts.data():
            self._file_bytes += len(piece)
            if self._file_bytes <= self._max_bytes:
                yield piece
