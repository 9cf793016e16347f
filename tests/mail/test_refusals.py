"""What cannot stand in a mail as it was meant is refused, even when nobody looked at the message before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.errors import InvalidRequestError
from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import compose
from service.mail.message import Message, Stamp

STAMP = Stamp("msg_01k9", "<msg_01k9@example.com>", datetime(2026, 11, 23, 12, 30, tzinfo=UTC))
MESSAGE = Message(Address("rechnung@example.com"), "Rechnung", to=(Address("anna@example.org"),), text="x")
PDF = Attachment("Rechnung.pdf", "application/pdf", BytesContent(b"%PDF-1.7"))

CONTROLS = ["\r\nBcc: evil@x.test", "\nBcc: evil@x.test", "\r", "\0", "\x0b", "\x0c", "\x1c", "\x7f", "\x85"]
BREAKERS = [*CONTROLS, "\u2028", "\u2029", "\ud800", "\udfff"]


@pytest.mark.parametrize("breaker", BREAKERS)
@pytest.mark.parametrize(
    ("pointer", "field"),
    [("/subject", "subject"), ("/from", "sender"), ("/to", "to"), ("/cc", "cc"), ("/reply_to", "reply_to")],
)
def test_a_character_that_breaks_a_line_is_refused(breaker: str, pointer: str, field: str) -> None:
    """Even when nobody looked at the message before."""
    text = f"a{breaker}b"
    address = Address("a@example.org", text)
    value = {"subject": text, "sender": address}.get(field, (address,))

    with pytest.raises(InvalidRequestError) as caught:
        compose(replace(MESSAGE, **{field: value}), STAMP)  # type: ignore[arg-type]  # by name

    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [
        (pointer, "invalid-characters")
    ]
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        "a@b.de, c@d.de",
        '"a@evil x"@good.de',
        "<a@b.de>,<c@d.de>",
        "a@b.de (comment)",
        "group: a@b.de;",
        "a@[127.0.0.1]",
        "a b@c.de",
        "a@b.de\r\nBcc: evil@x.test",
        "ä@b.de",
        "a@bü.de",
        "a@",
        "",
        "=?utf-8?q?a=40b.de=2C?= c@d.de",
        "a\u200b@b.de",
    ],
)
def test_an_address_that_two_parsers_could_read_in_two_ways_is_refused(spec: str) -> None:
    """Nobody gets a mail who was not named as one plain address."""
    with pytest.raises(InvalidRequestError):
        compose(replace(MESSAGE, to=(Address("anna@example.org"), Address(spec))), STAMP)


@pytest.mark.parametrize(
    "name",
    [
        "Bcc",
        "bCC",
        "From",
        "Subject",
        "Content-Type",
        "Resent-To",
        "DKIM-Signature",
        "X-Postausgang-Id",
        "Received",
    ],
)
def test_a_field_that_the_service_writes_itself_is_refused(name: str) -> None:
    """Extra headers never change who gets the mail or what it is."""
    with pytest.raises(InvalidRequestError) as caught:
        compose(replace(MESSAGE, headers=((name, "x@example.org"),)), STAMP)

    assert caught.value.problems[0].code == "header-not-allowed"


@pytest.mark.parametrize("name", ["", "X A", "X:", "X\nBcc", "X\r\nBcc: a@b.de\r\nY", "Xü", "X" * 100])
def test_a_field_name_that_is_none_is_refused(name: str) -> None:
    """Header *names* inject on many versions of Python."""
    with pytest.raises(InvalidRequestError):
        compose(replace(MESSAGE, headers=((name, "x"),)), STAMP)


def test_a_field_that_comes_twice_is_refused() -> None:
    """Every name stands once."""
    with pytest.raises(InvalidRequestError):
        compose(replace(MESSAGE, headers=(("X-A", "1"), ("x-a", "2"))), STAMP)


@pytest.mark.parametrize(
    "changes",
    [
        {"filename": "a\r\nBcc: evil@x.test\r\n.pdf"},
        {"filename": "a\0.pdf"},
        {"filename": "a\ud800.pdf"},
        {"content_type": "text/html\r\nX-Evil: 1"},
        {"content_type": 'application/pdf; name="evil.exe"'},
        {"content_type": "pdf"},
        {"content_id": "a>\r\nX-Evil: 1"},
        {"content_id": ""},
        {"content_id": "ü"},
    ],
)
def test_an_attachment_whose_words_break_its_head_is_refused(changes: dict[str, str]) -> None:
    """The error points at the attachment."""
    attachment = replace(PDF, **changes)  # type: ignore[arg-type]  # by name

    with pytest.raises(InvalidRequestError) as caught:
        compose(replace(MESSAGE, attachments=(PDF, attachment)), STAMP)

    assert caught.value.problems[0].pointer == f"/attachments/1/{next(iter(changes))}"


@pytest.mark.parametrize("field", ["text", "html"])
@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_body_with_nul_or_half_a_character_is_refused(field: str, text: str) -> None:
    """No mail can carry them."""
    with pytest.raises(InvalidRequestError) as caught:
        compose(replace(MESSAGE, **{field: text}), STAMP)  # type: ignore[arg-type]  # by name

    assert caught.value.problems[0].pointer == f"/{field}"
