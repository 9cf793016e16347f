"""Kept sessions: used again, never shared, never used when dead, closed when outdated, and bounded."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import pytest
from pydantic import SecretStr

from service.smtp.errors import BrokenError, NotReachedError, RefusedError
from service.smtp.pool import Keeping, SessionPool
from service.smtp.replies import Phase
from service.smtp.sasl import XOAuth2
from tests.fakes.mail_server import GMAIL, HANG_UP, Asked, MailServer, Say
from tests.smtp.letters import Letter, account

NewPool = Callable[..., SessionPool]
TWO_TRIPS = tuple(line for line in GMAIL if line != "CHUNKING")


def travel() -> None:
    """A hang-up goes through the kernel."""
    time.sleep(0.05)


def test_many_mails_take_one_connection(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """One greeting, one login, then mail after mail, without NOOP or RSET between them."""
    with MailServer(tls) as server:
        for _ in range(20):
            pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (len(server.mails), server.connections) == (20, 1)
    assert {line.split()[0] for line in server.commands} == {"EHLO", "AUTH", "MAIL", "RCPT", "BDAT", "QUIT"}


def test_two_mailboxes_never_share_a_session(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """The same server, another key: another connection, another login."""
    with MailServer(tls) as server:
        for key in ("pwd_1", "pwd_2", "pwd_1", "pwd_2"):
            pool.send(account(server.address, key=key), Letter().submission)
        pool.close()

    assert [mail.connection for mail in server.mails] == [1, 2, 1, 2]


def test_a_changed_token_closes_what_the_old_one_opened(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """Nothing goes out any more as whom a replaced secret had let in."""
    with MailServer(tls) as server:
        old, new = (XOAuth2("a@b.example", SecretStr(token)) for token in ("token-1", "token-2"))
        pool.send(account(server.address, login=old), Letter().submission)
        pool.send(account(server.address, login=new), Letter().submission)
        pool.send(account(server.address, login=new), Letter().submission)
        assert server.seen[0].commands[-1] == "QUIT"
        pool.close()

    assert [mail.connection for mail in server.mails] == [1, 2, 2]


@pytest.mark.parametrize("goodbye", [b"", b"421 4.4.2 Connection expired\r\n"])
@pytest.mark.parametrize("offers", [GMAIL, TWO_TRIPS])
def test_a_connection_that_the_server_closed_costs_nothing(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...], goodbye: bytes
) -> None:
    """It is seen before anything is written or handed over; the mail goes out on a new one."""

    def script(asked: Asked) -> Say | None:
        if asked.step == "END" and asked.connection == 1:
            return Say(b"250 2.0.0 OK\r\n" + goodbye, close=True)
        return None

    with MailServer(tls, offers=offers, script=script) as server:
        pool.send(account(server.address), Letter().submission)
        travel()
        letter = Letter()
        pool.send(account(server.address), letter.submission)
        pool.close()

    assert (letter.handed_over, server.connections) == (1, 2)
    assert not [line for line in server.seen[0].commands if line.startswith("MAIL")][1:]


def test_a_connection_that_dies_during_the_hand_over_is_certain(
    pool: SessionPool, tls: ssl.SSLContext
) -> None:
    """While the hand-over is written to disk the server may leave: nothing was sent, and that is said."""

    def hand_over() -> None:
        server.hang_up()
        travel()

    with MailServer(tls) as server:
        pool.send(account(server.address), Letter().submission)
        letter = Letter(hand_over=hand_over)
        with pytest.raises(BrokenError) as raised:
            pool.send(account(server.address), letter.submission)

    assert not raised.value.whole
    assert (letter.handed_over, len(server.mails), server.connections) == (1, 1, 1)


@pytest.mark.parametrize("answer", [HANG_UP, Say(b"421 4.7.0 Connection expired\r\n", close=True)])
def test_a_kept_session_that_turns_out_to_be_dead_is_replaced_once(
    pool: SessionPool, tls: ssl.SSLContext, answer: Say
) -> None:
    """Where the server is asked first, a dead session shows before the hand-over."""

    def script(asked: Asked) -> Say | None:
        return answer if (asked.step, asked.connection, asked.count) == ("MAIL", 1, 2) else None

    with MailServer(tls, offers=TWO_TRIPS, script=script) as server:
        pool.send(account(server.address), Letter().submission)
        letter = Letter()
        pool.send(account(server.address), letter.submission)
        pool.close()

    assert (letter.handed_over, len(server.mails), server.connections) == (1, 2, 2)


def test_a_new_session_that_is_dead_is_not_replaced(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """Once is enough: the next try is the outbox's."""
    script = {"MAIL": Say(b"421 4.3.0 no\r\n", close=True)}
    server = MailServer(tls, offers=TWO_TRIPS, script=lambda asked: script.get(asked.step))
    with server, pytest.raises(RefusedError):
        pool.send(account(server.address), Letter().submission)

    assert server.connections == 1


def test_a_hand_over_that_fails_keeps_the_mail_here_and_the_session_open(
    pool: SessionPool, tls: ssl.SSLContext
) -> None:
    """In one trip nothing had left yet."""

    def refuse() -> None:
        raise LookupError("lease lost")

    with MailServer(tls) as server:
        with pytest.raises(LookupError):
            pool.send(account(server.address), Letter(hand_over=refuse).submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (len(server.mails), server.connections) == (1, 1)


@pytest.mark.parametrize("offers", [GMAIL, TWO_TRIPS, ()])
def test_a_hand_over_that_fails_in_the_middle_ends_the_session(
    pool: SessionPool, tls: ssl.SSLContext, offers: tuple[str, ...]
) -> None:
    """A mail that has begun can only be ended by its end, which stays here."""

    def refuse() -> None:
        raise LookupError("lease lost")

    pieces = [b"x" * 998 + b"\r\n"] * 2000
    with MailServer(tls, offers=offers) as server:
        with pytest.raises(LookupError):
            pool.send(account(server.address), Letter(*pieces, hand_over=refuse).submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (len(server.mails), server.connections) == (1, 2)


def test_a_session_that_was_idle_for_a_while_is_asked_first(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """What lies between may have forgotten it: NOOP finds out, at a price of one round trip."""
    pool = new_pool(keeping=Keeping(probe_s=0))
    with MailServer(tls) as server:
        for _ in range(2):
            pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (server.commands.count("NOOP"), server.connections) == (1, 1)


@pytest.mark.parametrize("answer", [HANG_UP, Say(b"500 what?\r\n"), Say(b"421 bye\r\n", close=True)])
def test_a_session_that_does_not_answer_is_replaced(
    new_pool: NewPool, tls: ssl.SSLContext, answer: Say
) -> None:
    """Nothing of a mail is risked on it."""
    pool = new_pool(keeping=Keeping(probe_s=0))
    script = {"NOOP": answer}
    with MailServer(tls, script=lambda asked: script.get(asked.step)) as server:
        for _ in range(2):
            pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (len(server.mails), server.connections) == (2, 2)


def test_an_unused_session_is_closed_after_its_time(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """Also when no other mail comes along: the server hears QUIT."""
    said_goodbye = threading.Event()

    def script(asked: Asked) -> Say | None:
        if asked.step == "QUIT":
            said_goodbye.set()
        return None

    pool = new_pool(keeping=Keeping(idle_s=0.1))
    with MailServer(tls, script=script) as server:
        pool.send(account(server.address), Letter().submission)
        assert said_goodbye.wait(30)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert server.connections == 2


def test_a_reset_that_is_refused_ends_the_session(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """Nobody knows what is left of the refused mail: the next one does not go out on top of it."""
    script = {"END": Say(b"550 5.7.1 no\r\n"), "RSET": Say(b"500 what?\r\n")}

    def first(asked: Asked) -> Say | None:
        return script.get(asked.step) if asked.connection == 1 else None

    with MailServer(tls, script=first) as server:
        with pytest.raises(RefusedError):
            pool.send(account(server.address), Letter().submission)
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert [mail.connection for mail in server.mails] == [2]


def test_a_mailbox_that_was_quiet_gives_its_place_to_another(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """No more connections than allowed; the longest idle one is closed for a new one."""
    pool = new_pool(keeping=Keeping(limit=2))
    with MailServer(tls) as server:
        for key in ("a", "b", "c", "b"):
            pool.send(account(server.address, key=key), Letter().submission)
        assert [seen.commands[-1] == "QUIT" for seen in server.seen] == [True, False, False]
        pool.close()

    assert [mail.connection for mail in server.mails] == [1, 2, 3, 2]


def test_who_finds_no_place_waits_for_one(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """As long as it may, and then the mail is certainly not sent; when one becomes free it goes on."""
    inside, leave = threading.Event(), threading.Event()

    def hand_over() -> None:
        inside.set()
        leave.wait(30)

    keeping = Keeping(limit=1, place_wait_s=30)
    pool = new_pool(keeping=keeping)
    with MailServer(tls) as server:
        first = threading.Thread(
            target=pool.send, args=(account(server.address, key="a"), Letter(hand_over=hand_over).submission)
        )
        first.start()
        inside.wait(30)
        pool._keeping = replace(keeping, place_wait_s=0.01)
        with pytest.raises(NotReachedError, match="in use"):
            pool.send(account(server.address, key="b"), Letter().submission)
        pool._keeping = keeping
        second = threading.Thread(
            target=pool.send, args=(account(server.address, key="b"), Letter().submission)
        )
        second.start()
        leave.set()
        first.join()
        second.join()
        pool.close()

    assert [mail.connection for mail in server.mails] == [1, 2]


def test_whoever_leaves_a_trial_gives_its_place_back(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """At each step: the conversation ends there, and the only place is free for the next one."""
    pool = new_pool(keeping=Keeping(limit=1, place_wait_s=0.01))
    with MailServer(tls) as server:
        for steps in range(1, 5):
            trial = pool.try_out(account(server.address), "a@muster.example")
            assert list(islice(trial, steps)) == [Phase.CONNECT, Phase.TLS, Phase.AUTH, Phase.RCPT][:steps]
            trial.close()
        pool.close()

    assert (server.connections, server.mails) == (4, [])


def test_many_threads_share_the_pool(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """Each mail arrives once, over no more connections than allowed at the same time."""
    pool = new_pool(keeping=Keeping(limit=4, place_wait_s=20))
    with MailServer(tls) as server:

        def send(number: int) -> None:
            for turn in range(10):
                content = f"Subject: {number}-{turn}\r\n\r\n".encode()
                pool.send(account(server.address, key=str(number % 3)), Letter(content).submission)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert pool._open <= 4
        pool.close()
        assert pool._open == 0

    expected = {f"Subject: {number}-{turn}\r\n\r\n".encode() for number in range(8) for turn in range(10)}
    assert sorted(mail.content for mail in server.mails) == sorted(expected)


def test_after_the_end_nothing_is_kept(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """A mail that comes late still goes out, and its session is closed at once."""
    with MailServer(tls) as server:
        pool.close()
        for _ in range(2):
            pool.send(account(server.address), Letter().submission)
        assert pool._open == 0

    assert [mail.connection for mail in server.mails] == [1, 2]


def test_the_trusted_certificates_are_read_once(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """One context a process: reading the system's certificates costs 20 ms."""
    with MailServer(tls) as server:
        for key in "abc":
            pool.send(account(server.address, key=key), Letter().submission)
        contexts = {id(pool._tls()) for _ in range(3)}
        pool.close()

    assert len(contexts) == 1
    assert pool._tls().minimum_version is ssl.TLSVersion.TLSv1_2
    assert pool._tls().check_hostname
