"""Any message that is admitted arrives as it was meant."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import compose
from service.mail.message import Message, Stamp
from tests.mail.reader import arrive, canonical, named

STAMP = Stamp("msg_01k9rbq4fv0c5x2y7t8w3z6n1d", "<msg_01k9@example.com>", datetime(2026, 11, 23, tzinfo=UTC))

# Beside any Unicode, the characters that mean something to a parser.
MEANINGFUL = st.sampled_from(
    [
        "=?",
        "?=",
        "=?utf-8?q?a?=",
        '"',
        "\\",
        ",",
        ";",
        "<",
        ">",
        "(",
        "@",
        " ",
        "  ",
        "'",
        "%",
        "word",
        "Ü" * 40,
    ]
)
DENSE = st.lists(MEANINGFUL, max_size=12).map("".join)
LINES = DENSE | st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)
VISIBLE = DENSE | st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf", "Co", "Cn")), max_size=200
)
LOCALS = st.lists(st.text("az09!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=12), min_size=1, max_size=4).map(
    ".".join
)
DOMAINS = st.sampled_from(
    ["example.com", "xn--mller-kva.de", "a.b.c.example.org", f"{'a' * 60}.{'b' * 60}.de"]
)
ADDRESSES = st.builds(Address, st.builds("{}@{}".format, LOCALS, DOMAINS), VISIBLE)
LISTS = st.lists(ADDRESSES, max_size=3).map(tuple)
BODIES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=400) | st.lists(
    st.sampled_from(["a" * 70, "ä", ".", "\n", "\r\n", "\r", " ", "\t", "=", "--=_x", "From ", "x" * 1100]),
    max_size=20,
).map("".join)
FILENAMES = VISIBLE.map(lambda name: name[:60]).filter(bool)
ATTACHMENTS = st.builds(
    Attachment,
    filename=FILENAMES,
    content_type=st.sampled_from(["application/pdf", "text/xml", "image/png", "text/plain", "text/html"]),
    content=st.binary(max_size=400).map(BytesContent),
    content_id=st.none() | st.sampled_from(["logo", "image.1@example.com"]),
)
HEADERS = st.lists(
    st.tuples(st.text("abCD09-", min_size=1, max_size=30).map("X-{}".format), LINES),
    max_size=3,
    unique_by=lambda header: header[0].lower(),
).map(tuple)
MESSAGES = st.builds(
    Message,
    sender=ADDRESSES,
    subject=LINES | st.text("aÜ🧾 ", max_size=998),
    to=LISTS,
    cc=LISTS,
    bcc=LISTS,
    reply_to=LISTS,
    text=BODIES,
    html=st.none() | BODIES,
    attachments=st.lists(ATTACHMENTS, max_size=3).map(tuple),
    headers=HEADERS,
)


@given(MESSAGES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_admitted_message_arrives_as_it_was_meant(message: Message) -> None:
    """300 random messages: fields, recipients, bodies and attachments."""
    check(message)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(MESSAGES)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ten_thousand_admitted_messages_arrive_as_they_were_meant(message: Message) -> None:
    """The same with the number that the project promises."""
    check(message)


def check(message: Message) -> None:
    """Compose, read, compare with what was meant."""
    arrived = arrive(compose(message, STAMP))

    assert [name.lower() for name in arrived.parsed] == [name.lower() for name in expected_fields(message)]
    assert arrived.addresses("From") == named((message.sender,))
    assert arrived.addresses("To") == named(message.to)
    assert arrived.addresses("Cc") == named(message.cc)
    assert arrived.addresses("Reply-To") == named(message.reply_to)
    assert arrived.text("Subject") == message.subject
    assert [arrived.text(name) for name, _ in message.headers] == [value for _, value in message.headers]
    assert arrived.body("text/plain") == canonical(message.text or "")
    assert arrived.body("text/html") == (canonical(message.html) if message.html else None)
    assert sorted(arrived.files, key=str) == sorted(
        ((one.filename, one.content_type, one.content.sha256) for one in message.attachments), key=str
    )


def expected_fields(message: Message) -> list[str]:
    """The names of all fields in their order."""
    addressed = {"From": True, "To": message.to, "Cc": message.cc, "Reply-To": message.reply_to}
    single = not message.attachments and not message.html
    return [
        *(name for name, addresses in addressed.items() if addresses),
        *("Subject", "Date", "Message-ID", "X-Postausgang-Id"),
        *(name for name, _ in message.headers),
        *("MIME-Version", "Content-Type"),
        *(["Content-Transfer-Encoding"] if single else []),
    ]
