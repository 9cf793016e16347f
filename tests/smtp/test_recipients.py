"""Several recipients: each has its own answer, and who was taken gets the mail once."""

import ssl
from collections.abc import Callable

import pytest

from service.smtp.errors import (
    BrokenError,
    CommandError,
    NotOfferedError,
    RecipientsRefusedError,
    TooLargeError,
)
from service.smtp.pool import SessionPool
from service.smtp.replies import Phase
from tests.fakes.mail_server import GMAIL, Asked, MailServer, Say
from tests.smtp.letters import CONTENT, Letter, account

WAYS = [GMAIL, tuple(line for line in GMAIL if line != "CHUNKING"), ()]
THREE = ("a@example.com", "b@example.com", "c@example.com")


def refusing(*answers: bytes | None) -> Callable[[Asked], Say | None]:
    """A script that gives each RCPT of the first mail its answer."""

    def script(asked: Asked) -> Say | None:
        if asked.step == "RCPT" and asked.count <= len(answers):
            answer = answers[asked.count - 1]
            return Say(answer) if answer is not None else None
        return None

    return script


@pytest.mark.parametrize("offers", WAYS)
def test_accepted_ones_get_the_mail_and_refused_ones_are_named(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...]
) -> None:
    """A mixed answer is a success for those it holds for; the session goes on."""
    script = refusing(b"550 5.1.1 no such user\r\n", None, b"450 4.2.1 too quickly\r\n")
    with MailServer(tls, offers=offers, script=script) as server:
        taken = pool.send(account(server.address), Letter(to=THREE).submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert [mail.recipients for mail in server.mails] == [("b@example.com",), ("kunde@example.com",)]
    assert [(address, reply.code, reply.enhanced) for address, reply in taken.refused] == [
        ("a@example.com", 550, "5.1.1"),
        ("c@example.com", 450, "4.2.1"),
    ]
    assert server.connections == 1


@pytest.mark.parametrize("offers", WAYS)
def test_when_all_are_refused_nothing_is_sent_and_the_next_mail_is_its_own(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...]
) -> None:
    """The transaction that was left open ends with RSET, at no extra round trip, before the next MAIL."""
    script = refusing(b"550 5.1.1 no\r\n", b"452 4.2.2 full\r\n", b"550 5.1.1 no\r\n")
    with MailServer(tls, offers=offers, script=script) as server:
        with pytest.raises(RecipientsRefusedError) as raised:
            pool.send(account(server.address), Letter(to=THREE, sender="first@muster.example").submission)
        pool.send(account(server.address), Letter(sender="second@muster.example").submission)
        pool.close()

    assert raised.value.phase is Phase.RCPT
    assert raised.value.reply.code == 452
    assert [address for address, _ in raised.value.refusals] == list(THREE)
    assert [mail.sender for mail in server.mails] == ["second@muster.example"]
    assert server.commands.count("RSET") == 1


def test_a_server_that_took_data_for_nobody_is_left(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """It waits for a mail that it shall not get: the connection ends, and the next mail has a new one."""

    def script(asked: Asked) -> Say | None:
        if asked.connection == 1 and asked.step in {"RCPT", "DATA"}:
            return Say({"RCPT": b"550 no\r\n", "DATA": b"354 go ahead\r\n"}[asked.step])
        return None

    with MailServer(tls, offers=WAYS[1], script=script) as server:
        with pytest.raises(RecipientsRefusedError):
            pool.send(account(server.address), Letter().submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (len(server.mails), server.connections) == (1, 2)


def test_a_mail_taken_from_a_refused_sender_is_uncertain(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """Then somebody has got it, under whatever sender the server remembered."""

    def script(asked: Asked) -> Say | None:
        return (
            Say({"MAIL": b"503 nested\r\n", "BDAT": b"250 OK\r\n"}[asked.step])
            if asked.step
            in {
                "MAIL",
                "BDAT",
            }
            else None
        )

    with MailServer(tls, script=script) as server, pytest.raises(BrokenError) as raised:
        pool.send(account(server.address), Letter().submission)

    assert raised.value.whole


def test_an_answer_lost_after_a_mixed_one_is_uncertain(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """Some were taken: whether they got it nobody knows."""

    def script(asked: Asked) -> Say | None:
        if asked.step == "RCPT" and asked.count == 1:
            return Say(b"550 5.1.1 no\r\n")
        return Say(b"", close=True) if asked.step == "END" else None

    with MailServer(tls, script=script) as server, pytest.raises(BrokenError) as raised:
        pool.send(account(server.address), Letter(to=THREE).submission)

    assert raised.value.whole


def test_an_answer_lost_after_all_were_refused_is_certain(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """Nobody was taken: there is nobody who could have got it."""

    def script(asked: Asked) -> Say | None:
        return {"RCPT": Say(b"550 5.1.1 no\r\n"), "BDAT": Say(b"", close=True)}.get(asked.step)

    with MailServer(tls, script=script) as server, pytest.raises(RecipientsRefusedError):
        pool.send(account(server.address), Letter(to=THREE).submission)


@pytest.mark.parametrize("offers", WAYS)
def test_hundreds_of_recipients_are_asked_for_in_portions(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...]
) -> None:
    """More than fit into one flight are asked first, so that no side waits for the other's reading."""
    many = tuple(f"kunde{number}@example.com" for number in range(350))
    with MailServer(tls, offers=offers) as server:
        pool.send(account(server.address), Letter(to=many).submission)
        pool.close()

    assert [mail.recipients for mail in server.mails] == [many]


def test_a_mail_larger_than_the_server_takes_is_not_begun(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """SIZE is respected before MAIL (RFC 1870), both figures are said, and the session goes on."""
    with MailServer(tls, offers=("SIZE 100", "PIPELINING", "CHUNKING")) as server:
        letter = Letter()
        with pytest.raises(TooLargeError) as raised:
            pool.send(account(server.address), letter.submission)
        pool.send(account(server.address), Letter(b"a\r\n").submission)
        pool.close()

    assert (raised.value.size_bytes, raised.value.limit_bytes) == (len(CONTENT), 100)
    assert (letter.handed_over, server.connections) == (0, 1)
    assert [mail.parameters for mail in server.mails] == ["SIZE=3"]


@pytest.mark.parametrize(("offer", "parameter"), [("SIZE", "SIZE=3"), ("SIZE 0", "SIZE=3"), ("X", "")])
def test_a_size_is_said_to_who_wants_to_know(
    pool: SessionPool, tls: ssl.SSLContext, offer: str, parameter: str
) -> None:
    """A server may offer SIZE without a limit, or not at all."""
    with MailServer(tls, offers=(offer,)) as server:
        pool.send(account(server.address), Letter(b"a\r\n").submission)
        pool.close()

    assert [mail.parameters for mail in server.mails] == [parameter]


LONG = b"x" * 998 + b"\r\n"


@pytest.mark.parametrize("pieces", [(b"\xc3\xa4\r\n",), (*[LONG] * 1500, b"\xc3\xa4\r\n")])
@pytest.mark.parametrize("offers", [("8BITMIME",), ("8BITMIME", "PIPELINING", "CHUNKING")])
def test_eight_bits_are_said_and_arrive(
    pool: SessionPool, tls: ssl.SSLContext, pieces: tuple[bytes, ...], offers: tuple[str, ...]
) -> None:
    """BODY=8BITMIME where the mail needs it (RFC 6152)."""
    with MailServer(tls, offers=offers) as server:
        pool.send(account(server.address), Letter(*pieces).submission)
        pool.close()

    assert [(mail.content, mail.parameters) for mail in server.mails] == [(b"".join(pieces), "BODY=8BITMIME")]


@pytest.mark.parametrize("pieces", [(b"\xc3\xa4\r\n",), (*[LONG] * 1500, b"\xc3\xa4\r\n")])
def test_eight_bits_do_not_go_where_they_are_not_taken(
    pool: SessionPool, tls: ssl.SSLContext, pieces: tuple[bytes, ...]
) -> None:
    """Without the offer they would be cut to seven; not sent, also when it shows only at the end."""
    with MailServer(tls, offers=("PIPELINING", "CHUNKING")) as server:
        letter = Letter(*pieces)
        with pytest.raises(NotOfferedError, match="8BITMIME"):
            pool.send(account(server.address), letter.submission)

    assert (letter.handed_over, server.mails) == (0, [])


@pytest.mark.parametrize("who", [{"to": ("jürgen@example.com",)}, {"sender": "jürgen@muster.example"}])
def test_smtputf8_is_said_only_where_an_address_needs_it(
    pool: SessionPool, tls: ssl.SSLContext, who: dict[str, object]
) -> None:
    """With the offer it arrives; without it the mail is refused before it is handed over."""
    letter = Letter(**who)  # type: ignore[arg-type]  # one of two keywords
    with MailServer(tls) as server:
        pool.send(account(server.address), letter.submission)
        pool.send(account(server.address), Letter().submission)
    with MailServer(tls, offers=()) as other, pytest.raises(NotOfferedError, match="SMTPUTF8"):
        pool.send(account(other.address), letter.submission)

    assert ["SMTPUTF8" in mail.parameters for mail in server.mails] == [True, False]
    assert (letter.handed_over, other.mails) == (1, [])


@pytest.mark.parametrize(
    "who", [{"to": ("a@b.example\r\nRCPT TO:<c@d.example>",)}, {"sender": "a b@c.example"}]
)
def test_an_address_that_is_none_writes_nothing(
    pool: SessionPool, tls: ssl.SSLContext, who: dict[str, object]
) -> None:
    """It is refused before the first command, and the session goes on."""
    letter = Letter(**who)  # type: ignore[arg-type]  # one of two keywords
    with MailServer(tls) as server:
        with pytest.raises(CommandError):
            pool.send(account(server.address), letter.submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (letter.handed_over, len(server.mails), server.connections) == (0, 1, 1)


def test_a_mail_for_nobody_is_no_mail() -> None:
    """Asking a server would be an error of ours."""
    with pytest.raises(ValueError, match="recipient"):
        Letter(to=())
