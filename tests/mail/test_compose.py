"""What leaves is what was written: structure, head, names, recipients."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import compose
from service.mail.message import Message, Stamp
from tests.mail.reader import arrive, named

STAMP = Stamp("msg_01k9", "<msg_01k9@example.com>", datetime(2026, 11, 23, 12, 30, tzinfo=UTC))
MESSAGE = Message(
    sender=Address("rechnung@example.com", "Müller & Söhne GmbH"),
    subject="Rechnung 2026-0001 für März",
    to=(Address("anna@example.org", "Anna Beispiel"),),
    text="Guten Tag\n",
)
PDF = Attachment("Rechnung.pdf", "application/pdf", BytesContent(b"%PDF-1.7 \r\n\xff\x00"))
LOGO = Attachment("logo.png", "image/png", BytesContent(b"\x89PNG\r\n"), content_id="logo@example.com")
HTML = '<p>Guten Tag <img src="cid:logo@example.com"></p>'


def wire(message: Message) -> bytes:
    """The composed mail in one."""
    return b"".join(compose(message, STAMP))


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({}, ["text/plain"]),
        ({"text": None}, ["text/plain"]),
        ({"html": HTML}, ["multipart/alternative", "text/plain", "text/html"]),
        ({"attachments": (PDF,)}, ["multipart/mixed", "text/plain", "application/pdf"]),
        (
            {"html": HTML, "attachments": (LOGO,)},
            ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"],
        ),
        (
            {"html": HTML, "attachments": (PDF, LOGO, PDF)},
            [
                *("multipart/mixed", "multipart/alternative", "text/plain"),
                *("multipart/related", "text/html", "image/png"),
                *("application/pdf", "application/pdf"),
            ],
        ),
        ({"attachments": (LOGO,)}, ["multipart/mixed", "text/plain", "image/png"]),
    ],
)
def test_a_mail_has_just_the_parts_that_it_needs(changes: dict[str, object], shape: list[str]) -> None:
    """Text, alternatives, shown images and files, from the plainest mail to the fullest."""
    assert arrive(compose(replace(MESSAGE, **changes), STAMP)).shape == shape  # type: ignore[arg-type]  # by name


def test_a_mail_that_shows_an_image_names_it_by_its_content_id() -> None:
    """The HTML finds its image by ``cid:``, and readers do not list it as a file."""
    arrived = arrive(compose(replace(MESSAGE, html=HTML, attachments=(LOGO, PDF)), STAMP))

    image = next(part for part in arrived.parsed.walk() if part.get_content_type() == "image/png")
    assert image["Content-ID"] == "<logo@example.com>"
    assert image.get_content_disposition() == "inline"


def test_the_head_holds_every_field_once_and_no_bcc() -> None:
    """The order is fixed too, so that two composings are equal."""
    message = replace(
        MESSAGE,
        cc=(Address("cc@example.org"),),
        bcc=(Address("hidden@example.org", "Hidden"),),
        reply_to=(Address("antwort@example.com"),),
        headers=(("X-Invoice", "2026-0001"), ("References", "<a@example.com> <b@example.com>")),
    )

    arrived = arrive(compose(message, STAMP))

    assert arrived.parsed.keys() == [
        *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "X-Postausgang-Id"),
        *("X-Invoice", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    ]
    assert b"hidden" not in arrived.wire.lower()
    assert arrived.text("Date") == "Mon, 23 Nov 2026 12:30:00 +0000"
    assert arrived.text("Message-ID") == STAMP.message_id
    assert arrived.text("X-Postausgang-Id") == STAMP.entry_id


def test_a_mail_to_hidden_recipients_only_has_no_to() -> None:
    """RFC 5322 §3.6.3 needs no destination field."""
    arrived = arrive(compose(replace(MESSAGE, to=(), bcc=(Address("hidden@example.org"),)), STAMP))

    assert "To" not in arrived.parsed
    assert b"hidden" not in arrived.wire


def test_the_same_message_is_the_same_bytes_at_every_composing() -> None:
    """A second try sends what the first one sent; another message has other boundaries."""
    message = replace(MESSAGE, html=HTML, attachments=(PDF, LOGO))

    assert wire(message) == wire(message)
    assert wire(message) != b"".join(compose(message, replace(STAMP, entry_id="msg_02")))


def test_a_boundary_in_a_body_ends_nothing() -> None:
    """Whoever knows the boundary and writes it into the text gains nothing."""
    message = replace(MESSAGE, attachments=(PDF,))
    boundary = str(arrive(compose(message, STAMP)).parsed.get_boundary())
    text = f"--{boundary}--\r\n--{boundary}\r\nContent-Type: text/html\r\n\r\nevil\r\n"

    arrived = arrive(compose(replace(message, text=text), STAMP))

    assert arrived.parsed.get_boundary() == boundary
    assert arrived.shape == ["multipart/mixed", "text/plain", "application/pdf"]
    assert arrived.body("text/plain") == text


def test_a_text_is_made_from_the_html_when_there_is_none() -> None:
    """Readers without HTML see the same words and the laid-out table, and no script."""
    html = (
        "<style>p{}</style><p>Grüße</p><script>evil()</script>"
        "<table><tr><td>Summe</td><td>3 €</td></tr></table>"
    )

    arrived = arrive(compose(replace(MESSAGE, text=None, html=html), STAMP))

    text = arrived.body("text/plain") or ""
    assert text.split() == ["Grüße", "Summe", "3", "€"]
    assert arrived.body("text/html") == html + "\r\n"


def test_a_given_text_is_kept_beside_the_html() -> None:
    """Also an empty one."""
    assert arrive(compose(replace(MESSAGE, html=HTML), STAMP)).body("text/plain") == "Guten Tag\r\n"
    assert arrive(compose(replace(MESSAGE, text="", html=HTML), STAMP)).body("text/plain") == ""


@pytest.mark.parametrize(
    "subject",
    [
        "",
        " ",
        "Rechnung",
        " leading, trailing and  doubled blanks ",
        "=?UTF-8?Q?hi=0ABcc:_evil@x.test?=",
        "=?UTF-8?Q?hi=0D=0ABcc:_evil@x.test?= =?utf-8?b?Cg==?=",
        "before =?us-ascii?q?x?= after",
        "ends with =?",
        "Bcc: evil@x.test",
        "Grüße, 請求書 🧾 \u200fעברית",
        "ü" * 998,
        "🧾" * 500,
        "word " * 190 + "end",
        "x" * 998,
        "%0ABcc: evil@x.test \\r\\nBcc: evil@x.test",
    ],
)
def test_a_subject_arrives_to_the_letter(subject: str) -> None:
    """Also one that looks encoded (CVE-2024-6923), one of blanks, and one of every length."""
    arrived = arrive(compose(replace(MESSAGE, subject=subject), STAMP))

    assert arrived.text("Subject") == subject
    assert "Bcc" not in arrived.parsed
    head = arrived.wire.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "name",
    [
        "Anna Beispiel",
        "Müller & Söhne GmbH",
        'Anna "die Große" Beispiel',
        'A "quoted" B. \\ C',
        "Beispiel, Anna",
        "anna@example.org",
        "a, b@c.de <d@e.de>",
        "=?utf-8?q?=22=2C_evil=40x.test?=",
        "株式会社" * 40,
        "Very long name " * 12 + "end",
        "(comment)",
        "'",
        ":;",
    ],
)
def test_a_display_name_arrives_to_the_letter(name: str) -> None:
    """Whatever stands in it, there is one recipient."""
    people = (Address("a@example.org", name), Address("b@example.org"))

    arrived = arrive(
        compose(replace(MESSAGE, to=people, sender=Address("rechnung@example.com", name)), STAMP)
    )

    assert arrived.addresses("To") == named(people)
    assert arrived.addresses("From") == [(name, "rechnung@example.com")]


def test_a_hundred_recipients_stand_in_folded_lines() -> None:
    """No line is longer than 78 characters for addresses of a usual length."""
    people = tuple(Address(f"person.{number}@example.org", f"Jörg Person {number}") for number in range(100))

    arrived = arrive(compose(replace(MESSAGE, to=people), STAMP))

    assert arrived.addresses("To") == named(people)
    assert max(map(len, arrived.wire.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    "filename",
    [
        "Rechnung.pdf",
        "Rechnung 2026-0001 (Kopie).pdf",
        "Rechnung für Müller.pdf",
        "請求書.pdf",
        'a"b\\c;d=e.pdf',
        "a\\\\b.pdf",
        "utf-8''evil%0D%0A.pdf",
        "=?utf-8?q?evil=0D=0A?=.pdf",
        "100% 'sure'.pdf",
        " .pdf ",
        "x" * 196 + ".pdf",
        "ü" * 98 + ".pdf",
        "🧾",
        "̈",
    ],
)
def test_a_file_name_arrives_to_the_letter(filename: str) -> None:
    """By RFC 2231 where it is more than simple ASCII, with an ASCII name for older readers."""
    attachment = replace(PDF, filename=filename)

    arrived = arrive(compose(replace(MESSAGE, attachments=(attachment,)), STAMP))

    part = arrived.parsed.get_payload(1)
    assert arrived.files == [(filename, "application/pdf", PDF.content.sha256)]
    assert part["Content-Type"].params["name"].isascii()  # type: ignore[union-attr,index]  # it is a part


def test_the_ascii_name_for_older_readers_spells_umlauts() -> None:
    """A German clerk still knows the file."""
    attachment = replace(PDF, filename="Rechnung für Größe Ålesund 請求書.pdf")

    assert b'name="Rechnung fuer Groesse Alesund _.pdf"' in wire(replace(MESSAGE, attachments=(attachment,)))


def test_a_mail_as_an_attachment_goes_as_plain_bytes() -> None:
    """RFC 2046 §5.2.1 forbids base64 for message/rfc822, and any other way would change its bytes."""
    attachment = Attachment("mail.eml", "message/rfc822", BytesContent(b"Subject: x\n\nbody"))

    arrived = arrive(compose(replace(MESSAGE, attachments=(attachment,)), STAMP))

    assert arrived.files == [("mail.eml", "application/octet-stream", attachment.content.sha256)]


@dataclass(frozen=True)
class Zeros:
    """A content that is made as it is read."""

    size_bytes: int
    sha256: str = ""

    def chunks(self) -> Iterator[bytes]:
        """See the port."""
        for _ in range(self.size_bytes // 1_000_000):
            yield bytes(1_000_000)


def test_a_large_attachment_is_never_whole_in_memory() -> None:
    """25 MB pass through less than 4 MB."""
    attachment = replace(PDF, content=Zeros(25_000_000))
    tracemalloc.start()

    composition = compose(replace(MESSAGE, attachments=(attachment,)), STAMP)
    total = sum(len(piece) for piece in composition)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == composition.size_bytes > 33_000_000
    assert peak < 4_000_000


def test_an_attachment_in_memory_is_not_copied_whole() -> None:
    """A JSON upload is held once; composing it takes little more."""
    attachment = replace(PDF, content=BytesContent(bytes(10_000_000)))
    tracemalloc.start()

    total = sum(len(piece) for piece in compose(replace(MESSAGE, attachments=(attachment,)), STAMP))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 13_000_000
    assert peak < 2_000_000
