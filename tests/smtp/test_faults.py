"""Every phase, every way, every kind of trouble: what is certain is said to be, and nothing is sent twice."""

import base64
import ssl
import threading
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from service.smtp.dialogue import Deadlines
from service.smtp.errors import BrokenError, RefusedError, SmtpError
from service.smtp.pool import SessionPool
from service.smtp.replies import Phase
from service.smtp.sasl import Login, Plain, XOAuth2
from tests.fakes.mail_server import GMAIL, HANG_UP, RESET, SILENCE, Asked, MailServer, Say
from tests.smtp.letters import Letter, account

ONE_TRIP = GMAIL
TWO_TRIPS = tuple(line for line in GMAIL if line != "CHUNKING")
STEP_BY_STEP = ()
WAYS = {"one trip": ONE_TRIP, "two trips": TWO_TRIPS, "step by step": STEP_BY_STEP}
BEFORE = ["CONNECT", "EHLO", "AUTH"]
TROUBLE = {
    "hang-up": HANG_UP,
    "reset": RESET,
    "silence": SILENCE,
    "garbage": Say(b"HTTP/1.1 400 Bad Request\r\n"),
    "cut short": Say(b"250-2.0.0 begins\r\n25", close=True),
    "endless line": Say(b"250 " + b"x" * 70_000 + b"\r\n"),
    "endless reply": Say(b"250-more\r\n" * 20_000),
    "no line end": Say(b"250 OK"),
    "other code": Say(b"250-OK\r\n550 no\r\n"),
    "drip": Say(b"250-" + b"x" * 100_000 + b"\r\n", drip_s=0.02),
    "odd code": Say(b"399 what\r\n"),
}
QUICK = sorted(TROUBLE.keys() - {"silence", "no line end", "drip"})
CANARY = "zz9-canary-zz9"
USER = "rechnung@muster.example"
LOGINS: list[Login] = [Plain(USER, SecretStr(CANARY)), XOAuth2(USER, SecretStr(CANARY))]


def at(step: str, say: Say) -> Callable[[Asked], Say | None]:
    """A script for the first time that a step comes."""
    return lambda asked: say if (asked.step, asked.connection, asked.count) == (step, 1, 1) else None


def fail(pool: SessionPool, server: MailServer, letter: Letter) -> SmtpError:
    """One mail that is not taken."""
    with pytest.raises(SmtpError) as raised:
        pool.send(account(server.address), letter.submission)
    return raised.value


@pytest.mark.parametrize("trouble", QUICK)
@pytest.mark.parametrize("step", BEFORE)
def test_trouble_before_the_mail_is_certain(
    pool: SessionPool, tls: ssl.SSLContext, step: str, trouble: str
) -> None:
    """While the session is opened nothing of the mail has left, and it was not handed over."""
    with MailServer(tls, script=at(step, TROUBLE[trouble])) as server:
        letter = Letter()
        error = fail(pool, server, letter)

    phase = {"CONNECT": Phase.GREETING, "EHLO": Phase.EHLO, "AUTH": Phase.AUTH}[step]
    assert error.phase is phase
    assert not (isinstance(error, BrokenError) and error.whole)
    assert (letter.handed_over, len(server.mails)) == (0, 0)


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.mechanism)
@pytest.mark.parametrize("code", ["535", "250"])
def test_a_server_that_repeats_the_secret_is_not_quoted_with_it(
    pool: SessionPool, tls: ssl.SSLContext, login: Login, code: str
) -> None:
    """Neither as it was sent nor as it reads; the rest of the answer stays, it says what to mend."""

    def echo(asked: Asked) -> Say | None:
        said = f"{code} No such login: {asked.line} ({CANARY})\r\n"
        return Say(said.encode()) if asked.step == "AUTH" else None

    with MailServer(tls, script=echo) as server, pytest.raises(RefusedError) as raised:
        pool.send(account(server.address, login=login), Letter().submission)

    said = f"{raised.value} {raised.value.reply} {raised.value.note}"
    assert CANARY not in said
    assert base64.b64encode(login.initial()).decode() not in said
    assert f"No such login: AUTH {login.mechanism} *** (***)" in said


@pytest.mark.parametrize(
    ("challenge", "note"),
    [
        (base64.b64encode(f'{{"status":"400","seen":"{CANARY}"}}'.encode()), '{"status":"400","seen":"***"}'),
        (b"!" * 9000, "!" * 2000),
    ],
)
def test_a_challenge_is_noted_without_the_secret_and_within_bounds(
    pool: SessionPool, tls: ssl.SSLContext, challenge: bytes, note: str
) -> None:
    """Google's challenge tells why; another server's may say more than it should."""

    def refuse(asked: Asked) -> Say | None:
        if asked.step in {"CONNECT", "EHLO"}:
            return None
        return Say(b"334 %s\r\n" % challenge if asked.step == "AUTH" else b"535 no\r\n")

    login = XOAuth2(USER, SecretStr(CANARY))
    with MailServer(tls, script=refuse) as server, pytest.raises(RefusedError) as raised:
        pool.send(account(server.address, login=login), Letter().submission)

    assert (raised.value.reply.code, raised.value.note) == (535, note)


@pytest.mark.parametrize("trouble", QUICK)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("way", ["two trips", "step by step"])
def test_trouble_before_the_bytes_is_certain(
    pool: SessionPool, tls: ssl.SSLContext, way: str, step: str, trouble: str
) -> None:
    """Where the server is asked first, everything before its 354 is certain."""
    with MailServer(tls, offers=WAYS[way], script=at(step, TROUBLE[trouble])) as server:
        letter = Letter()
        error = fail(pool, server, letter)
        assert isinstance(error, BrokenError)
        assert (error.phase.name, error.whole) == (step, False)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (letter.handed_over, len(server.mails)) == (0, 1)


@pytest.mark.parametrize("trouble", QUICK)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "END"])
def test_trouble_after_a_mail_in_one_trip_is_uncertain(
    pool: SessionPool, tls: ssl.SSLContext, step: str, trouble: str
) -> None:
    """All bytes had left: whatever the answers should have been, nobody can know what became of it."""
    with MailServer(tls, script=at(step, TROUBLE[trouble])) as server:
        letter = Letter()
        error = fail(pool, server, letter)

    assert isinstance(error, BrokenError)
    assert error.whole
    assert letter.handed_over == 1
    assert len(server.mails) <= 1
    assert server.connections == 1


@pytest.mark.parametrize("trouble", QUICK)
@pytest.mark.parametrize("way", ["two trips", "step by step"])
def test_trouble_after_the_end_of_data_is_uncertain(
    pool: SessionPool, tls: ssl.SSLContext, way: str, trouble: str
) -> None:
    """The answer to the last byte is lost: never repeated, and said so."""
    with MailServer(tls, offers=WAYS[way], script=at("END", TROUBLE[trouble])) as server:
        letter = Letter()
        error = fail(pool, server, letter)

    assert isinstance(error, BrokenError)
    assert (error.phase, error.whole) == (Phase.END_OF_DATA, True)
    assert (letter.handed_over, server.connections) == (1, 1)


@pytest.mark.parametrize("trouble", ["silence", "no line end", "drip"])
@pytest.mark.parametrize(
    ("step", "whole"), [("CONNECT", False), ("AUTH", False), ("MAIL", False), ("DATA", False), ("END", True)]
)
def test_nobody_waits_past_a_deadline(
    new_pool: Callable[..., SessionPool], tls: ssl.SSLContext, trouble: str, step: str, *, whole: bool
) -> None:
    """Silence, half a line and one byte after the other all end with the phase's time."""
    deadlines = Deadlines(connect_s=2, tls_s=2, command_s=1, block_s=2, answer_s=1)
    with MailServer(tls, offers=STEP_BY_STEP, script=at(step, TROUBLE[trouble])) as server:
        error = fail(new_pool(deadlines=deadlines), server, Letter())
        server.hang_up()

    assert isinstance(error, BrokenError)
    assert "TimeoutError" in error.reason
    assert error.whole is whole


REFUSALS = [b"450 4.2.1 later\r\n", b"550 5.7.1 no\r\n"]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "END"])
def test_a_refusal_is_certain_and_the_session_goes_on(
    pool: SessionPool, tls: ssl.SSLContext, way: str, step: str, refusal: bytes
) -> None:
    """4yz and 5yz say no: nothing arrives, and the next mail goes out on the same connection, as itself."""
    with MailServer(tls, offers=WAYS[way], script=at(step, Say(refusal))) as server:
        error = fail(pool, server, Letter(sender="first@muster.example"))
        pool.send(account(server.address), Letter(sender="second@muster.example").submission)
        pool.close()

    assert isinstance(error, RefusedError)
    assert error.phase is (Phase.END_OF_DATA if step == "END" else Phase[step])
    assert error.reply.code == int(refusal[:3])
    assert [mail.sender for mail in server.mails] == ["second@muster.example"]
    assert server.connections == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_421_before_the_end_of_data_is_certain(
    pool: SessionPool, tls: ssl.SSLContext, way: str, step: str, *, close: bool
) -> None:
    """The server closes: it took nothing, also when a mail in one trip was written already."""
    closing = Say(b"421 4.7.0 Try again later, closing connection.\r\n", close=close)
    with MailServer(tls, offers=WAYS[way], script=at(step, closing)) as server:
        error = fail(pool, server, Letter())
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert isinstance(error, RefusedError)
    assert (error.phase, error.reply.code) == (Phase[step], 421)
    assert (len(server.mails), server.connections) == (1, 2)


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "AUTH"])
@pytest.mark.parametrize("answer", [b"421 4.7.0 later\r\n", b"554 5.7.1 go away\r\n"])
def test_a_session_that_is_refused_says_where(
    pool: SessionPool, tls: ssl.SSLContext, step: str, answer: bytes
) -> None:
    """Greeting, EHLO and AUTH: the phase and the reply are kept for whoever has to mend it."""
    with MailServer(tls, script=at(step, Say(answer))) as server:
        error = fail(pool, server, Letter())

    assert isinstance(error, RefusedError)
    assert error.phase.name == {"CONNECT": "GREETING"}.get(step, step)
    assert error.reply.code == int(answer[:3])


@pytest.mark.parametrize("answer", [b"250 OK\r\n", b"220 OK\r\n", b"354 go\r\n", b"234 nearly\r\n"])
def test_only_235_is_a_login(pool: SessionPool, tls: ssl.SSLContext, answer: bytes) -> None:
    """Another success, or a request to go on, is none (RFC 4954 §6)."""
    with MailServer(tls, script=at("AUTH", Say(answer))) as server:
        error = fail(pool, server, Letter())

    assert isinstance(error, RefusedError)
    assert (error.phase, error.reply.code) == (Phase.AUTH, 535)
    assert answer[:3].decode() in error.reply.text


@pytest.mark.parametrize("way", [ONE_TRIP, TWO_TRIPS, STEP_BY_STEP])
def test_a_large_mail_that_is_cut_short_is_certain(
    pool: SessionPool, tls: ssl.SSLContext, way: tuple[str, ...]
) -> None:
    """The server leaves in the middle: the last byte was not written, and not handed over."""
    pieces = [b"x" * 998 + b"\r\n"] * 20_000
    with MailServer(tls, offers=way, script=at("BYTES", RESET)) as server:
        letter = Letter(*pieces)
        error = fail(pool, server, letter)

    assert isinstance(error, BrokenError)
    assert not error.whole
    assert (letter.handed_over, len(server.mails)) == (0, 0)


def test_a_refusal_in_the_middle_of_a_mail_is_heard(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """A server that has enough says why before it closes; the mail was not whole, so that is certain."""
    pieces = [b"x" * 998 + b"\r\n"] * 2000
    said = Say(b"552 5.3.4 too much\r\n", then=threading.Event())

    def hand_over() -> None:
        assert said.then is not None
        said.then.wait(30)

    with MailServer(tls, offers=TWO_TRIPS, script=at("BYTES", said)) as server:
        letter = Letter(*pieces, hand_over=hand_over)
        error = fail(pool, server, letter)

    assert isinstance(error, RefusedError)
    assert (error.phase, error.reply.code) == (Phase.DATA, 552)
    assert not server.mails
