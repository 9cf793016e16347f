"""Bodies on the wire: nothing of them changes, and their size is known before."""

import base64
import quopri
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mail.encoding import encode_chunks, encode_text, encoded_size
from tests.mail.reader import canonical

SMUGGLED = [
    "\n.\n",
    "\n.\r\n",
    "\r.\r\n",
    "\r\n.\r",
    "\r\n.\n",
    "\r.\r",
    "\r\n.\r\n",
    "\r\n\r.\r\n",
    "\r\r\n.\r\r\n",
]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 114, 512 * 57 - 1, 512 * 57, 512 * 57 + 1, 100_000])
@pytest.mark.parametrize("piece", [1_000_000, 50_000, 1000, 57])
def test_base64_is_the_standard_librarys_with_crlf(size: int, piece: int) -> None:
    """Byte for byte, in whatever pieces the content comes, and as long as was foretold."""
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)

    encoded = b"".join(encode_chunks(body[at : at + piece] for at in range(0, size, piece)))

    assert encoded == base64.encodebytes(body).replace(b"\n", b"\r\n")
    assert encoded_size(size) == len(encoded)


@given(st.lists(st.binary(max_size=200), max_size=12))
def test_base64_does_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    """Also with empty pieces and with such that are shorter than a line."""
    body = b"".join(pieces)

    encoded = b"".join(encode_chunks(pieces))

    assert encoded == base64.encodebytes(body).replace(b"\n", b"\r\n")
    assert encoded_size(len(body)) == len(encoded)


def test_a_content_is_read_only_as_far_as_its_base64_is_taken() -> None:
    """A large file is never whole in memory."""
    taken = []

    def content() -> Iterator[bytes]:
        for number in range(4):
            taken.append(number)
            yield bytes(57_000)

    pieces = encode_chunks(content())
    next(pieces)

    assert taken == [0]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "7bit"),
        ("Guten Tag\n", "7bit"),
        ("Guten Tag", "7bit"),
        (".\n..\n.\n", "7bit"),
        ("x" * 78, "7bit"),
        ("x" * 79, "quoted-printable"),
        ("x" * 5000, "quoted-printable"),
        ("blank at the end \n", "quoted-printable"),
        ("--=_0123\n", "quoted-printable"),
        ("form\ffeed\n", "quoted-printable"),
        ("Guten Tag,\nschöne Grüße aus Berlin\n", "quoted-printable"),
        ("請求書をお送りします\n", "base64"),
    ],
)
def test_a_text_goes_in_the_plainest_encoding_that_is_safe(text: str, encoding: str) -> None:
    """And comes back with CRLF line ends, in lines of at most 78 characters."""
    used, body = encode_text(text)

    assert used == encoding
    assert decoded(used, body) == canonical(text)
    assert max(map(len, body.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("end", SMUGGLED)
@pytest.mark.parametrize("letter", ["a", "ä"])
def test_a_forged_end_of_data_stays_text(end: str, letter: str) -> None:
    """The list of SMTP smuggling: no bare CR or LF leaves, and no line is lost."""
    text = f"{letter}{end}MAIL FROM:<evil@x.test>{end}"

    used, body = encode_text(text)

    assert decoded(used, body) == canonical(text)
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")


def decoded(encoding: str, body: bytes) -> str:
    """The text that a reader gets."""
    if encoding == "base64":
        return base64.b64decode(body).decode()
    return (quopri.decodestring(body) if encoding == "quoted-printable" else body).decode()
