"""Files of a request become ``Attachment``s: named, typed, looked into, and counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.errors import Problem
from service.mail.archives import is_archive, is_like_its_name, look_into
from service.mail.attachment import Attachment, Content
from service.mail.filenames import (
    clean_filename,
    guess_content_type,
    has_macros,
    is_blocked,
    number_filename,
)
from service.mail.rules import RuleError, check_content_id, check_content_type


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, nothing of it checked but that its bytes are complete.

    Attributes:
        sha256: what the caller says that its hash is.
    """

    filename: str
    content: Content
    content_type: str | None = None
    content_id: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """What became of the uploads: attachments, or faults; and warnings."""

    attachments: list[Attachment] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def read_files(uploads: list[Upload]) -> Files:
    """Check every upload; all faults and warnings at once."""
    files = Files()
    names: set[str] = set()
    content_ids: set[str] = set()
    for position, upload in enumerate(uploads):
        pointer = f"/attachments/{position}"
        try:
            attachment = _attachment(upload, names, content_ids)
            doubts = list(_doubts(upload, attachment))
        except _FileError as error:
            files.faults.append(Problem(pointer + error.member, error.code, error.args[0]))
            continue
        files.attachments.append(attachment)
        files.warnings.extend(Problem(pointer + member, code, "") for member, code in doubts)
    return files


class _FileError(Exception):
    def __init__(self, member: str, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.member = member
        self.code = code


def _attachment(upload: Upload, names: set[str], content_ids: set[str]) -> Attachment:
    if not upload.content.size_bytes:
        raise _FileError("/content", "attachment-empty", "The attachment has no bytes.")
    if upload.sha256 is not None and upload.sha256.lower() != upload.content.sha256:
        raise _FileError("/sha256", "attachment-hash-mismatch", "The bytes have another SHA-256.")
    member = "/filename"
    try:
        filename = clean_filename(upload.filename)
        member = "/content_type"
        content_type = check_content_type(upload.content_type or guess_content_type(filename))
        member = "/content_id"
        content_id = None if upload.content_id is None else check_content_id(upload.content_id)
    except RuleError as error:
        raise _FileError(member, error.code, error.args[0]) from None
    if content_id in content_ids:
        raise _FileError("/content_id", "invalid-content-id", "Two files have this content id.")
    if content_id is not None:
        content_ids.add(content_id)
    if is_blocked(filename):
        raise _FileError("/filename", "attachment-type-blocked", "Gmail does not take files of this type.")
    return Attachment(number_filename(filename, names), content_type, upload.content, content_id)


def _doubts(upload: Upload, attachment: Attachment) -> Iterator[tuple[str, str]]:
    """What is no fault but should be known; raises for what is one after all."""
    if attachment.filename != upload.filename:
        yield "/filename", "attachment-renamed"
    if has_macros(attachment.filename):
        yield "/filename", "attachment-macros"
    if not is_like_its_name(attachment.filename, attachment.content):
        yield "/content", "attachment-content-differs"
    elif is_archive(attachment.filename, attachment.content_type):
        found = look_into(attachment.content)
        if found.has_blocked:
            raise _FileError("/content", "attachment-type-blocked", "The archive holds a blocked file.")
        if found.is_encrypted:
            yield "/content", "attachment-encrypted"
        if not found.is_readable:
            yield "/content", "attachment-not-checked"
