"""A stored mail goes to others: its recipients and its stamp are new, all else stays as it was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from service.errors import InvalidRequestError, SealError
from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import _boundary_stem, compose
from service.mail.message import Message, Stamp
from service.mail.readdress import Readdressed
from tests.mail.random_mail import composable
from tests.mail.reader import read_mail

OLD = Stamp("msg_01k9", "<msg_01k9@example.com>", datetime(2026, 11, 23, 12, 30, tzinfo=UTC))
NEW = Stamp("msg_01ka", "<msg_01ka@example.com>", datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
MESSAGE = Message(
    sender=Address("rechnung@example.com", "Müller & Söhne GmbH"),
    subject="Rechnung 2026-0001 für März",
    to=(Address("anna@falsch.example", "Anna Beispiel"),),
    cc=(Address("buch@example.org"),),
    reply_to=(Address("fragen@example.com"),),
    text="Guten Tag\n",
    attachments=(Attachment("Rechnung.pdf", "application/pdf", BytesContent(b"%PDF-1.7" * 1000)),),
    headers=(("X-Kunde", "17"),),
)
RIGHT = (Address("anna@example.org", "Anna Beispiel"),)


def readdressed(
    wire: bytes, to: tuple[Address, ...], cc: tuple[Address, ...] = (), *, piece: int = 1024
) -> Readdressed:
    """The mail once more, read from a store that gives it in pieces."""

    def stored() -> Iterator[bytes]:
        yield from (wire[start : start + piece] for start in range(0, len(wire), piece))

    return Readdressed(stored, len(wire), to=to, cc=cc, stamp=NEW)


@pytest.mark.parametrize("piece", [1, 7, 1024, 1_000_000])
def test_only_recipients_and_stamp_are_new(piece: int) -> None:
    """However the store cuts it: To and Cc are the new ones; subject, file and own fields are the old."""
    again = readdressed(b"".join(compose(MESSAGE, OLD)), RIGHT, piece=piece)

    wire = b"".join(again)
    found = read_mail(wire)
    assert len(wire) == again.size_bytes
    assert wire == b"".join(again)
    assert found.parsed["To"] == "Anna Beispiel <anna@example.org>"
    assert "falsch" not in wire.decode("ascii")
    assert found.parsed["Cc"] is None
    assert (found.parsed["Message-ID"], found.parsed["X-Postausgang-Id"]) == (NEW.message_id, NEW.entry_id)
    assert found.parsed["Date"].datetime == NEW.date
    assert (found.parsed["Subject"], found.parsed["X-Kunde"]) == (MESSAGE.subject, "17")
    assert found.parsed["Reply-To"] == "fragen@example.com"


@given(composable(), composable())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_is_what_composing_it_anew_would_give(message: Message, other: Message) -> None:
    """But for the boundaries, which are those of the stored mail."""
    stored = b"".join(compose(message, OLD))

    wire = b"".join(readdressed(stored, other.to, other.cc))

    stems = _boundary_stem(OLD).encode(), _boundary_stem(NEW).encode()
    assert wire.replace(*stems) == b"".join(compose(replace(message, to=other.to, cc=other.cc), NEW))


def test_hidden_recipients_alone_leave_no_to() -> None:
    """Then the head names nobody."""
    found = read_mail(b"".join(readdressed(b"".join(compose(MESSAGE, OLD)), ())))

    assert (found.parsed["To"], found.parsed["Cc"]) == (None, None)


def test_an_address_that_adds_a_field_is_refused() -> None:
    """The new head is proved as every head is."""
    forged = (Address("a@example.org", "A\r\nBcc: b@example.org"),)

    with pytest.raises(InvalidRequestError):
        readdressed(b"".join(compose(MESSAGE, OLD)), forged)


def test_what_is_no_mail_is_not_sent() -> None:
    """Bytes without a head can only be a damaged store."""
    with pytest.raises(SealError):
        readdressed(b"no head at all", RIGHT)
