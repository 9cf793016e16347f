"""The client against a real Postfix and a real Dovecot submission server, from Debian's packages."""

import email
import email.policy
import random
import smtplib
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from pydantic import SecretStr

from service.mail.address import Address
from service.mail.attachment import Attachment, BytesContent
from service.mail.compose import compose
from service.mail.message import Message, Stamp
from service.smtp.capabilities import Capabilities
from service.smtp.dialogue import Deadlines
from service.smtp.errors import ContentError, RecipientsRefusedError, RefusedError
from service.smtp.pool import SessionPool
from service.smtp.replies import Phase
from service.smtp.sasl import Login, Plain, XOAuth2
from service.smtp.session import Server, opening, run_through
from tests.fakes.dovecot import PASSWORD, USER, Dovecot, dovecot, token
from tests.fakes.postfix import DOMAIN, REFUSALS, SIZE_LIMIT_BYTES, Postfix, postfix
from tests.harness import free_port
from tests.smtp.letters import CONTENT, Letter, account

pytestmark = pytest.mark.slow

TEN_MB = 10 * 1024 * 1024
BUSY, FULL, GONE = (f"{user}@{DOMAIN}" for user in REFUSALS)
PLAIN = Plain(USER, SecretStr(PASSWORD))
# What each server is to offer, by its name.
OFFERS = {
    "bdat": {"pipelining", "chunking"},
    "data": {"pipelining"},
    "step_by_step": set[str](),
    "bdat_starttls": {"pipelining", "chunking"},
    "data_starttls": {"pipelining"},
    "implicit": {"pipelining", "chunking"},
    "starttls": {"pipelining", "chunking"},
}
ALL = [*OFFERS]
POSTFIX = ALL[:5]
# Each dialect of a refused login.
ASKED = ["bdat", "data_starttls", "implicit", "starttls"]
# Each way of a mail, and Dovecot on both of its ports.
WAYS = ["bdat", "data", "step_by_step", "implicit", "starttls"]


class Real(NamedTuple):
    """Both servers, running."""

    postfix: Postfix
    dovecot: Dovecot

    def server(self, name: str) -> Server:
        """The one of this name."""
        server: Server = getattr(self.dovecot if hasattr(self.dovecot, name) else self.postfix, name)
        return server


@pytest.fixture(scope="module")
def real(tls: ssl.SSLContext, certificate_folder: Path) -> Iterator[Real]:
    """A Dovecot that knows who may sign in, and a Postfix that asks it and delivers what both take."""
    assert tls, "the certificate lies in its folder"
    relay = Server("localhost", free_port())
    with (
        dovecot(certificates=certificate_folder, relay=relay) as signs_in,
        postfix(certificates=certificate_folder, auth=signs_in.auth, relay=relay) as delivers,
    ):
        yield Real(delivers, signs_in)


@pytest.fixture
def pool(new_pool: Callable[..., SessionPool]) -> SessionPool:
    """A client as patient as in production: real servers write to real disks."""
    return new_pool(deadlines=Deadlines())


@pytest.fixture
def user() -> str:
    """An inbox that no other test knows."""
    return f"kunde-{uuid4().hex}"


def letter(*pieces: bytes, to: tuple[str, ...]) -> Letter:
    """A mail from the mailbox that the servers know."""
    return Letter(*pieces, to=to, sender=USER)


def address_of(user: str) -> str:
    """The address of an inbox."""
    return f"{user}@{DOMAIN}"


def refused_login(pool: SessionPool, server: Server, login: Login) -> RefusedError:
    """What the server says to who may not sign in; its mail stays here."""
    mail = letter(to=(address_of("kunde"),))
    with pytest.raises(RefusedError) as raised:
        pool.send(account(server, login=login), mail.submission)
    assert mail.handed_over == 0
    return raised.value


def ten_mb(user: str) -> tuple[bytes, list[bytes]]:
    """An attachment of 10 MB that is like nothing else, and the mail that the service makes of it."""
    content = random.Random(10).randbytes(TEN_MB)
    message = Message(
        sender=Address(USER),
        to=(Address(address_of(user)),),
        subject="Rechnung RE-2026-0042",
        text="Guten Tag\n\n.\n.. und ein Punkt\n",
        attachments=(Attachment("rechnung.pdf", "application/pdf", BytesContent(content)),),
    )
    return content, list(compose(message, Stamp("msg_1", "<msg_1@muster.example>", datetime.now(UTC))))


@pytest.mark.parametrize("name", ALL)
def test_each_server_offers_what_the_client_can_do(real: Real, ca_file: Path, name: str) -> None:
    """PIPELINING, CHUNKING, both mechanisms and 8BITMIME are seen, and missed where they are switched off."""
    server = real.server(name)
    session = run_through(
        opening(
            server,
            PLAIN,
            ehlo_name="mail.muster.example",
            context=ssl.create_default_context(cafile=ca_file),
            deadlines=Deadlines(),
        )
    )
    session.close()

    offered: Capabilities = session.capabilities
    assert {keyword for keyword in ("pipelining", "chunking") if getattr(offered, keyword)} == OFFERS[name]
    assert offered.auth == {"PLAIN", "XOAUTH2"}
    assert offered.eight_bit
    assert offered.size_bytes == (SIZE_LIMIT_BYTES if name in POSTFIX else 0)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("mechanism", ["PLAIN", "XOAUTH2"])
def test_who_signs_in_sends_and_the_mail_arrives(
    pool: SessionPool, real: Real, user: str, name: str, mechanism: str
) -> None:
    """By password and by token, over TLS from the first byte and STARTTLS; lone dots arrive as they are."""
    login: Login = PLAIN if mechanism == "PLAIN" else XOAuth2(USER, SecretStr(token()))
    mail = letter(to=(address_of(user),))
    taken = pool.send(account(real.server(name), login=login), mail.submission)

    assert (taken.reply.code, taken.refused, mail.handed_over) == (250, (), 1)
    assert real.postfix.await_mail(user).endswith(CONTENT.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("name", ASKED)
def test_a_wrong_password_is_refused_with_535(pool: SessionPool, real: Real, name: str) -> None:
    """RFC 4954 §6: certain, and no mail has left."""
    refused = refused_login(pool, real.server(name), Plain(USER, SecretStr("wrong")))

    assert (refused.phase, refused.reply.code, refused.reply.enhanced) == (Phase.AUTH, 535, "5.7.8")


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize(
    "wrong",
    [
        token(key=b"somebody else's key"),
        token(expires_in_s=-600),
        token("other@muster.example"),
        "ya29.no-token-at-all",
    ],
    ids=["forged", "expired", "of another mailbox", "garbage"],
)
def test_a_challenge_to_a_wrong_token_is_answered_and_ends_with_535(
    pool: SessionPool, real: Real, name: str, wrong: str
) -> None:
    """334 with the reason, our empty line, then the refusal itself; the reason is kept for the log."""
    refused = refused_login(pool, real.server(name), XOAuth2(USER, SecretStr(wrong)))

    assert (refused.phase, refused.reply.code, refused.reply.enhanced) == (Phase.AUTH, 535, "5.7.8")
    assert '"schemes":"bearer"' in refused.note


@pytest.mark.parametrize("name", ["bdat", "data", "step_by_step"])
def test_five_mails_take_one_session_and_only_commands_that_were_offered(
    pool: SessionPool, real: Real, name: str
) -> None:
    """Postfix counts them: BDAT where it offers CHUNKING, else DATA; one greeting, one login, no RSET."""
    server = real.server(name)
    for _ in range(5):
        pool.send(account(server, login=PLAIN), letter(to=(address_of("many"),)).submission)
    pool.close()

    counts = real.postfix.await_session(server.port, mails=5)
    body = "bdat" if name == "bdat" else "data"
    assert counts == {"ehlo": "1", "auth": "1", "mail": "5", "rcpt": "5", body: "5", "quit": "1"}


@pytest.mark.parametrize("name", WAYS)
def test_some_are_refused_others_get_the_mail_and_the_session_goes_on(
    pool: SessionPool, real: Real, user: str, name: str
) -> None:
    """451, 452 and 550 each stand beside their own recipient; the next mail is its own."""
    server = account(real.server(name), login=PLAIN)
    taken = pool.send(server, letter(to=(BUSY, address_of(user), FULL, GONE)).submission)
    after = pool.send(server, letter(to=(address_of(f"{user}-next"),)).submission)

    assert [(address, reply.code, reply.enhanced) for address, reply in taken.refused] == [
        (BUSY, 451, "4.3.0"),
        (FULL, 452, "4.2.2"),
        (GONE, 550, "5.1.1"),
    ]
    assert after.refused == ()
    assert real.postfix.await_mail(user)
    assert real.postfix.await_mail(f"{user}-next")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", WAYS)
def test_when_all_are_refused_nobody_gets_it_and_the_next_mail_goes_out(
    pool: SessionPool, real: Real, user: str, name: str, *, large: bool
) -> None:
    """However it goes out: 451 may pass, so it is the mail's own answer; no byte of a large mail leaves."""
    server = account(real.server(name), login=PLAIN)
    pieces = (CONTENT, *[b"x" * 998 + b"\r\n"] * 1100) if large else ()
    mail = letter(*pieces, to=(GONE, BUSY, FULL))
    with pytest.raises(RecipientsRefusedError) as raised:
        pool.send(server, mail.submission)
    taken = pool.send(server, letter(to=(address_of(user),)).submission)

    assert [reply.code for _, reply in raised.value.refusals] == [550, 451, 452]
    assert raised.value.reply.code == 451
    assert not (large and mail.handed_over)
    assert taken.refused == ()
    assert real.postfix.await_mail(user)


@pytest.mark.parametrize("name", WAYS)
def test_an_attachment_of_10_mb_arrives_byte_for_byte(
    pool: SessionPool, real: Real, user: str, name: str
) -> None:
    """Below the fields that the server puts on top the mail is the same, and so is the file in it."""
    content, pieces = ten_mb(user)
    pool.send(account(real.server(name), login=PLAIN), letter(*pieces, to=(address_of(user),)).submission)

    arrived = real.postfix.await_mail(user)
    parsed = email.message_from_bytes(arrived, policy=email.policy.default)
    (attached,) = parsed.iter_attachments()
    assert arrived.endswith(b"".join(pieces))
    assert attached.get_payload(decode=True) == content


@pytest.mark.parametrize("name", WAYS)
def test_a_bare_line_feed_does_not_leave_here(pool: SessionPool, real: Real, user: str, name: str) -> None:
    """Our own check comes first: nothing is handed over, and the next mail goes out."""
    server = account(real.server(name), login=PLAIN)
    mail = letter(CONTENT, b"one\n.\r\ntwo\r\n", to=(address_of(user),))
    with pytest.raises(ContentError):
        pool.send(server, mail.submission)
    pool.send(server, letter(to=(address_of(f"{user}-next"),)).submission)

    assert real.postfix.await_mail(f"{user}-next")
    assert (mail.handed_over, real.postfix.inbox(user)) == (0, [])


@pytest.mark.parametrize("smuggled", [b"one\ntwo\r\n", b"one\n.\ntwo\r\n", b"one\n.\r\ntwo\r\n"])
@pytest.mark.parametrize("name", ["bdat", "data"])
def test_a_bare_line_feed_past_our_check_is_refused_by_postfix(
    pool: SessionPool, real: Real, ca_file: Path, user: str, name: str, smuggled: bytes
) -> None:
    """The same bytes, written by another client: 550 for smtpd_forbid_bare_newline, and nobody gets them."""
    server, mail = real.server(name), CONTENT + smuggled
    context = ssl.create_default_context(cafile=ca_file)
    with smtplib.SMTP_SSL(server.host, server.port, context=context, timeout=20) as raw:
        raw.login(USER, PASSWORD)
        raw.mail(USER)
        assert raw.rcpt(address_of(user))[0] == 250
        if name == "bdat":
            raw.send(b"BDAT %d LAST\r\n" % len(mail) + mail)
        else:
            assert raw.docmd("DATA")[0] == 354
            raw.send(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        code, text = raw.getreply()
        raw.close()
    pool.send(account(server, login=PLAIN), letter(to=(address_of(f"{user}-next"),)).submission)

    assert (code, text) == (550, b"5.5.2 %s Error: bare <LF> received" % server.host.encode())
    assert real.postfix.await_mail(f"{user}-next")
    assert real.postfix.inbox(user) == []
