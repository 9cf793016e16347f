"""Names of attached files, and what the files themselves say."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mail.archives import Archive, is_archive, is_like_its_name, look_into
from service.mail.attachment import BytesContent
from service.mail.filenames import (
    MAX_BYTES,
    clean_filename,
    guess_content_type,
    has_macros,
    is_blocked,
    number_filename,
)
from service.mail.rules import RuleError


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Rechnung.pdf", "Rechnung.pdf"),
        ("Übersicht.pdf", "Übersicht.pdf"),
        ("U\u0308bersicht.pdf", "Übersicht.pdf"),
        (' "Rechnung": 1/2'.replace("/", "|") + ".pdf. ", "'Rechnung'_ 1_2.pdf"),
        ("con", "_con"),
        ("LPT1.pdf", "_LPT1.pdf"),
        ("console.pdf", "console.pdf"),
        (".profile", ".profile"),
        ("ü" * 150 + ".pdf", "ü" * 98 + ".pdf"),
        ("a" * 300, "a" * 200),
    ],
)
def test_names_are_cleaned_by_rule(name: str, cleaned: str) -> None:
    """What some systems cannot keep is replaced; the ending survives."""
    assert clean_filename(name) == cleaned


@pytest.mark.parametrize(
    "name", ["", ".", "..", " . ", "a/b", "a\\b", "../a", "a\0", "a\r\nb", "a\u202eb", "a\u2066b", "\ud800"]
)
def test_names_that_deceive_are_refused(name: str) -> None:
    """Paths, control and direction characters, halves of characters, and nothing at all."""
    with pytest.raises(RuleError) as caught:
        clean_filename(name)

    assert caught.value.code == "attachment-name"


@given(st.text(max_size=300))
def test_a_cleaned_name_is_clean(name: str) -> None:
    """It fits, is one line, no path, and cleaning it again changes nothing."""
    try:
        cleaned = clean_filename(name)
    except RuleError:
        return

    assert 0 < len(cleaned.encode()) <= MAX_BYTES
    assert not set(cleaned) & set('/\\"<>:|?*\r\n\0')
    assert clean_filename(cleaned) == cleaned


def test_equal_names_are_numbered() -> None:
    """Also where they differ in case only, and where a number is already taken."""
    taken: set[str] = set()

    names = [number_filename(name, taken) for name in ("a.pdf", "A.PDF", "a (2).pdf", "a.pdf", "b", "b")]

    assert names == ["a.pdf", "A (2).PDF", "a (2) (2).pdf", "a (3).pdf", "b", "b (2)"]


def test_a_numbered_name_still_fits() -> None:
    """The stem gives way, not the number."""
    long = "a" * 196 + ".pdf"
    taken: set[str] = set()

    names = [number_filename(long, taken) for _ in range(11)]

    assert len(set(names)) == 11
    assert all(len(name) <= MAX_BYTES for name in names)
    assert names[-1].endswith(" (11).pdf")


@pytest.mark.parametrize(
    ("name", "blocked"),
    [
        ("a.exe", True),
        ("a.pdf.EXE", True),
        ("a.exe.gz", True),
        ("a.js. ", True),
        ("mappe/a.vbs", True),
        ("a.exe.pdf", False),
        ("exe", False),
        ("a.json", False),
        ("a.zip", False),
    ],
)
def test_gmails_list_is_kept(name: str, *, blocked: bool) -> None:
    """By the last ending that counts."""
    assert is_blocked(name) is blocked


def test_types_and_macros_are_told_by_the_ending() -> None:
    """The same answer on every machine."""
    assert guess_content_type("a.PDF") == "application/pdf"
    assert guess_content_type("a.xml") in {"text/xml", "application/xml"}
    assert guess_content_type("a.tar.gz") == "application/octet-stream"
    assert guess_content_type("a") == "application/octet-stream"
    assert has_macros("a.XLSM")
    assert not has_macros("a.xlsx")


@pytest.mark.parametrize(
    ("name", "body", "is_like"),
    [
        ("a.pdf", b"%PDF-1.7", True),
        ("a.pdf", b"\n" * 1000 + b"%PDF-1.4", True),
        ("a.pdf", b"MZ", False),
        ("a.PNG", b"\x89PNG\r\n\x1a\n", True),
        ("a.jpg", b"\x89PNG", False),
        ("a.xml", b"anything", True),
        ("a", b"", True),
    ],
)
def test_a_file_begins_as_its_name_says(name: str, body: bytes, *, is_like: bool) -> None:
    """Where the beginning of a type is known."""
    assert is_like_its_name(name, BytesContent(body)) is is_like


class Chopped:
    """Content in small chunks."""

    def __init__(self, body: bytes, size: int) -> None:
        self.size_bytes = len(body)
        self.sha256 = ""
        self._body = body
        self._size = size

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces."""
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]


def _zip(*names: str, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 1000)
        archive.comment = comment
    return file.getvalue()


@pytest.mark.parametrize("size", [1 << 20, 700])
def test_names_inside_an_archive_are_read(size: int) -> None:
    """However the bytes come, whatever the comment says."""
    good = _zip("rechnung.pdf", "mappe/über.txt", comment=b"evil.exe" * 100)
    bad = _zip("a.txt", *(f"{number}.pdf" for number in range(2000)), "b/EVIL.Scr")

    assert look_into(Chopped(good, size)) == Archive()
    assert look_into(Chopped(bad, size)) == Archive(has_blocked=True)


def test_a_password_is_seen() -> None:
    """The flag stands in the directory, so that nothing has to be opened."""
    body = bytearray(_zip("a.pdf"))
    entry = body.rfind(b"PK\x01\x02")
    body[entry + 8] |= 1

    assert look_into(BytesContent(bytes(body))) == Archive(is_encrypted=True)


@pytest.mark.parametrize(
    "body",
    [b"", b"PK", b"PK\x05\x06", _zip("a.pdf")[:-10], _zip("a.pdf").replace(b"PK\x01\x02", b"PK\x00\x00")],
)
def test_a_broken_archive_is_said_to_be_unreadable(body: bytes) -> None:
    """It is no reason to refuse a file, but to warn."""
    assert look_into(BytesContent(body)) == Archive(is_readable=False)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_look(body: bytes) -> None:
    """Whatever follows an archive's end mark."""
    look_into(BytesContent(b"PK\x01\x02" + body + b"PK\x05\x06" + body))


def test_archives_are_told_by_name_or_type() -> None:
    """Either is enough."""
    assert is_archive("a.ZIP", "application/octet-stream")
    assert is_archive("a", "application/zip")
    assert not is_archive("a.docx", "application/pdf")
