"""The contract of ``Transport`` over every way to send. The sandbox's own count is the truth.

A try ends in a receipt, or in a ``DeliveryError`` that says whether Google can have the mail. What is
certain was never taken, what is uncertain was taken at most once, and nothing is ever repeated.
"""

import hashlib
import random
from collections.abc import Iterator

import pytest

from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    Refusal,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.mail.address import Address
from service.sandbox.smtp_fault_table import PHASES
from tests.ways import BY_SMTP, CUSTOMER, EVERY, OAUTH, Post, Yard, open_yard

ARCHIVE = Address("archiv@muster.example")
LARGE = b"0123456789abcdef\r\n" * 200_000  # 3.6 MB: asked first, then streamed
API_FAULTS = (
    ("drop-before", None),
    ("drop-after", None),
    ("drop-after-refused", None),
    ("reset-after", None),
    ("hang", None),
    ("hang-after", None),
    ("gmail_200_html", None),
    ("backendError_503", None),
    ("backendError_503_taken", None),
)
SMTP_FAULTS = tuple(
    (f"smtp_{how}", phase)
    for phase in PHASES
    for how in ("cut", "reset", "hang", "garbage", "huge", "no_crlf")
)
TAKEN = tuple((f"smtp_{how}_taken", "end") for how in ("cut", "reset", "hang", "garbage", "huge"))
BREAKS = [
    (kind, fault, where)
    for kind in EVERY
    for fault, where in ((*SMTP_FAULTS, *TAKEN) if kind in BY_SMTP else API_FAULTS)
]


@pytest.fixture(scope="session")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with open_yard(tmp_path_factory.mktemp("ways")) as yard:
        yield yard


@pytest.fixture(params=EVERY)
def post(request: pytest.FixtureRequest, yard: Yard) -> Post:
    """A fresh mailbox of every way."""
    return yard.post(request.param)


def _settle(post: Post, error: DeliveryError) -> None:
    """Send again where that is certain to be no second copy; in the end there is one, or one unclear."""
    if isinstance(error, UncertainDeliveryError):
        assert post.copies <= 1
        assert len(post.copies_at_hand_over) == 1
        return
    assert post.copies == 0
    post.google.faults.clear()
    post.send()
    assert post.copies == 1


def test_a_receipt_is_the_servers_word(post: Post) -> None:
    """One mail is there, and the hand-over was written before it."""
    receipt = post.send()

    assert receipt.id
    assert (post.copies_at_hand_over, post.copies) == ([0], 1)


def test_hidden_recipients_get_the_mail_unseen(post: Post) -> None:
    """The Bcc address receives a copy in which nothing names it."""
    hidden = Address(f"archiv.{post.entry_id[-8:]}@example.com")

    post.send(bcc=(hidden,))

    [mail] = post.google.post.box(hidden.spec)
    assert b"archiv." not in mail.content()


def test_25_mb_arrive_byte_for_byte(post: Post) -> None:
    """A large mail goes in pieces and comes out whole."""
    line = random.Random(7).randbytes(57).hex()[:76].encode() + b"\r\n"
    body = b"..\r\n.\r\n" + line * (25_000_000 * 4 // 3 // len(line))

    post.send(post.head + b"Content-Type: text/plain\r\n\r\n" + body)

    mail = post.google.post.box(CUSTOMER.spec)[-1]
    got = mail.content().partition(b"\r\n\r\n")[2]
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()


def test_eight_bit_bytes_arrive_as_they_are(post: Post) -> None:
    """8BITMIME is said where it is offered."""
    body = "Grüße aus Köln, 100 € – fällig\r\n".encode()
    part = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"

    post.send(post.head + part + body)

    assert body in post.google.post.box(CUSTOMER.spec)[-1].content()


@pytest.mark.parametrize("kind", BY_SMTP)
def test_an_address_with_umlauts_is_reached_where_the_server_knows_them(yard: Yard, kind: WayKind) -> None:
    """SMTPUTF8 (RFC 6531)."""
    post = yard.post(kind)
    recipient = Address(f"jörg.{post.entry_id[-8:]}@example.com")

    post.send(None, recipient)

    assert len(post.google.post.box(recipient.spec)) == 1


@pytest.mark.parametrize("kind", BY_SMTP)
def test_an_address_with_umlauts_is_refused_where_the_server_does_not(yard: Yard, kind: WayKind) -> None:
    """The mail is not handed over, and its code says why."""
    post = yard.post(kind)
    post.google.smtp.smtputf8 = False
    try:
        error = post.fail(None, Address("jörg@example.com"))
    finally:
        post.google.smtp.smtputf8 = True

    assert (type(error), error.code) == (PermanentDeliveryError, "address-needs-smtputf8")
    assert post.copies_at_hand_over == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "fault", "where"), BREAKS)
def test_a_break_at_any_point_loses_nothing_and_doubles_nothing(
    yard: Yard, kind: WayKind, fault: str, where: str | None
) -> None:
    """Cut, reset, silent, garbled, endless, half a line: certain is not there, uncertain at most once."""
    post = yard.post(kind)
    post.arm(fault, where=where, seconds=6)

    try:
        post.send()
    except DeliveryError as error:
        _settle(post, error)
    else:
        assert post.copies == 1  # the phase is not part of this way, or the break did not hurt


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "fault", "where"), [row for row in BREAKS if row[2] in {"body", "bdat", "end", None}]
)
def test_a_break_in_a_large_mail_loses_nothing_and_doubles_nothing(
    yard: Yard, kind: WayKind, fault: str, where: str | None
) -> None:
    """The same where the mail is asked for first and streamed."""
    post = yard.post(kind)
    post.arm(fault, where=where, seconds=6)

    try:
        post.send(post.head + b"\r\n" + LARGE)
    except DeliveryError as error:
        _settle(post, error)
    else:
        assert post.copies == 1


@pytest.mark.parametrize("kind", BY_SMTP)
def test_a_mail_that_is_cut_short_is_certainly_not_sent(yard: Yard, kind: WayKind) -> None:
    """The server hangs up in the middle of a large mail."""
    post = yard.post(kind)
    post.arm("smtp_reset", where="body")

    # More than the kernel's buffers take: else it could be out whole before a busy server hangs up.
    error = post.fail(post.head + b"\r\n" + LARGE * 6)

    assert isinstance(error, WayDownError)
    assert post.copies == 0


CLASSES = [
    *(
        (kind, fault, leaf, code)
        for kind in BY_SMTP
        for fault, leaf, code in (
            ("smtp_server_busy", WayDownError, "provider-unavailable"),
            ("smtp_temporarily_rejected", TransientDeliveryError, "try-later"),
            ("smtp_illegal_attachment", PermanentDeliveryError, "attachment-type-blocked"),
            ("smtp_size", PermanentDeliveryError, "message-too-large"),
            ("smtp_no_such_user", PermanentDeliveryError, "recipient-unknown"),
        )
    ),
    (WayKind.APP_PASSWORD, "smtp_daily_limit", MailboxHeldError, "quota-reached"),
    (WayKind.XOAUTH2, "smtp_sending_quota", MailboxHeldError, "quota-reached"),
    (WayKind.RELAY, "smtp_relay_daily_user", WayHeldError, "relay-limit-reached"),
    (WayKind.APP_PASSWORD, "smtp_too_many_logins", WayDownError, "login-throttled"),
    (WayKind.APP_PASSWORD, "smtp_bad_credentials", ReconnectRequiredError, "app-password-rejected"),
    (WayKind.APP_PASSWORD, "smtp_app_password_required", ReconnectRequiredError, "app-password-needed"),
    (WayKind.APP_PASSWORD, "smtp_web_login_required", ReconnectRequiredError, "web-login-needed"),
    (WayKind.RELAY, "smtp_relay_denied", WayHeldError, "relay-denied"),
    (WayKind.DELEGATION, "badRequest", PermanentDeliveryError, "message-refused"),
    (WayKind.DELEGATION, "quota_429_mail_sending", MailboxHeldError, "quota-reached"),
    (WayKind.DELEGATION, "accessNotConfigured", WayHeldError, "gmail-api-disabled"),
    (WayKind.DELEGATION, "insufficientPermissions", WayHeldError, "delegation-scope-missing"),
    (WayKind.GMAIL_API, "badRequest", PermanentDeliveryError, "message-refused"),
    (WayKind.GMAIL_API, "quota_429_mail_sending", MailboxHeldError, "quota-reached"),
    (WayKind.GMAIL_API, "accessNotConfigured", WayHeldError, "gmail-api-disabled"),
    (WayKind.GMAIL_API, "insufficientPermissions", ReconnectRequiredError, "scope-missing"),
]


@pytest.mark.parametrize(("kind", "fault", "leaf", "code"), CLASSES)
def test_each_refusal_has_its_class_and_the_next_try_comes_through(
    yard: Yard, kind: WayKind, fault: str, leaf: type[DeliveryError], code: str
) -> None:
    """Nothing was taken, and what was refused once does no harm to the mail after it."""
    post = yard.post(kind)
    post.arm(fault, account="*")  # at the greeting nobody has said who they are

    error = post.fail()

    assert (type(error), error.code) == (leaf, code)
    assert post.copies == 0
    post.send()
    assert post.copies == 1


@pytest.mark.parametrize("kind", BY_SMTP)
@pytest.mark.parametrize(
    ("fault", "code", "is_permanent"),
    [("smtp_no_such_user", "recipient-unknown", True), ("smtp_recipient_full", "recipient-full", False)],
)
def test_one_refused_recipient_does_not_stop_the_others(
    yard: Yard, kind: WayKind, fault: str, code: str, *, is_permanent: bool
) -> None:
    """The receipt names who is refused, and whether another try for them makes sense."""
    post = yard.post(kind)
    known = [Address(f"{name}.{post.entry_id[-8:]}@example.com") for name in ("a", "b", "c")]
    post.google.arm(fault, account=known[1].spec, where="rcpt")

    receipt = post.send(None, *known)

    [refusal] = receipt.refused
    assert (refusal.address, refusal.code, refusal.is_permanent) == (known[1].spec, code, is_permanent)
    assert isinstance(refusal, Refusal)
    assert [len(post.google.post.box(each.spec)) for each in known] == [1, 0, 1]


@pytest.mark.parametrize("kind", BY_SMTP)
def test_who_was_refused_before_the_answer_was_lost_is_known(yard: Yard, kind: WayKind) -> None:
    """The mail is unclear for the others; of this one it is certain."""
    post = yard.post(kind)
    known = [Address(f"{name}.{post.entry_id[-8:]}@example.com") for name in ("a", "b")]
    post.google.arm("smtp_no_such_user", account=known[1].spec, where="rcpt")
    post.arm("smtp_cut_taken", where="end")

    error = post.fail(None, *known)

    assert isinstance(error, UncertainDeliveryError)
    assert [refusal.address for refusal in error.refused] == [known[1].spec]


@pytest.mark.parametrize("kind", BY_SMTP)
def test_when_every_recipient_is_refused_nothing_is_sent(yard: Yard, kind: WayKind) -> None:
    """And the connection is good for the next mail."""
    post = yard.post(kind)
    for recipient in (CUSTOMER, ARCHIVE):
        post.google.arm("smtp_no_such_user", account=recipient.spec, where="rcpt")

    error = post.fail(None, CUSTOMER, ARCHIVE)

    assert isinstance(error, PermanentDeliveryError)
    assert post.copies == 0
    post.send()
    assert post.copies == 1


@pytest.mark.parametrize("kind", OAUTH)
def test_an_expired_token_is_renewed_within_the_try(yard: Yard, kind: WayKind) -> None:
    """Refused once, refreshed, repeated: one mail."""
    post = yard.post(kind)
    post.google.expire_tokens(post.address)

    post.send()

    assert post.copies == 1


@pytest.mark.parametrize("answer", ["421", "530", "535"])
def test_a_token_that_ends_within_an_open_session_costs_no_mail(yard: Yard, answer: str) -> None:
    """Whatever Google answers then, nothing was taken, and the next try has a fresh session."""
    post = yard.post(WayKind.XOAUTH2)
    post.google.smtp.expired_token = answer  # type: ignore[assignment]  # one of its literals
    post.send()
    post.google.expire_tokens(post.address)

    tries = 1
    while post.copies < 2:
        tries += 1
        assert tries <= 3
        _try(post)

    assert post.copies == 2


def _try(post: Post) -> None:
    try:
        post.send()
    except DeliveryError as error:
        if isinstance(error, UncertainDeliveryError | PermanentDeliveryError):
            raise


@pytest.mark.parametrize("kind", OAUTH)
def test_a_grant_that_its_owner_removed_needs_the_owner(yard: Yard, kind: WayKind) -> None:
    """Known at once, and nothing is sent."""
    post = yard.post(kind)
    post.google.revoke(post.address)

    error = post.fail()

    assert (type(error), error.code) == (ReconnectRequiredError, "connection-revoked")
    assert post.copies == 0


@pytest.mark.parametrize("kind", [WayKind.APP_PASSWORD, WayKind.SMTP_SERVER])
def test_a_password_that_was_taken_back_needs_the_owner(yard: Yard, kind: WayKind) -> None:
    """Google ends all app passwords when the account's password changes."""
    post = yard.post(kind)
    post.google.revoke_app_passwords(post.address)

    assert isinstance(post.fail(), ReconnectRequiredError)
    assert post.copies == 0


def test_a_relay_that_does_not_know_our_address_holds_the_way(yard: Yard) -> None:
    """An admin must add it; the refusal names it."""
    post = yard.post(WayKind.RELAY)
    post.google.relay.deny_ip("127.0.0.1")
    try:
        error = post.fail()
    finally:
        post.google.relay.allow_ip("127.0.0.1")

    assert (type(error), error.code) == (WayHeldError, "relay-denied")
    assert "127.0.0.1" in error.reply


def test_a_hand_over_that_fails_keeps_the_mail_here(post: Post) -> None:
    """What it raises goes up, and nothing was taken."""

    class RefusedError(Exception):
        """The lease was lost."""

    def refuse() -> None:
        raise RefusedError

    with pytest.raises(RefusedError):
        post.send(hand_over=refuse)

    assert post.copies == 0
    post.send()
    assert post.copies == 1


def test_mails_one_after_the_other_share_a_connection(post: Post) -> None:
    """Twenty mails, at most two new connections."""
    sandbox = post.yard.sandbox
    before = sandbox.connections + sandbox.smtp_connections

    for _ in range(20):
        post.send()

    assert post.copies == 20
    assert sandbox.connections + sandbox.smtp_connections - before <= 2


def test_a_server_that_is_down_is_tried_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before, during and after an outage: no mail is lost or doubled, by any way."""
    with open_yard(tmp_path_factory.mktemp("outage")) as yard:
        posts = [yard.post(kind) for kind in EVERY]
        for post in posts:
            post.send()
        yard.sandbox.stop()

        assert all(isinstance(post.fail(), WayDownError) for post in posts)

        yard.sandbox.start()
        for post in posts:
            post.send()
        assert [post.copies for post in posts] == [2] * len(EVERY)
