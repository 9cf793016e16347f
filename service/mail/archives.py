"""What a file's own bytes say about it: its first bytes, and the names inside a ZIP archive.

A bounded look: at most the last MiB of an archive and its first 10,000 names.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from service.mail.attachment import Content
from service.mail.filenames import is_blocked

_FIRST_BYTES = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "odt": (b"PK\x03\x04",),
    "ods": (b"PK\x03\x04",),
}
_PDF_BEGINS_WITHIN = 1024  # ISO 32000-1, annex H.3, note 13
_TAIL = 1024 * 1024
_MOST_NAMES = 10_000
# PKWARE APPNOTE §4.3.16 and §4.3.12
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENCRYPTED = 0x1
_UTF8 = 0x800
_ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})


@dataclass(frozen=True, slots=True)
class Archive:
    """What a look into an archive found.

    Attributes:
        has_blocked: it holds a file that Gmail refuses.
        is_encrypted: a file in it needs a password.
        is_readable: the names could be read at all.
    """

    has_blocked: bool = False
    is_encrypted: bool = False
    is_readable: bool = True


def is_like_its_name(filename: str, content: Content) -> bool:
    """Whether a file begins as its ending promises; ``True`` for endings without a known beginning."""
    ending = filename.rpartition(".")[2].casefold()
    beginnings = _FIRST_BYTES.get(ending)
    if beginnings is None:
        return True
    first = bytes(next(content.chunks(), b"")[:_PDF_BEGINS_WITHIN])
    return beginnings[0] in first if ending == "pdf" else first.startswith(beginnings)


def is_archive(filename: str, content_type: str) -> bool:
    """Whether the names inside have to be looked at."""
    return filename.casefold().endswith(".zip") or content_type in _ZIP_TYPES


def look_into(content: Content) -> Archive:
    """Read the names in an archive's directory, which stands at its end."""
    tail = bytearray()
    for chunk in content.chunks():
        tail += chunk
        del tail[:-_TAIL]
    names = _names(bytes(tail))
    if names is None:
        return Archive(is_readable=False)
    return Archive(
        has_blocked=any(is_blocked(name) for name, _ in names),
        is_encrypted=any(encrypted for _, encrypted in names),
    )


def _names(tail: bytes) -> list[tuple[str, bool]] | None:
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END.size:
        return None
    _, _, _, _, count, size, _, _ = _END.unpack_from(tail, end)
    if size > end or count > _MOST_NAMES:
        return None
    found = list(_entries(tail, end - size, end))
    return found if len(found) == count else None


def _entries(tail: bytes, start: int, end: int) -> Iterator[tuple[str, bool]]:
    while start + _ENTRY.size <= end:
        entry = _ENTRY.unpack_from(tail, start)
        if entry[0] != b"PK\x01\x02":
            return
        flags, name_length, extra_length, comment_length = entry[3], entry[10], entry[11], entry[12]
        name_start = start + _ENTRY.size
        raw = tail[name_start : name_start + name_length]
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
        yield name, bool(flags & _ENCRYPTED)
        start = name_start + name_length + extra_length + comment_length
