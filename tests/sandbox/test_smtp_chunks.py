"""BDAT (RFC 3030): whole mails in chunks, and what becomes of chunks that nobody wants."""

import pytest

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import mail
from tests.sandbox.smtp_client import MIA, TO, Talk, flat, secure_talk


def chunk(content: bytes, *, is_last: bool = False) -> bytes:
    """A BDAT command with its octets."""
    return f"BDAT {len(content)}{' LAST' if is_last else ''}\r\n".encode() + content


def said(talk: Talk, content: bytes) -> str:
    """Send and read a reply."""
    talk.send(content)
    return flat(talk.read())


def test_one_chunk_is_a_mail(sandbox: Sandbox) -> None:
    """No dots are touched, and no end of data is looked for."""
    content = mail(body=".\r\n..x\r\n.\r\nRCPT TO:<x@y.example>")
    with secure_talk(sandbox) as talk:
        talk.mail()

        assert said(talk, chunk(content, is_last=True)).startswith("250 2.0.0 OK  1795424400")
    assert sandbox.google.post.box(TO)[0].content().endswith(content.partition(b"\r\n\r\n")[2])


def test_many_chunks_are_one_mail(sandbox: Sandbox) -> None:
    """Cut anywhere, also within a CRLF, and ended by an empty one."""
    content = mail(body="abc\r\ndef\r\n")
    cut = content.index(b"abc\r\n") + 4
    with secure_talk(sandbox) as talk:
        talk.mail()
        replies = [said(talk, chunk(part)) for part in (content[:10], content[10:cut], content[cut:])]

        assert [reply[:9] for reply in replies] == ["250 2.0.0"] * 3
        assert sandbox.google.sent() == []
        assert said(talk, chunk(b"", is_last=True)).startswith("250 2.0.0 OK  ")
    assert sandbox.google.post.sent()[0].letter.body.read() == b"abc\r\ndef\r\n"


def test_a_whole_mail_may_be_pipelined(sandbox: Sandbox) -> None:
    """MAIL, RCPT, BDAT and the next mail in one write: two mails in one round trip."""
    one = f"MAIL FROM:<{MIA}>\r\nRCPT TO:<{TO}>\r\n".encode() + chunk(mail(), is_last=True)
    with secure_talk(sandbox) as talk:
        before = sandbox.round_trips
        talk.send(one + one)
        codes = [talk.read()[:3] for _ in range(6)]

    assert codes == ["250"] * 6
    assert sandbox.round_trips == before + 1
    assert len(sandbox.google.sent()) == 2


def test_a_chunk_after_refused_recipients_is_read_and_refused(sandbox: Sandbox) -> None:
    """Its octets are never taken for commands."""
    content = b"MAIL FROM:<mallory@example.com>\r\nQUIT\r\n"
    with secure_talk(sandbox) as talk:
        talk.mail("bad")

        assert said(talk, chunk(content)) == "503 5.5.1 RCPT first."
        assert said(talk, chunk(content, is_last=True)) == "503 5.5.1 RCPT first."
        assert talk.say("NOOP") == "250 2.0.0 OK"
    assert sandbox.google.sent() == []


def test_a_chunk_without_a_transaction_is_read_and_refused(sandbox: Sandbox) -> None:
    """Its octets are never taken for commands either."""
    with secure_talk(sandbox) as talk:
        assert said(talk, chunk(b"QUIT\r\n", is_last=True)) == "503 5.5.1 MAIL first."
        assert talk.say("NOOP") == "250 2.0.0 OK"


def test_data_may_not_follow_a_chunk(sandbox: Sandbox) -> None:
    """RFC 3030 §3."""
    with secure_talk(sandbox) as talk:
        talk.mail()
        said(talk, chunk(mail()))

        assert talk.say("DATA") == "503 5.5.1 No DATA after BDAT."


def test_a_reset_forgets_the_chunks(sandbox: Sandbox) -> None:
    """The next mail begins anew."""
    with secure_talk(sandbox) as talk:
        talk.mail()
        said(talk, chunk(b"X-Old: yes\r\n"))
        talk.say("RSET")
        talk.mail()
        said(talk, chunk(mail(), is_last=True))

    assert sandbox.google.post.sent()[0].letter.field("x-old") == ""


def test_chunks_beyond_size_are_read_and_refused(sandbox: Sandbox) -> None:
    """From the one that is too much on."""
    sandbox.google.smtp.size = 1000
    with secure_talk(sandbox) as talk:
        talk.mail()

        assert said(talk, chunk(b"x" * 900)).startswith("250 ")
        assert said(talk, chunk(b"x" * 600_000)).startswith("552 5.3.4 Your message exceeded")
        assert said(talk, chunk(b"x", is_last=True)).startswith("503 ")
        assert talk.say(f"MAIL FROM:<{MIA}>").startswith("250 ")
    assert sandbox.google.sent() == []


@pytest.mark.parametrize(
    "line", ["BDAT", "BDAT -1", "BDAT x LAST", "BDAT 5 FIRST", "BDAT 5 LAST LAST", f"BDAT {'9' * 5000}"]
)
def test_a_chunk_of_no_size_is_a_syntax_error(sandbox: Sandbox, line: str) -> None:
    """Nothing is read after it."""
    with secure_talk(sandbox) as talk:
        talk.mail()

        assert talk.say(line) == "555 5.5.2 Syntax error."


def test_without_chunking_the_command_is_unknown(sandbox: Sandbox) -> None:
    """And its octets are read as commands, which a client must not let happen."""
    sandbox.google.smtp.chunking = False
    with secure_talk(sandbox) as talk:
        talk.mail()

        assert said(talk, b"BDAT 6 LAST\r\nNOOP\r\n") == "502 5.5.1 Unrecognized command."
        assert talk.read() == "250 2.0.0 OK"


def test_twenty_five_megabytes_in_chunks(sandbox: Sandbox) -> None:
    """Of 1 MiB each, byte for byte."""
    body = b"0123456789abcde\n".replace(b"e\n", b"\r\n") * 1_562_500
    content = mail(body="") + body
    with secure_talk(sandbox) as talk:
        talk.mail()
        for start in range(0, len(content), 1 << 20):
            assert said(talk, chunk(content[start : start + (1 << 20)])).startswith("250 ")
        assert said(talk, chunk(b"", is_last=True)).startswith("250 2.0.0 OK  ")

    assert sandbox.google.post.sent()[0].letter.body.read() == body
