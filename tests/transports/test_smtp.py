"""The SMTP transport on the wire, against a server that does what a test says."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.connections import credential
from service.connections.credential import MailLogin
from service.connections.way import Way, WayKind
from service.errors import (
    DeliveryError,
    GrantRevokedError,
    LeaseLostError,
    NotFoundError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    SealError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.mail.address import Address
from service.outbox.ports import Claim, Outgoing
from service.outbox.verdict import Receipt
from service.smtp.dialogue import Deadlines
from service.smtp.pool import SessionPool
from service.transports.smtp import SmtpTransport
from service.transports.smtp_accounts import SmtpAccounts
from tests.fakes.claims import make_claim
from tests.fakes.mail_server import HANG_UP, Asked, MailServer, Say, Script
from tests.google.certificate import self_signed

MAIL = b"From: rechnung@muster.example\r\nTo: kunde@example.com\r\nSubject: Rechnung\r\n\r\nGuten Tag\r\n"
USER = "rechnung@muster.example"
GOOD = f"user={USER}\x01auth=Bearer good\x01\x01".encode()


class Tokens:
    """Serves ``TokenSource``: an old token, then a good one, or whatever error it holds."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.fresh = "good"
        self.rejected: list[str] = []

    def token(self, _: str) -> SecretStr:
        if self.error is not None:
            raise self.error
        return SecretStr("old" if not self.rejected else self.fresh)

    def renewed(self, _: str, rejected: SecretStr) -> SecretStr:
        self.rejected.append(rejected.get_secret_value())
        return self.token(_)


class Logins:
    """Serves ``MailLoginStore`` with one login."""

    def __init__(self) -> None:
        self.login: MailLogin | None = None
        self.read = 0

    def get_login(self, _: str) -> MailLogin:
        self.read += 1
        if self.login is None:
            raise NotFoundError("login")
        return self.login


class Desk:
    """A transport before one server, and what became of the hand-over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tls: ssl.SSLContext = self_signed(folder)
        self.tokens, self.logins = Tokens(), Logins()
        deadlines = Deadlines(connect_s=2, tls_s=2, command_s=2, block_s=2, answer_s=2)
        self.pool = SessionPool(deadlines=deadlines, ca_file=folder / "certificate.pem")
        self.accounts: SmtpAccounts | None = None
        self.handed_over = 0

    def server(self, script: Script | None = None, *, logins: set[bytes] | None = None) -> MailServer:
        """A server that the transport will talk to."""
        return MailServer(self.tls, script=script, logins=logins)

    def send(self, server: MailServer, kind: WayKind = WayKind.XOAUTH2, **changes: object) -> Receipt:
        """One try by one way."""
        host = credential.MailServer("localhost", server.address.port, credential.Encryption.TLS)
        password = None if kind is WayKind.RELAY else SecretStr("abcdefghijklmnop")
        user = None if kind is WayKind.RELAY else USER
        if kind is not WayKind.XOAUTH2 and self.logins.login is None:
            self.logins.login = MailLogin("cred_1", "ten_1", "con_1", host, user, password)
        self.accounts = self.accounts or SmtpAccounts(
            logins=self.logins,
            tokens={WayKind.XOAUTH2: self.tokens},
            google=host,
            ehlo_name="mail.muster.example",
            allows_private=True,
        )
        claim = make_claim(way=Way("cred_1", kind), size_bytes=len(MAIL), **changes)
        return SmtpTransport(self.pool, self.accounts).send(_outgoing(claim), self._hand_over)

    def fail(self, server: MailServer, kind: WayKind = WayKind.XOAUTH2) -> DeliveryError:
        """One try that does not end in a receipt."""
        with pytest.raises(DeliveryError) as raised:
            self.send(server, kind)
        return raised.value

    def _hand_over(self) -> None:
        self.handed_over += 1


def _forgotten(_: str) -> MailLogin:
    raise NotFoundError("login")


def _outgoing(claim: Claim) -> Outgoing:
    return Outgoing(claim, lambda: iter((MAIL,)), len(MAIL))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.pool.close()


def test_the_receipt_is_what_the_server_said(desk: Desk) -> None:
    """Its last words, whole and without the code; the bytes and the envelope are the claim's."""
    archive = Address("archiv@muster.example")
    with desk.server() as server:
        receipt = desk.send(
            server, recipients=(Address("kunde@example.com", "Kundin"), archive), bcc=(archive,)
        )
        desk.pool.close()

    assert receipt == Receipt("OK 1763 abc - gsmtp", "250 2.0.0 OK 1763 abc - gsmtp")
    [mail] = server.mails
    assert (mail.sender, mail.recipients) == (USER, ("kunde@example.com", "archiv@muster.example"))
    assert mail.content == MAIL
    assert desk.handed_over == 1


def test_refused_recipients_stand_in_the_receipt(desk: Desk) -> None:
    """Each with its code, and whether another try is of use; their names come back too."""
    replies = [Say(b"550 5.1.1 no such user\r\n"), None, Say(b"452 4.2.2 full\r\n")]

    def script(asked: Asked) -> Say | None:
        return replies[asked.count - 1] if asked.step == "RCPT" else None

    gone, taken, full = (Address(f"{name}@example.com", name) for name in ("gone", "taken", "full"))
    with desk.server(script) as server:
        receipt = desk.send(server, recipients=(gone, taken, full))
        desk.pool.close()

    assert [(refusal.address, refusal.status, refusal.is_permanent) for refusal in receipt.refused] == [
        (gone.spec, 550, True),
        (full.spec, 452, False),
    ]


@pytest.mark.parametrize(
    ("kind", "auth"),
    [
        (WayKind.APP_PASSWORD, "AUTH PLAIN AHJlY2hudW5nQG11c3Rlci5leGFtcGxlAGFiY2RlZmdoaWprbG1ub3A="),
        (WayKind.SMTP_SERVER, "AUTH PLAIN AHJlY2hudW5nQG11c3Rlci5leGFtcGxlAGFiY2RlZmdoaWprbG1ub3A="),
        (WayKind.RELAY, None),
    ],
)
def test_each_way_says_who_it_is(desk: Desk, kind: WayKind, auth: str | None) -> None:
    """By password, or not at all where the relay knows our address."""
    with desk.server() as server:
        desk.send(server, kind)
        desk.pool.close()

    assert server.commands[0] == "EHLO mail.muster.example"
    assert [line for line in server.commands if line.startswith("AUTH")] == ([auth] if auth else [])


def test_a_refused_token_is_renewed_once(desk: Desk) -> None:
    """The challenge is answered by an empty line, the code is read, and a fresh token goes on."""
    with desk.server(logins={GOOD}) as server:
        desk.send(server)
        desk.pool.close()

    assert (desk.tokens.rejected, desk.handed_over, len(server.mails)) == (["old"], 1, 1)
    assert server.seen[0].commands[-1] == ""


def test_a_token_that_is_refused_anew_needs_the_owner(desk: Desk) -> None:
    """Not a third time: a loop of refused logins ends in a throttle. Google's reason is kept."""
    desk.tokens.fresh = "bad"
    with desk.server(logins={GOOD}) as server:
        error = desk.fail(server)

    assert (type(error), error.code, error.status) == (ReconnectRequiredError, "connection-revoked", 535)
    assert '"scope":"https://mail.google.com/"' in error.reply
    assert (server.connections, desk.handed_over) == (2, 0)


def test_a_refused_password_is_not_tried_again(desk: Desk) -> None:
    """There is only the one."""
    with desk.server(logins=set()) as server:
        error = desk.fail(server, WayKind.APP_PASSWORD)

    assert (type(error), error.code) == (ReconnectRequiredError, "app-password-rejected")
    assert server.connections == 1


FAULTS = [
    ("MAIL", Say(b"421 4.7.0 Try again later\r\n", close=True), WayDownError, "provider-unavailable"),
    ("CONNECT", HANG_UP, WayDownError, "provider-unavailable"),
    ("RCPT", Say(b"550 5.1.1 no such user\r\n"), PermanentDeliveryError, "recipient-unknown"),
    ("END", Say(b"552 5.3.4 too large\r\n"), PermanentDeliveryError, "message-too-large"),
    ("END", HANG_UP, UncertainDeliveryError, "answer-lost"),
    ("END", Say(b"garbage\r\n"), UncertainDeliveryError, "answer-lost"),
]


@pytest.mark.parametrize(("step", "say", "kind", "code"), FAULTS)
def test_every_trouble_ends_in_the_family_of_delivery_errors(
    desk: Desk, step: str, say: Say, kind: type[DeliveryError], code: str
) -> None:
    """By phase and reply; only what was lost after the last byte is uncertain."""
    with desk.server(lambda asked: say if asked.step == step else None) as server:
        error = desk.fail(server)

    assert (type(error), error.code) == (kind, code)
    assert not server.mails


def test_no_tls_holds_the_way_and_leaks_nothing(desk: Desk) -> None:
    """Its code is the one of the catalogue."""
    with MailServer(None) as server:
        error = desk.fail(server, WayKind.APP_PASSWORD)

    assert (type(error), error.code, desk.handed_over) == (WayHeldError, "tls-failed", 0)
    assert not server.commands


@pytest.mark.parametrize("error", [GrantRevokedError(), NotFoundError("grant")])
def test_without_a_token_nobody_is_called(desk: Desk, error: Exception) -> None:
    """Only the owner can mend it."""
    desk.tokens.error = error
    with desk.server() as server:
        assert isinstance(desk.fail(server), ReconnectRequiredError)

    assert server.connections == 0


def test_a_login_is_read_once_a_session(desk: Desk) -> None:
    """A password is opened to sign in, and not for each mail."""
    with desk.server() as server:
        for _ in range(3):
            desk.send(server, WayKind.APP_PASSWORD)

    assert (server.connections, len(server.mails), desk.logins.read) == (1, 3, 1)


def test_with_a_login_that_was_forgotten_nobody_signs_in(desk: Desk) -> None:
    """Whoever disconnected a mailbox sees no further sign-in, also where the session has just ended."""
    with desk.server() as server:
        desk.send(server, WayKind.APP_PASSWORD)
        desk.logins.get_login = _forgotten  # type: ignore[method-assign]
        desk.pool.close()
        assert isinstance(desk.fail(server, WayKind.APP_PASSWORD), ReconnectRequiredError)

    assert (server.connections, len(server.mails), desk.handed_over) == (1, 1, 1)


def test_an_open_session_takes_no_mail_whose_way_has_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hand-over, which asks the store, is what guards a session that outlived its login."""

    def refuse() -> None:
        raise LeaseLostError

    with desk.server() as server:
        desk.send(server, WayKind.APP_PASSWORD)
        desk.logins.get_login = _forgotten  # type: ignore[method-assign]
        monkeypatch.setattr(desk, "_hand_over", refuse)
        with pytest.raises(LeaseLostError):
            desk.send(server, WayKind.APP_PASSWORD)

    assert (server.connections, len(server.mails)) == (1, 1)


def test_what_is_sealed_for_ever_is_not_the_servers_fault(desk: Desk) -> None:
    """It goes up as it is."""
    desk.tokens.error = SealError()
    with desk.server() as server, pytest.raises(SealError):
        desk.send(server)


def test_a_lost_lease_goes_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the hand-over raises is nobody else's business, and nothing was sent."""

    def refuse() -> None:
        raise LeaseLostError

    monkeypatch.setattr(desk, "_hand_over", refuse)
    with desk.server() as server, pytest.raises(LeaseLostError):
        desk.send(server)

    assert not server.mails
