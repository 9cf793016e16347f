"""SMTP smuggling on the wire: nothing but the one intended mail arrives, whatever ends a mail there."""

import ssl

import pytest

from service.smtp.errors import ContentError
from service.smtp.pool import SessionPool
from tests.fakes.mail_server import GMAIL, MailServer
from tests.smtp.letters import CONTENT, Letter, account
from tests.smtp.test_content import HEAD, SECOND, SMUGGLED

WAYS = [GMAIL, tuple(line for line in GMAIL if line != "CHUNKING"), ()]
PADDING = (b"x" * 998 + b"\r\n") * 1100  # so large that it is streamed


@pytest.mark.parametrize("smuggled", SMUGGLED)
@pytest.mark.parametrize("offers", WAYS)
def test_a_small_mail_that_smuggles_is_refused_before_a_byte_leaves(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...], smuggled: bytes
) -> None:
    """Not even MAIL is said; the session goes on with the next mail."""
    with MailServer(tls, offers=offers) as server:
        letter = Letter(HEAD + smuggled + SECOND + b".\r\n")
        with pytest.raises(ContentError):
            pool.send(account(server.address), letter.submission)
        assert not [line for line in server.commands if line.startswith("MAIL")]
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert letter.handed_over == 0
    assert [mail.content for mail in server.mails] == [CONTENT]
    assert server.connections == 1


@pytest.mark.parametrize("smuggled", SMUGGLED)
@pytest.mark.parametrize("offers", WAYS)
def test_a_large_mail_that_smuggles_never_becomes_whole(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...], smuggled: bytes
) -> None:
    """It is looked at while it is sent: the bytes that would do it stay here, and so does its end."""
    half = len(smuggled) // 2
    with MailServer(tls, offers=offers) as server:
        letter = Letter(HEAD, PADDING, smuggled[:half], smuggled[half:] + SECOND, b".\r\n")
        with pytest.raises(ContentError):
            pool.send(account(server.address), letter.submission)
        pool.close()

    assert (letter.handed_over, server.mails) == (0, [])
    assert len([line for line in server.commands if line.startswith("MAIL")]) == 1


@pytest.mark.parametrize("offers", WAYS)
def test_a_proper_end_of_data_inside_a_mail_is_text(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...]
) -> None:
    """Lines that look like commands after a lone dot arrive as what they are."""
    content = HEAD + b".\r\n" + SECOND + b"Subject: y\r\n\r\nBoo\r\n.\r\n"
    with MailServer(tls, offers=offers) as server:
        pool.send(account(server.address), Letter(content).submission)
        pool.close()

    assert [mail.content for mail in server.mails] == [content]
    assert [mail.recipients for mail in server.mails] == [("kunde@example.com",)]
