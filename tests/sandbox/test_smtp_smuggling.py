"""No sequence of bytes makes two mails out of one (CVE-2023-51764 and its kin), and what came is kept."""

import pytest

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import mail
from tests.sandbox.smtp_client import MIA, TO, flat, secure_talk

SECOND = f"MAIL FROM:<{MIA}>\r\nRCPT TO:<opfer@example.com>\r\nDATA\r\n".encode() + mail(
    sender="chef@example.com"
)
# The fake ends of data that SMTP-Smuggling-Tools tries.
FAKES = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r\n",
    b"\r.\r",
    b"\n.\r",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\0\n",
    b"\n\n.\r\n",
    b"\r\n .\r\n",
]


@pytest.mark.parametrize("fake", FAKES, ids=[repr(fake) for fake in FAKES])
@pytest.mark.parametrize("mode", ["refused", "kept"])
def test_a_fake_end_of_data_ends_nothing(sandbox: Sandbox, fake: bytes, mode: str) -> None:
    """At most one mail, never one to the second recipient; refused when a CR or LF stands alone."""
    sandbox.google.smtp.bare_line_ends = mode  # type: ignore[assignment]  # parametrized
    content = mail(body="Guten Tag") + fake + SECOND + b"\r\n"
    is_bare = b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b"")

    with secure_talk(sandbox) as talk:
        talk.mail()
        reply = flat(talk.data(content))
        assert talk.say("NOOP") == "250 2.0.0 OK"

    is_refused = is_bare and mode == "refused"
    assert reply.startswith(
        "451 4.5.0 SMTP protocol violation, visit RFC 2821" if is_refused else "250 2.0.0"
    )
    assert len(sandbox.google.sent()) == (not is_refused)
    assert sandbox.google.mailbox("opfer@example.com") == []
    assert sandbox.google.counters["smtp:bare_line_ends"] == is_bare
    came = sandbox.google.rejected[0].content if is_refused else sandbox.google.post.sent()[0].letter.body
    assert came.read().endswith((fake + SECOND + b"\r\n").replace(b"\r\n.", b"\r\n"))


def test_a_chunk_with_a_bare_line_end_is_refused_too(sandbox: Sandbox) -> None:
    """BDAT is no way around."""
    content = mail(body="a\nb")
    with secure_talk(sandbox) as talk:
        talk.mail()
        talk.send(f"BDAT {len(content)} LAST\r\n".encode() + content)

        assert flat(talk.read()).startswith("451 4.5.0")
    assert sandbox.google.rejected[0].content.read() == content


def test_the_true_end_of_data_may_be_cut_anywhere(sandbox: Sandbox) -> None:
    """Five bytes in five packets end it as one does, and what follows is a command."""
    with secure_talk(sandbox) as talk:
        talk.mail()
        talk.say("DATA")
        talk.send(mail())
        for letter in b"\r\n.\r\n":
            talk.send(bytes([letter]))

        assert talk.read().startswith("250 2.0.0")
        assert talk.say("NOOP") == "250 2.0.0 OK"
    assert len(sandbox.google.mailbox(TO)) == 1


def test_an_empty_mail_ends_at_once(sandbox: Sandbox) -> None:
    """The CRLF of the DATA line is the first of the end (RFC 5321 §4.1.1.4)."""
    with secure_talk(sandbox) as talk:
        talk.mail()
        talk.say("DATA")
        talk.send(b".\r\n")

        assert talk.read().startswith("250 2.0.0")
