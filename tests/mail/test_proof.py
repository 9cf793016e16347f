"""The proof is worth something: heads that say more than was meant do not pass."""

import pytest

from service.errors import InvalidRequestError
from service.mail.address import Address
from service.mail.proof import prove_addresses, prove_attachment, prove_text, read_head

NAMES = ["From", "Subject"]


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@b.de\r\nSubject: x\r\nBcc: evil@x.test\r\n\r\n",
        b"From: a@b.de\r\n\r\n",
        b"Subject: x\r\nFrom: a@b.de\r\n\r\n",
        b"From: a@b.de\r\nFrom: a@b.de\r\nSubject: x\r\n\r\n",
        b"From: a@b.de\r\nSubject: x\r\n\r\nbody",
        b"From: a@b.de\r\nSubject: x\r\n",
        b"From: a@b.de\nSubject: x\n\n",
        b"From: a@b.de\r\nSubject: x\rBcc: evil@x.test\r\n\r\n",
        b"From: a@b.de\r\nSubject: x\nBcc: evil@x.test\r\n\r\n",
        b"From: a@b.de\r\nSubject: x\r\n \r\n\r\n",
        b"From: a@b.de\r\nSubject: \xc3\xbc\r\n\r\n",
        b"From: a@b.de\r\nSubject: \0\r\n\r\n",
        b"From: a@b.de\r\nSubject: x\r\nno field\r\n\r\n",
        b"From: a@b.de\r\nSubject: " + b"x" * 990 + b"\r\n\r\n",
        b" From: a@b.de\r\nSubject: x\r\n\r\n",
        b"",
    ],
)
def test_a_head_that_is_not_exactly_what_was_meant_is_refused(head: bytes) -> None:
    """One field more, less, twice or in other order; other line ends; other bytes; a body; a long line."""
    with pytest.raises(InvalidRequestError):
        read_head(head, NAMES)


def test_a_head_as_it_was_meant_passes() -> None:
    """Folded lines too."""
    parsed = read_head(b"From: a@b.de\r\nSubject: x\r\n y\r\n\r\n", NAMES)

    prove_text(parsed, "Subject", "x y", "/subject")
    prove_addresses(parsed, "From", (Address("a@b.de"),), "/from")


@pytest.mark.parametrize(
    "value", ["other", "=?utf-8?q?y?=", "=?utf-8?b?=FF?=", "=?no-such?q?x?=", "=?utf-8?q?=FF?="]
)
def test_a_text_that_reads_otherwise_is_refused(value: str) -> None:
    """Also where it cannot be decoded at all."""
    parsed = read_head(f"From: a@b.de\r\nSubject: {value}\r\n\r\n".encode(), NAMES)

    with pytest.raises(InvalidRequestError):
        prove_text(parsed, "Subject", "x", "/subject")


@pytest.mark.parametrize("value", ["a@b.de, c@d.de", "c@d.de", "x <a@b.de>", "a@b.de <c@d.de>", ""])
def test_addresses_that_read_otherwise_are_refused(value: str) -> None:
    """One more, another one, another name."""
    parsed = read_head(f"From: {value}\r\nSubject: x\r\n\r\n".encode(), NAMES)

    with pytest.raises(InvalidRequestError):
        prove_addresses(parsed, "From", (Address("a@b.de"),), "/from")


def test_a_file_that_reads_otherwise_is_refused() -> None:
    """Name and type are those that were given."""
    head = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\n'
    parsed = read_head(head, ["Content-Type", "Content-Disposition"])

    prove_attachment(parsed, "application/pdf", "a.pdf", "")
    for content_type, filename in (("application/pdf", "b.pdf"), ("image/png", "a.pdf")):
        with pytest.raises(InvalidRequestError):
            prove_attachment(parsed, content_type, filename, "")
