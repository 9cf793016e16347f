"""What becomes of a mail that came by SMTP: mailboxes, From, Message-ID, limits, size."""

import re
import smtplib
from typing import Any

import pytest

from service.sandbox.server import Sandbox
from tests.fakes.clock import FakeClock
from tests.sandbox.conftest import Program, mail
from tests.sandbox.smtp_client import FIRMA, MIA, TO, flat, secure_talk, signed_in

SELF = f"X-Google-Original-From: {FIRMA}"


def sent_head(sandbox: Sandbox) -> str:
    """The head of the last mail in *Sent*."""
    letter = sandbox.google.post.sent()[-1].letter
    return letter.head(is_sent=True).decode()


def submit(sandbox: Sandbox, content: bytes, *recipients: str, account: str = MIA) -> str:
    """Send a mail by hand; gives the last reply in one line."""
    with secure_talk(sandbox, account) as talk:
        talk.mail(*recipients)
        return flat(talk.data(content + b"\r\n"))


def refusal(sandbox: Sandbox, content: bytes) -> str:
    """The same for one that is not taken."""
    reply = submit(sandbox, content)
    assert sandbox.google.sent() == []
    return reply


def test_an_accepted_mail_is_in_sent_and_in_every_mailbox(sandbox: Sandbox, program: Program) -> None:
    """The API sees it too, and the receipt names it."""
    with signed_in(sandbox) as client:
        client.mail(MIA)
        client.rcpt(TO)
        code, text = client.data(mail("X-Postausgang-Id: msg_1"))

    [sent] = sandbox.google.sent()
    [got] = sandbox.google.mailbox(TO)
    listed = program.get("me/messages", program.bearer("readonly"), labelIds="SENT").json()["messages"]
    assert code == 250
    assert re.fullmatch(rf"2\.0\.0 OK  1795424400 {sent['id']}-\w+sm\d+\.\d+ - gsmtp", text.decode())
    assert (sent["account"], sent["transport"], sent["recipients"]) == (MIA, "smtp", [TO])
    assert (got["transport"], got["x_postausgang_id"]) == ("smtp", "msg_1")
    assert [one["id"] for one in listed] == [sent["id"]]


def test_the_envelope_says_who_gets_it(sandbox: Sandbox) -> None:
    """Not the headers: Bcc works without one, and To alone reaches nobody."""
    submit(sandbox, mail(to="nobody@example.com"), TO, "geheim@example.com", TO.upper())

    assert sandbox.google.mailbox("nobody@example.com") == []
    assert [len(sandbox.google.mailbox(address)) for address in (TO, "geheim@example.com")] == [1, 1]
    assert b"geheim" not in sandbox.google.post.box(TO)[0].content()


def test_a_foreign_from_becomes_the_account(sandbox: Sandbox) -> None:
    """The old one is put aside; a verified alias stays, one that waits for its confirmation does not."""
    sandbox.google.add_account(
        MIA, aliases=frozenset({"Info@firma.example"}), pending=frozenset({"neu@firma.example"})
    )
    heads = []
    for sender in ("chef@firma.example", "Info@Firma.example", "neu@firma.example"):
        submit(sandbox, mail(sender=sender))
        heads.append(sent_head(sandbox))

    assert f"From: {MIA}\r\n" in heads[0]
    assert "X-Google-Original-From: chef@firma.example\r\n" in heads[0]
    assert "From: Info@Firma.example\r\n" in heads[1]
    assert "X-Google-Original-From: neu@firma.example\r\n" in heads[2]


@pytest.mark.parametrize("message_id", ["<1.a@mail.firma.example>", "<x@y.de>"])
def test_a_well_formed_message_id_stays(sandbox: Sandbox, message_id: str) -> None:
    """Unlike on API sends."""
    submit(sandbox, mail(f"Message-ID: {message_id}"))

    assert sandbox.google.mailbox(TO)[0]["message_id"] == message_id


@pytest.mark.parametrize(
    "message_id", ["<1@localhost>", "<1@firma.example.>", "<1@a@firma.example>", "1@firma.example", "<>"]
)
def test_a_malformed_message_id_is_put_aside(sandbox: Sandbox, message_id: str) -> None:
    """Another takes its place."""
    submit(sandbox, mail(f"Message-ID: {message_id}"))

    head = sent_head(sandbox)
    assert f"X-Google-Original-Message-ID: {message_id}\r\n" in head
    assert re.search(r"\r\nMessage-ID: <\w+@mx\.google\.com>\r\n", head)


def test_a_missing_message_id_and_date_are_added(sandbox: Sandbox) -> None:
    """As on the API."""
    submit(sandbox, mail())

    assert "@mx.google.com>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n" in sent_head(sandbox)


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (mail("Subject: zwei"), "550 5.7.1 This message is not RFC 5322 compliant because it has duplicate"),
        (mail("from: b@example.com"), "550 5.7.1 This message is not RFC 5322 compliant because it has dup"),
        (mail(sender=f"{MIA}, {FIRMA}"), "550 5.7.1 Messages with multiple addresses in From: header"),
        (mail(*["Received: by x"] * 51), "554 5.4.6 Message exceeded 50 hops"),
        (
            mail(sender=f"Müller <{MIA}>"),
            "550 5.7.1 The message contains a unicode character in a disallowed",
        ),
        (
            mail(*[f"X-{one}: {'x' * 900}" for one in range(600)]),
            "552 5.3.4 Your message exceeded Google's mes",
        ),
    ],
)
def test_a_head_that_does_not_comply_is_refused(sandbox: Sandbox, content: bytes, reply: str) -> None:
    """After the last byte, and what came is remembered."""
    assert refusal(sandbox, content).startswith(reply)
    assert sandbox.google.rejected[0].content.read() == content + b"\r\n"
    assert sandbox.google.rejected[0].recipients == (TO,)


def test_smtputf8_allows_other_letters(sandbox: Sandbox) -> None:
    """In the head and in addresses, once MAIL says so."""
    with secure_talk(sandbox) as talk:
        talk.say(f"MAIL FROM:<{MIA}> SMTPUTF8")
        talk.say("RCPT TO:<jürgen@müller.example>")

        assert talk.data(mail(sender=f"Müller <{MIA}>") + b"\r\n").startswith("250 ")
    assert len(sandbox.google.mailbox("jürgen@müller.example")) == 1


def test_dots_at_the_beginning_of_a_line_arrive_as_they_were(sandbox: Sandbox) -> None:
    """RFC 5321 §4.5.2, by Python's own client and by hand."""
    body = ".\r\n..\r\n...x\r\n.x\r\nx.\r\n"
    with signed_in(sandbox) as client:
        client.sendmail(MIA, [TO], mail(body=body))
    submit(sandbox, mail(body=".only the first dot goes\r\n"))

    bodies = [found.letter.body.read() for found in sandbox.google.post.sent()]
    assert bodies == [body.encode(), b"only the first dot goes\r\n\r\n"]


def test_twenty_five_megabytes_arrive_byte_for_byte(sandbox: Sandbox) -> None:
    """With dots and long lines in them."""
    body = (".x" * 400 + "\r\n") * 32_000
    with signed_in(sandbox) as client:
        client.sendmail(MIA, [TO], mail(body=body))

    assert sandbox.google.post.box(TO)[0].letter.body.read() == body.encode()


def test_more_than_size_is_refused_after_the_last_byte(sandbox: Sandbox) -> None:
    """All of it is read; then the connection is as good as before."""
    sandbox.google.smtp.size = 100_000
    with secure_talk(sandbox) as talk:
        talk.mail()
        assert flat(talk.data(mail(body="x" * 90_000) + b"\r\n")).startswith("250 2.0.0")
        for size in (100_001, 3_000_000):
            talk.mail()
            assert flat(talk.data(mail(body="x" * size) + b"\r\n")).startswith(
                "552 5.3.4 Your message exceeded"
            )
    assert len(sandbox.google.sent()) == 1


def test_python_tells_the_size_beforehand(sandbox: Sandbox) -> None:
    """``SIZE=`` in MAIL is refused at once."""
    sandbox.google.smtp.size = 1000
    with signed_in(sandbox) as client, pytest.raises(smtplib.SMTPSenderRefused) as refused:
        client.sendmail(MIA, [TO], mail(body="x" * 2000))

    assert refused.value.smtp_code == 552


def test_the_daily_limit_counts_smtp_and_api_together(
    sandbox: Sandbox, program: Program, clock: FakeClock
) -> None:
    """A rolling day; SMTP says 550 5.4.5, the API 429 with the time to wait."""
    sandbox.google.limits.set(MIA, 2)
    bearer = program.bearer("send")
    submit(sandbox, mail())
    clock.advance(1800)
    program.upload(mail(), bearer)

    assert submit(sandbox, mail()).startswith("550 5.4.5 Daily user sending limit exceeded.")
    answer = program.upload(mail(), bearer)
    assert answer.status_code == 429
    assert "Retry after 2026-11-24T09:00:00.000Z (Mail sending)" in answer.json()["error"]["message"]
    assert submit(sandbox, mail(), account=FIRMA).startswith("250 ")

    clock.advance(23.5 * 3600)
    assert submit(sandbox, mail()).startswith("250 ")
    assert submit(sandbox, mail()).startswith("550 5.4.5")
    sandbox.google.limits.set(MIA, None)
    assert submit(sandbox, mail()).startswith("250 ")


def test_doubles_are_counted_over_both_ways(sandbox: Sandbox, program: Program) -> None:
    """The same X-Postausgang-Id by API and by SMTP shows as a count of 2."""
    program.upload(mail("X-Postausgang-Id: msg_1"), program.bearer("send"))
    submit(sandbox, mail("X-Postausgang-Id: msg_1"))

    sent: list[dict[str, Any]] = sandbox.google.sent()
    assert [(one["transport"], one["count"]) for one in sent] == [("api", 2), ("smtp", 2)]


def test_a_client_that_leaves_in_the_middle_leaves_nothing(sandbox: Sandbox) -> None:
    """Half a mail is no mail, with or without its last dot's CRLF."""
    for end in (b"", b"\r\n.", b"\r\n.\r"):
        with secure_talk(sandbox) as talk:
            talk.mail()
            talk.say("DATA")
            talk.send(mail() + end)
    sandbox.stop()

    assert sandbox.google.sent() == []
