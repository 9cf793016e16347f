"""Mails on the wire: how many round trips each way takes, and that the bytes arrive as they were."""

import random
import ssl

import pytest

from service.smtp.pool import SessionPool
from tests.fakes.mail_server import GMAIL, MailServer
from tests.smtp.letters import CONTENT, Letter, account

WITHOUT_CHUNKING = tuple(line for line in GMAIL if line != "CHUNKING")
WITHOUT_BOTH = tuple(line for line in WITHOUT_CHUNKING if line != "PIPELINING")
WITHOUT_PIPELINING = tuple(line for line in GMAIL if line != "PIPELINING")


@pytest.mark.parametrize(
    ("offers", "trips"),
    [(GMAIL, 1), (WITHOUT_CHUNKING, 2), (WITHOUT_PIPELINING, 3), (WITHOUT_BOTH, 4), ((), 4)],
)
def test_a_mail_on_a_warm_connection_takes_few_round_trips(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...], trips: int
) -> None:
    """One where all is offered, and it works where nothing is."""
    with MailServer(tls, offers=offers) as server:
        pool.send(account(server.address), Letter().submission)
        before = server.trips
        letter = Letter()
        taken = pool.send(account(server.address), letter.submission)
        after = server.trips
        pool.close()

    assert after - before == trips
    assert server.connections == 1
    assert [mail.content for mail in server.mails] == [CONTENT, CONTENT]
    assert (letter.handed_over, taken.reply.text) == (1, "OK 1763 abc - gsmtp")


@pytest.mark.parametrize(("starttls", "trips"), [(False, 4), (True, 6)])
def test_a_cold_connection_wastes_no_round_trip(
    pool: SessionPool, tls: ssl.SSLContext, *, starttls: bool, trips: int
) -> None:
    """Greeting, EHLO, AUTH, the mail; STARTTLS adds itself and a second EHLO. TCP and TLS come on top."""
    with MailServer(tls, starttls=starttls) as server:
        pool.send(account(server.address), Letter().submission)
        after = server.trips
        pool.close()

    assert after == trips


@pytest.mark.parametrize("offers", [GMAIL, WITHOUT_CHUNKING, ()])
def test_a_large_mail_is_asked_for_and_arrives_byte_for_byte(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...]
) -> None:
    """3 MB with dots at line starts, cut at odd places."""
    source = random.Random(3)
    body = b"".join(
        source.choice([b".", b"..", b"x", b""]) + source.randbytes(30).hex().encode() + b"\r\n"
        for _ in range(50_000)
    )
    content = CONTENT + body
    cuts = sorted(source.sample(range(1, len(content)), 40))
    pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    with MailServer(tls, offers=offers) as server:
        letter = Letter(*pieces)
        pool.send(account(server.address), letter.submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert [mail.content for mail in server.mails] == [content, CONTENT]
    assert (letter.handed_over, server.connections) == (1, 1)
