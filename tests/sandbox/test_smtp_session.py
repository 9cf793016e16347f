"""smtp.gmail.com command by command, as a client on raw sockets sees it."""

import socket
import ssl
import threading

import pytest
import requests

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import mail
from tests.sandbox.smtp_client import HELO, MIA, TO, Talk, context, flat, secure_talk, signed_in

BEFORE = [
    "SIZE 35882577",
    "8BITMIME",
    "STARTTLS",
    "ENHANCEDSTATUSCODES",
    "PIPELINING",
    "CHUNKING",
    "SMTPUTF8",
]
AUTH = "AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH"


def test_the_capabilities_are_those_of_google(sandbox: Sandbox) -> None:
    """STARTTLS before TLS, AUTH after it, and nothing else changes."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        before = talk.begin().split("\n")
        talk.starttls()
        after = talk.say(f"EHLO {HELO}").split("\n")

    assert talk.greeting == "220 smtp.gmail.com ESMTP"
    assert before[0] == "250-smtp.gmail.com at your service, [127.0.0.1]"
    assert [line[4:] for line in before[1:]] == BEFORE
    assert [line[4:] for line in after[1:]] == [AUTH if one == "STARTTLS" else one for one in BEFORE]


def test_the_tls_port_speaks_tls_from_the_first_byte(sandbox: Sandbox) -> None:
    """And offers AUTH at once."""
    with Talk(sandbox, sandbox.smtps_port, is_secure=True) as talk:
        assert AUTH in talk.begin()


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("chunking", False, "CHUNKING"),
        ("pipelining", False, "PIPELINING"),
        ("starttls", False, "STARTTLS"),
        ("smtputf8", False, "SMTPUTF8"),
        ("eight_bit", False, "8BITMIME"),
        ("size", 1000, "SIZE 35882577"),
    ],
)
def test_what_is_offered_can_be_switched(sandbox: Sandbox, option: str, value: object, word: str) -> None:
    """From the next EHLO on."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        assert word in talk.begin()
        setattr(sandbox.google.smtp, option, value)

        assert word not in talk.say(f"EHLO {HELO}")


def test_the_certificate_is_checked_by_the_authority_and_the_name(sandbox: Sandbox) -> None:
    """Only the sandbox's own authority vouches for it, for localhost and for the sandbox's names."""
    for name in ("127.0.0.1", "localhost", "smtp.sandbox.example", "smtp-relay.sandbox.example"):
        with (
            socket.create_connection(("127.0.0.1", sandbox.smtps_port), timeout=10) as plain,
            context(sandbox).wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.recv(4) == b"220 "
    for trust, name in ((context(sandbox), "smtp.gmail.com"), (ssl.create_default_context(), "localhost")):
        with (
            socket.create_connection(("127.0.0.1", sandbox.smtps_port), timeout=10) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            trust.wrap_socket(plain, server_hostname=name)


def test_the_authority_is_given_as_bytes_as_a_file_and_over_http(sandbox: Sandbox) -> None:
    """All three are the same certificate."""
    got = requests.get(f"{sandbox.url}/sandbox/ca.pem", timeout=30).content

    assert got == sandbox.ca_pem == sandbox.ca_path.read_bytes()
    assert got.startswith(b"-----BEGIN CERTIFICATE-----")


def test_helo_knows_no_extensions(sandbox: Sandbox) -> None:
    """One line, and the conversation may go on."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.read()

        assert talk.say(f"HELO {HELO}") == "250 smtp.gmail.com at your service"


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        (["MAIL FROM:<a@b.example>"], "503 5.5.1 EHLO/HELO first."),
        (["EHLO"], "501 5.5.4 HELO/EHLO argument is invalid."),
        ([f"EHLO {HELO}", "MAIL FROM:<a@b.example>"], "530 5.7.0 Must issue a STARTTLS command first."),
        ([f"EHLO {HELO}", "AUTH PLAIN AGEAYg=="], "530 5.7.0 Must issue a STARTTLS command first."),
        ([f"EHLO {HELO}", "STARTTLS now"], "501 5.7.11 Syntax error (no parameters allowed)"),
        (["NOOP"], "250 2.0.0 OK"),
        (["RSET"], "250 2.1.5 Flushed"),
        (["VRFY mia"], "252 2.1.5 Send some mail, I'll try my best"),
        (["HELP"], "502 5.5.1 Unrecognized command."),
        (["EXPN list"], "502 5.5.1 Unrecognized command."),
    ],
)
def test_commands_before_tls(sandbox: Sandbox, lines: list[str], reply: str) -> None:
    """Each in Google's words."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.read()

        assert flat([talk.say(line) for line in lines][-1]).startswith(reply)


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        (["STARTTLS"], "454 5.5.1 STARTTLS may not be repeated"),
        (["AUTH PLAIN AGEAYg=="], "503 5.7.0 No identity changes permitted."),
        (["RCPT TO:<a@b.example>"], "503 5.5.1 MAIL first."),
        (["DATA"], "503 5.5.1 MAIL first."),
        (["MAIL FROM:<a@b.example>", "DATA"], "503 5.5.1 RCPT first."),
        (["MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>"], "503 5.5.1 Bad sequence of commands."),
        (["MAIL FROM: <a@b.example> SIZE=100 BODY=8BITMIME SMTPUTF8"], "250 2.1.0 OK"),
        (["MAIL FROM:<>"], "250 2.1.0 OK"),
        (["MAIL FROM:a@b.example"], "555 5.5.2 Syntax error."),
        (["MAIL"], "555 5.5.2 Syntax error."),
        (["MAIL FROM:<a@b.example> RET=HDRS"], "555 5.5.2 Syntax error."),
        ([f"MAIL FROM:<a@b.example> SIZE={'9' * 5000}"], "555 5.5.2 Syntax error."),
        (["MAIL FROM:<a@b.example> SIZE=much"], "555 5.5.2 Syntax error."),
        (["MAIL FROM:<a@b.example> BODY=BINARYMIME"], "555 5.5.2 Syntax error."),
        (["MAIL FROM:<a@b.example> SIZE=35882578"], "552 5.3.4 Your message exceeded Google's message size"),
        (["MAIL FROM:<ab.example>"], "553 5.1.7 The sender address <ab.example> is not a valid"),
        (["MAIL FROM:<ä@b.example>"], "553 5.1.7 The sender address"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<b.example>"], "553 5.1.3 The recipient address <b.example>"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<ä@b.example>"], "553 5.1.3 The recipient address"),
        (["MAIL FROM:<a@b.example> SMTPUTF8", "RCPT TO:<ä@b.example>"], "250 2.1.5 OK"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<c@b.example> NOTIFY=NEVER"], "555 5.5.2 Syntax error."),
        (["MAIL FROM:<a@b.example>", f"RCPT TO:<{'c' * 65}@b.example>"], "553 5.1.3 The recipient address"),
        (["MAIL FROM:<a@b.example>", "RSET", "DATA"], "503 5.5.1 MAIL first."),
        (["MAIL FROM:<a@b.example>", f"EHLO {HELO}", "DATA"], "503 5.5.1 MAIL first."),
        (["DATA now"], "555 5.5.2 Syntax error."),
    ],
)
def test_commands_after_sign_in(sandbox: Sandbox, lines: list[str], reply: str) -> None:
    """Each in Google's words; a multi-line reply repeats its codes."""
    with secure_talk(sandbox) as talk:
        said = [talk.say(line) for line in lines][-1]

    assert flat(said).startswith(reply)


def test_without_sign_in_there_is_no_mail(sandbox: Sandbox) -> None:
    """530, over two lines, each with its codes."""
    with secure_talk(sandbox, account=None) as talk:
        reply = talk.say("MAIL FROM:<a@b.example>")

    assert flat(reply) == (
        "530 5.7.0 Authentication Required. For more information, go to "
        "https://support.google.com/mail/?p=WantAuthError"
    )
    assert reply.count("530") == reply.count("\n") + 1


def test_quit_ends_the_connection(sandbox: Sandbox) -> None:
    """221, then the end."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.begin()

        assert talk.say("QUIT") == "221 2.0.0 closing connection"
        assert talk.rest() == b""


def test_every_reply_names_the_connection_and_google(sandbox: Sandbox) -> None:
    """``… <id> - gsmtp``, but not in the lines of EHLO and STARTTLS."""
    with (
        socket.create_connection(("127.0.0.1", sandbox.submission_port), timeout=10) as plain,
        plain.makefile("rb") as incoming,
    ):
        greeting = incoming.readline()
        plain.sendall(b"NOOP\r\n")
        reply = incoming.readline()

    assert greeting.endswith(b" - gsmtp\r\n")
    assert reply.startswith(b"250 2.0.0 OK ")
    assert reply.endswith(b" - gsmtp\r\n")


def test_ten_unknown_commands_are_enough(sandbox: Sandbox) -> None:
    """Then the connection ends."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.begin()
        talk.send(b"HELLO\r\n" * 12)

        assert talk.rest().count(b"502 5.5.1") == 10


def test_pipelined_commands_are_answered_in_one_write(sandbox: Sandbox) -> None:
    """MAIL, two RCPT and DATA cost one round trip; a refused one among them stops nobody."""
    with secure_talk(sandbox) as talk:
        before = sandbox.round_trips
        talk.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<bad>\r\nRCPT TO:<c@b.example>\r\nDATA\r\n")
        codes = [talk.read()[:3] for _ in range(4)]
        talk.send(mail() + b"\r\n.\r\nQUIT\r\n")
        codes += [talk.read()[:3] for _ in range(2)]

    assert codes == ["250", "553", "250", "354", "250", "221"]
    assert sandbox.round_trips == before + 2
    assert sandbox.google.sent()[0]["recipients"] == ["c@b.example"]


def test_after_every_recipient_was_refused_the_transaction_is_still_open(sandbox: Sandbox) -> None:
    """A client that sends MAIL again without RSET gets 503 (performance.md, trap b)."""
    with secure_talk(sandbox) as talk:
        talk.mail("bad")

        assert talk.say("MAIL FROM:<a@b.example>").startswith("503 ")
        assert talk.say("RSET").startswith("250 ")
        assert talk.say("MAIL FROM:<a@b.example>").startswith("250 ")


def test_the_hundred_and_first_recipient_is_one_too_many(sandbox: Sandbox) -> None:
    """452 for it; the hundred before get the mail."""
    with secure_talk(sandbox) as talk:
        replies = talk.mail(*(f"kunde{number}@example.com" for number in range(101)))
        talk.data(mail() + b"\r\n")

    assert [reply[:3] for reply in replies] == ["250"] * 101 + ["452"]
    assert flat(replies[-1]).startswith("452 4.5.3 Your message has too many recipients.")
    assert len(sandbox.google.post.sent()[0].letter.recipients) == 100


def test_nothing_said_in_plain_text_counts_after_tls(sandbox: Sandbox) -> None:
    """RFC 3207 §4.2: EHLO has to be said again."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.begin()
        talk.say("STARTTLS")
        talk._wrap()

        assert talk.say("MAIL FROM:<a@b.example>").startswith("503 5.5.1 EHLO/HELO first.")


def test_a_command_behind_starttls_is_a_violation(sandbox: Sandbox) -> None:
    """Counted, refused, and never carried into TLS (CVE-2011-0411)."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.begin()
        talk.send(b"STARTTLS\r\nMAIL FROM:<mallory@example.com>\r\n")
        came = talk.rest()

    assert came.startswith(b"454 4.5.0 SMTP protocol violation, no commands allowed to pipeline")
    assert b"\r\n250" not in came
    assert sandbox.google.counters["smtp:starttls_violations"] == 1


@pytest.mark.parametrize(
    "line", [b"NOOP\nNOOP\r\n", b"NOOP\n", b"N" * 13_000, b"NOOP " + b"x" * 13_000 + b"\r\n"]
)
def test_a_line_that_is_none_ends_the_connection(sandbox: Sandbox, line: bytes) -> None:
    """A bare LF, or 12 kB without an end."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.begin()
        talk.send(line)

        assert talk.rest().startswith(b"451 4.5.0 SMTP protocol violation, visit RFC 2821")
    assert sandbox.google.counters["smtp:violations"] == 1


def test_commands_may_come_letter_by_letter(sandbox: Sandbox) -> None:
    """A line may be cut anywhere, and a CRLF in its middle."""
    with Talk(sandbox, sandbox.submission_port) as talk:
        talk.begin()
        for letter in b"noop\r\n":
            talk.send(bytes([letter]))

        assert talk.read() == "250 2.0.0 OK"


def test_who_speaks_no_tls_is_dropped(sandbox: Sandbox) -> None:
    """Plain text on the TLS port gets no SMTP back, and harms nobody."""
    with Talk(sandbox, sandbox.smtps_port) as talk:
        talk.send(b"EHLO plain.example\r\n")
        came = talk.rest()

    assert b"220" not in came
    with signed_in(sandbox) as client:
        assert client.noop()[0] == 250


def test_many_connections_at_once(sandbox: Sandbox) -> None:
    """16 clients send 20 mails each, none is lost and none is doubled."""

    def send(number: int) -> None:
        with signed_in(sandbox) as client:
            for count in range(20):
                client.sendmail(MIA, [TO], mail(f"X-Postausgang-Id: msg_{number}_{count}"))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sandbox.google.sent()) == 320
    assert {one["count"] for one in sandbox.google.sent()} == {1}
    assert sandbox.smtp_connections == 16


def test_stop_ends_open_conversations_and_start_resumes(sandbox: Sandbox) -> None:
    """After an outage the ports, the passwords and the mails are the same."""
    password, ports = sandbox.google.app_password(MIA), dict(sandbox.google.ports)
    with secure_talk(sandbox) as talk:
        talk.mail()
        sandbox.stop()
        assert talk.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        Talk(sandbox, sandbox.submission_port)
    sandbox.start()

    assert sandbox.google.ports == ports
    with signed_in(sandbox) as client:
        client.sendmail(MIA, [TO], mail())
    assert sandbox.google.passwords.fits(MIA, password)
    assert len(sandbox.google.sent()) == 1
