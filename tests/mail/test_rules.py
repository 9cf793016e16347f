"""What may stand in a mail's fields."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.mail import rules
from service.mail.address import Address, AddressError, check_name
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import compose
from service.mail.filenames import clean_filename
from service.mail.message import Message, Stamp
from service.mail.rules import RuleError


@pytest.mark.parametrize(
    ("check", "value", "code"),
    [
        (rules.check_subject, "", "invalid-length"),
        (rules.check_subject, "\u00a0 ", "invalid-length"),
        (rules.check_subject, "a" * 999, "invalid-length"),
        (rules.check_subject, "a\tb", "invalid-characters"),
        (rules.check_subject, "a\x9fb", "invalid-characters"),
        (rules.check_subject, "a\u2029b", "invalid-characters"),
        (rules.check_text, "a\0", "invalid-characters"),
        (rules.check_text, "a\udc00", "invalid-characters"),
        (rules.check_text, "a" * 1_000_001, "invalid-length"),
        (rules.check_header_name, "X-", "header-not-allowed"),
        (rules.check_header_name, "X_A", "header-not-allowed"),
        (rules.check_header_name, "x-postausgang-id", "header-not-allowed"),
        (rules.check_header_name, "X-Google-Original-From", "header-not-allowed"),
        (rules.check_header_name, "X-Ä", "header-not-allowed"),
        (rules.check_header_name, "X-" + "a" * 60, "header-not-allowed"),
        (rules.check_header_name, "Return-Path", "header-not-allowed"),
        (rules.check_header_name, "Resent-To", "header-not-allowed"),
        (rules.check_header_name, "", "header-not-allowed"),
        (rules.check_header_value, "a" * 999, "invalid-length"),
        (rules.check_header_value, "a\r\n b", "invalid-characters"),
        (rules.check_content_type, "application", "invalid-content-type"),
        (rules.check_content_type, "a/b\r\nX: y", "invalid-content-type"),
        (rules.check_content_type, "", "invalid-content-type"),
        (rules.check_content_id, "<a>", "invalid-content-id"),
        (rules.check_content_id, "", "invalid-content-id"),
        (rules.check_content_id, "ä", "invalid-content-id"),
    ],
)
def test_what_cannot_go_into_a_mail_is_refused(check: Callable[[str], str], value: str, code: str) -> None:
    """Each rule has its code and a sentence."""
    with pytest.raises(RuleError) as caught:
        check(value)

    assert caught.value.code == code
    assert caught.value.args[0].endswith(".")


@pytest.mark.parametrize(
    ("check", "value", "result"),
    [
        (rules.check_subject, "=?UTF-8?Q?Bcc:?= Ümlaut 🧾", "=?UTF-8?Q?Bcc:?= Ümlaut 🧾"),
        (rules.check_text, "a\rb\n\x0b", "a\rb\n\x0b"),
        (rules.check_header_name, "X-Rechnung", "X-Rechnung"),
        (rules.check_header_name, "list-unsubscribe", "list-unsubscribe"),
        (rules.check_content_type, "Text/CSV; charset=utf-8", "text/csv"),
        (rules.check_content_id, "logo@muster.example", "logo@muster.example"),
    ],
)
def test_what_can_go_into_a_mail_stays_as_it_is(check: Callable[[str], str], value: str, result: str) -> None:
    """Only a content type is brought into its plain form."""
    assert check(value) == result


@given(st.text(max_size=50))
def test_no_line_that_passes_can_break_a_head(text: str) -> None:
    """What ``splitlines`` of any kind would cut is refused."""
    try:
        rules.check_line(text, 50, "It")
    except RuleError:
        return

    assert len(text.splitlines()) <= 1
    text.encode()


@given(line=st.text(min_size=1, max_size=120), name=st.text(max_size=60))
def test_what_passes_the_door_can_be_composed(line: str, name: str) -> None:
    """Subject, header, file name, display name and text, once checked, never fail later."""
    try:
        message = Message(
            sender=Address("a@example.com", check_name(name)),
            subject=rules.check_subject(line),
            to=(Address("b@example.com"),),
            text=rules.check_text(line),
            headers=(("X-Own", rules.check_header_value(line)),),
            attachments=(Attachment(clean_filename(name), "application/pdf", BytesContent(b"%PDF-")),),
        )
    except (RuleError, AddressError):
        return

    composition = compose(message, Stamp("msg_1", "<msg_1@example.com>", datetime(2026, 11, 23, tzinfo=UTC)))

    assert len(b"".join(composition)) == composition.size_bytes


@pytest.mark.parametrize(
    ("name", "value", "is_good"),
    [
        ("X-A", "ä", True),
        ("Keywords", "Rechnung, März", True),
        ("References", "<a@example.com>", True),
        ("References", "ä", False),
        ("In-Reply-To", " ", False),
    ],
)
def test_structured_headers_are_ascii(name: str, value: str, *, is_good: bool) -> None:
    """A field that mail programs parse cannot be an encoded-word."""
    if is_good:
        rules.check_header(name, value)
    else:
        with pytest.raises(RuleError):
            rules.check_header(name, value)


@pytest.mark.parametrize(
    ("domain", "is_mixed"),
    [
        ("example.com", False),
        ("xn--mller-kva.example", False),
        ("xn--80ak6aa92e.example", False),
        ("pаypal.example".encode("idna").decode(), True),
    ],
)
def test_alphabets_are_not_mixed_in_one_label(domain: str, *, is_mixed: bool) -> None:
    """A Cyrillic а between Latin letters is a trick; a whole Cyrillic word is a name."""
    assert rules.has_mixed_scripts(domain) is is_mixed
