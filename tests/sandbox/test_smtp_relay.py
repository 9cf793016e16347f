"""smtp-relay.gmail.com: who may send through it, under which name, and where the mail is then."""

import pytest

from service.sandbox.server import Sandbox
from tests.fakes.clock import FakeClock
from tests.sandbox.conftest import Program, mail
from tests.sandbox.smtp_client import (
    FIRMA,
    HELO,
    MIA,
    TO,
    Talk,
    flat,
    plain,
    relay_talk,
    token,
    xoauth2,
)

INFO = "info@beispiel.example"


def relayed(sandbox: Sandbox, sender: str = INFO, helo: str = HELO) -> str:
    """Send one through the relay; gives the last reply in one line."""
    with relay_talk(sandbox, helo) as talk:
        replies = talk.mail(sender=sender)
        if replies[0].startswith("250"):
            return flat(talk.data(mail(sender=sender or INFO) + b"\r\n"))
        return flat(replies[0])


def test_a_registered_address_sends_without_signing_in(sandbox: Sandbox, program: Program) -> None:
    """The mail is in nobody's Sent, but the sandbox knows of it; From stays as it was."""
    assert relayed(sandbox, FIRMA).startswith("250 2.0.0 OK")

    [sent] = sandbox.google.sent()
    listed = program.get("me/messages", program.bearer("readonly", account=FIRMA)).json()
    got = program.get(f"me/messages/{sent['id']}", program.bearer("readonly", account=FIRMA))
    assert (sent["account"], sent["transport"]) == (FIRMA, "relay")
    assert listed["resultSizeEstimate"] == 0
    assert got.status_code == 404
    assert sandbox.google.mailbox(TO)[0]["from"] == FIRMA
    assert "X-Google-Original-From" not in sandbox.google.post.box(TO)[0].content().decode()
    assert program.http.get(f"{sandbox.url}/mails/{sent['id']}", timeout=30).ok


def test_an_address_that_is_not_registered_is_refused(sandbox: Sandbox) -> None:
    """550 with the IP address and the domains, until it is registered anew."""
    sandbox.google.relay.deny_ip("127.0.0.1")

    assert relayed(sandbox).startswith(
        "550 5.7.0 Mail relay denied [127.0.0.1]. Invalid credentials for relay for one of the domains in: "
        "app.beispiel.example, beispiel.example (as obtained from HELO and MAIL FROM)."
    )
    sandbox.google.relay.allow_ip("127.0.0.1")
    assert relayed(sandbox).startswith("250 2.0.0 OK")


def test_a_foreign_domain_is_refused_in_other_words(sandbox: Sandbox) -> None:
    """Neither EHLO nor MAIL FROM names a registered domain."""
    assert relayed(sandbox, "a@fremd.example", "mail.fremd.example").startswith(
        "550 5.7.1 Invalid credentials for relay [127.0.0.1]. The IP address you've registered"
    )


@pytest.mark.parametrize(
    "helo",
    ["localhost", "localhost.localdomain", "[127.0.0.1]", "[IPv6:::1]", "buero", "nas.local", "a b.example",
     "under_score", "10.0.0.5"],
)  # fmt: skip
def test_an_odd_name_in_ehlo_is_turned_away(sandbox: Sandbox, helo: str) -> None:
    """421 in words of throttling, and the connection ends."""
    with Talk(sandbox, sandbox.relay_port) as talk:
        assert talk.begin(helo) == "421 4.7.0 Try again later, closing connection. (EHLO)"
        assert talk.rest() == b""


@pytest.mark.parametrize(
    "helo", ["mail.firma.de", "firma.de.", "a-b.c.example", "[192.0.2.7]", "[IPv6:2001:db8::1]"]
)
def test_a_good_name_is_welcome(sandbox: Sandbox, helo: str) -> None:
    """A qualified one, or the literal of a public address."""
    with Talk(sandbox, sandbox.relay_port) as talk:
        assert talk.begin(helo).startswith("250-smtp-relay.gmail.com at your service")


def test_smtp_gmail_com_does_not_mind_the_name(sandbox: Sandbox) -> None:
    """Only the relay does."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        assert talk.begin("localhost").startswith("250-smtp.gmail.com at your service")


@pytest.mark.parametrize(
    ("senders", "sender", "code"),
    [
        ("users", FIRMA, "250"),
        ("users", INFO, "550"),
        ("domain", INFO, "250"),
        ("domain", "a@fremd.example", "550"),
        ("domain", "", "250"),
        ("any", "a@fremd.example", "250"),
    ],
)
def test_the_list_of_allowed_senders(sandbox: Sandbox, senders: str, sender: str, code: str) -> None:
    """Registered users, any address of the domain, or anybody; EHLO names the domain here."""
    sandbox.google.relay.senders = senders  # type: ignore[assignment]  # parametrized

    reply = relayed(sandbox, sender, "beispiel.example")

    assert reply.startswith("250 2.0.0" if code == "250" else "550 5.7.0 Mail Sending denied.")
    owners = [one["account"] for one in sandbox.google.sent()]
    is_foreign = sender.endswith("@fremd.example")
    assert owners == ([] if code == "550" else ["postmaster@beispiel.example" if is_foreign else sender])


def test_an_app_password_opens_it_from_anywhere(sandbox: Sandbox) -> None:
    """After STARTTLS or on the TLS port, as any sender of the domain; a consumer account is none of it."""
    sandbox.google.relay.deny_ip("127.0.0.1")
    with relay_talk(sandbox) as talk:
        talk.starttls()
        assert talk.say(f"AUTH PLAIN {plain(FIRMA, sandbox.google.app_password(FIRMA))}").startswith("235 ")
        talk.mail(sender=INFO)
        assert talk.data(mail(sender=INFO) + b"\r\n").startswith("250 ")
    with Talk(sandbox, sandbox.relay_smtps_port, is_secure=True) as talk:
        assert "AUTH LOGIN PLAIN\n" in talk.begin()
        talk.say(f"AUTH PLAIN {plain(MIA, sandbox.google.app_password(MIA))}")
        assert flat(talk.mail(sender=MIA)[0]).startswith("550 5.7.0 Mail relay denied [127.0.0.1].")

    assert [one["account"] for one in sandbox.google.sent()] == [INFO]


def test_tokens_are_told_of_nowhere(sandbox: Sandbox) -> None:
    """So XOAUTH2 is not offered there, and not taken."""
    with Talk(sandbox, sandbox.relay_smtps_port, is_secure=True) as talk:
        talk.begin()

        assert talk.say(f"AUTH XOAUTH2 {xoauth2(FIRMA, token(sandbox, account=FIRMA))}").startswith(
            "504 5.7.4"
        )


def test_sign_in_and_tls_may_be_required(sandbox: Sandbox) -> None:
    """A registered address does not suffice then."""
    sandbox.google.relay.requires_auth = True
    assert relayed(sandbox).startswith("530 5.7.0 Authentication Required.")

    sandbox.google.relay.requires_tls = True
    assert relayed(sandbox).startswith("530 5.7.0 Must issue a STARTTLS command first.")


def test_a_mail_without_from_is_refused(sandbox: Sandbox) -> None:
    """The relay has no account to put there."""
    with relay_talk(sandbox) as talk:
        talk.mail(sender=INFO)

        assert flat(talk.data(b"Subject: x\r\n\r\n")).startswith("550 5.7.1 Messages missing a valid address")


def test_the_relay_has_a_limit_of_its_own(sandbox: Sandbox, clock: FakeClock) -> None:
    """By envelope sender, in a rolling day."""
    sandbox.google.limits.set(INFO, 1, by_relay=True)

    assert relayed(sandbox).startswith("250 ")
    assert relayed(sandbox).startswith("550 5.4.5 Daily SMTP relay limit exceeded for user.")
    assert relayed(sandbox, FIRMA).startswith("250 ")
    clock.advance(24 * 3600)
    assert relayed(sandbox).startswith("250 ")
