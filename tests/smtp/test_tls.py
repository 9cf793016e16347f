"""Never in clear text: every trap on the way to TLS ends in a refusal, and nothing secret has left."""

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from service.smtp.errors import BrokenError, NotReachedError, SmtpError, TlsError
from service.smtp.pool import Keeping, SessionPool
from service.smtp.session import Server
from tests.fakes.mail_server import HANG_UP, Asked, MailServer, Say
from tests.google.certificate import self_signed
from tests.harness import free_port
from tests.smtp.letters import PASSWORD, Letter, account

NewPool = Callable[..., SessionPool]


@contextmanager
def refused(
    new_pool: NewPool, server: MailServer, error: type[SmtpError], match: str, *, ca_file: Path | None
) -> Iterator[None]:
    """One mail that is not sent, and whose secret did not leave."""
    letter = Letter()
    with server:
        with pytest.raises(error, match=match):
            new_pool(ca_file=ca_file).send(account(server.address), letter.submission)
        yield
    clear = b"".join(seen.clear for seen in server.seen)
    assert letter.handed_over == 0
    assert not server.mails
    assert b"AUTH" not in clear
    assert base64.b64encode(PASSWORD.initial()) not in clear
    assert not [line for line in server.commands if line.startswith(("AUTH", "MAIL"))]


@pytest.mark.parametrize("starttls", [False, True])
@pytest.mark.parametrize(
    ("host", "expires_in", "match"),
    [
        ("other.example", timedelta(days=1), "Hostname mismatch"),
        ("localhost", timedelta(days=-1), "expired"),
    ],
)
def test_a_wrong_certificate_is_refused(
    new_pool: NewPool, tmp_path: Path, *, starttls: bool, host: str, expires_in: timedelta, match: str
) -> None:
    """Another name or a past date, however trusted the issuer: no word of ours follows."""
    server = MailServer(self_signed(tmp_path, host=host, expires_in=expires_in), starttls=starttls)
    with refused(new_pool, server, TlsError, match, ca_file=tmp_path / "certificate.pem"):
        pass


@pytest.mark.parametrize("starttls", [False, True])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    new_pool: NewPool, tls: ssl.SSLContext, *, starttls: bool
) -> None:
    """Only the system's issuers and the operator's own file are trusted."""
    with refused(new_pool, MailServer(tls, starttls=starttls), TlsError, "self-signed", ca_file=None):
        pass


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("starttls", [False, True])
def test_tls_before_1_2_is_refused(new_pool: NewPool, tmp_path: Path, *, starttls: bool) -> None:
    """RFC 8997: a server that can do no better gets nothing."""
    context = self_signed(tmp_path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = MailServer(context, starttls=starttls)
    with refused(new_pool, server, TlsError, "no TLS", ca_file=tmp_path / "certificate.pem"):
        pass


def test_tls_1_2_is_enough(pool: SessionPool, tmp_path: Path, new_pool: NewPool) -> None:
    """And a mail goes out over it, also a second one on the same connection."""
    context = self_signed(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with MailServer(context) as server:
        pool = new_pool(ca_file=tmp_path / "certificate.pem")
        for _ in range(2):
            pool.send(account(server.address), Letter().submission)
        pool.close()

    assert (len(server.mails), server.connections) == (2, 1)


def test_a_server_that_offers_no_starttls_gets_nothing(
    new_pool: NewPool, tls: ssl.SSLContext, ca_file: Path
) -> None:
    """STARTTLS may have been stripped on the way: the session ends after EHLO."""
    server = MailServer(None)
    object.__setattr__(server.address, "starttls", True)
    with refused(new_pool, server, TlsError, "does not offer STARTTLS", ca_file=ca_file):
        pass

    assert server.commands == ["EHLO mail.muster.example"]


INJECTED = b"250-injected\r\n250 AUTH PLAIN\r\n235 2.7.0 accepted\r\n"


@pytest.mark.parametrize(
    ("step", "proper"),
    [
        ("CONNECT", b"220 ready\r\n"),
        ("EHLO", b"250-mx\r\n250 STARTTLS\r\n"),
        ("STARTTLS", b"220 go ahead\r\n"),
    ],
)
def test_words_put_into_the_clear_part_are_not_believed(
    new_pool: NewPool, tls: ssl.SSLContext, ca_file: Path, step: str, proper: bytes
) -> None:
    """Whatever comes unasked before TLS would count as said inside it: the session ends at once."""

    def script(asked: Asked) -> Say | None:
        return Say(proper + INJECTED) if asked.step == step else None

    server = MailServer(tls, starttls=True, script=script)
    with refused(new_pool, server, TlsError, "spoke unasked", ca_file=ca_file):
        pass


@pytest.mark.parametrize("answer", [b"454 4.7.0 TLS not available\r\n", b"503 5.5.1 no\r\n", b"250 OK\r\n"])
def test_a_refused_starttls_ends_the_session(
    new_pool: NewPool, tls: ssl.SSLContext, ca_file: Path, answer: bytes
) -> None:
    """Only 220 begins TLS (RFC 3207 §4); there is no way on without it."""

    def script(asked: Asked) -> Say | None:
        return Say(answer) if asked.step == "STARTTLS" else None

    server = MailServer(tls, starttls=True, script=script)
    with refused(new_pool, server, TlsError, "refused STARTTLS", ca_file=ca_file):
        pass


def test_clear_text_on_the_tls_port_is_refused(new_pool: NewPool, ca_file: Path) -> None:
    """A server that greets in clear text is no server for implicit TLS."""
    with refused(new_pool, MailServer(None), TlsError, "no TLS", ca_file=ca_file):
        pass


def test_a_hang_up_in_the_place_of_tls_leaks_nothing(
    new_pool: NewPool, tls: ssl.SSLContext, ca_file: Path
) -> None:
    """A cut is a cut: tried again later, and never in clear text."""
    script = {"STARTTLS": Say(b"220 go ahead\r\n", close=True)}
    server = MailServer(tls, starttls=True, script=lambda asked: script.get(asked.step))
    with refused(new_pool, server, BrokenError, "tls", ca_file=ca_file):
        pass


def test_extensions_heard_in_clear_text_are_forgotten(pool: SessionPool, tls: ssl.SSLContext) -> None:
    """RFC 3207 §4.2: what counts is the EHLO inside TLS."""

    def script(asked: Asked) -> Say | None:
        if asked.step == "EHLO" and asked.count == 1:
            return Say(b"250-mx\r\n250-STARTTLS\r\n250-SIZE 1\r\n250 AUTH XOAUTH2\r\n")
        return None

    with MailServer(tls, starttls=True, script=script) as server:
        pool.send(account(server.address), Letter().submission)
        pool.close()

    assert len(server.mails) == 1


@pytest.mark.parametrize("host", ["localhost", "no-such-host.invalid", "a..b", "x" * 64 + ".example"])
def test_a_server_that_cannot_be_reached_is_certain(new_pool: NewPool, host: str) -> None:
    """No name, or nobody listening: not sent, and the place in the pool is free again."""
    pool = new_pool(keeping=Keeping(limit=1, place_wait_s=0))
    for _ in range(2):
        letter = Letter()
        with pytest.raises(NotReachedError, match=host.replace(".", "[.]")):
            pool.send(account(Server(host, free_port())), letter.submission)
        assert letter.handed_over == 0


def test_a_greeting_that_refuses_is_heard(new_pool: NewPool, tls: ssl.SSLContext) -> None:
    """A hang-up before the greeting is a cut in that phase."""
    server = MailServer(tls, script=lambda _: HANG_UP)
    with server, pytest.raises(BrokenError, match="greeting"):
        new_pool().send(account(server.address), Letter().submission)
