"""The Gmail API transport on the wire, against a server that does what a test says."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes

import pytest
from pydantic import SecretStr

from service.connections.credential import AccessToken, Grant
from service.connections.way import Way, WayKind
from service.consent.refresh import AccessTokens
from service.errors import (
    AccountNotAllowedError,
    AppBlockedError,
    ClockSkewError,
    DelegationError,
    DeliveryError,
    GrantRevokedError,
    LeaseLostError,
    OAuthClientError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    SealError,
    SessionControlError,
    TokenEndpointUnavailableError,
    TokenError,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.mail.address import Address
from service.outbox.ports import Claim, Outgoing
from service.transports.gmail_api import GmailApiTransport, bcc_field
from tests.fakes.clock import START, FakeClock
from tests.fakes.grants import FakeAuthorizationServer, FakeGrantStore
from tests.fakes.wire import HANG_UP, Reply, Seen, WireServer, as_json

MAIL = b"From: a@muster.example\r\nTo: b@example.com\r\nSubject: Rechnung\r\n\r\nGuten Tag\r\n"
SENT = as_json({"id": "19c2", "threadId": "19c2", "labelIds": ["SENT"]})
GRANT = Grant(
    "grt_1",
    "ten_1",
    "con_1",
    "client",
    frozenset(),
    SecretStr("refresh-1"),
    AccessToken(SecretStr("stored"), START + timedelta(hours=1)),
)


class Desk:
    """A transport against a scripted server, and what became of the hand-over.

    Attributes:
        replies: what the server answers, one after the other; the last one stays.
        handed_over: how often.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.replies = [SENT]
        self.handed_over = 0
        self.server = FakeAuthorizationServer(clock)
        self.grants = FakeGrantStore(GRANT)
        self.wire = WireServer(self._answer)
        self._http = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
        self._tokens = AccessTokens(grants=self.grants, server=self.server, clock=clock)
        gmail = GmailClient(self._http, origin=self.wire.url, clock=clock)
        self.transport = GmailApiTransport(gmail, self._tokens)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def send(self, mail: bytes = MAIL, *, bcc: tuple[str, ...] = (), pieces: int = 1) -> str:
        """Send a mail; answers the receipt."""
        return self.transport.send(outgoing(mail, bcc, pieces), self.hand_over).id

    def error(self, mail: bytes = MAIL) -> DeliveryError:
        """Send a mail that does not come through."""
        with pytest.raises(DeliveryError) as raised:
            self.send(mail)
        return raised.value

    def hand_over(self) -> None:
        """Count."""
        self.handed_over += 1

    def _answer(self, _: Seen) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def outgoing(mail: bytes, bcc: tuple[str, ...] = (), pieces: int = 1) -> Outgoing:
    """A claimed mail, read in pieces."""
    address = Address("a@muster.example")
    hidden = tuple(Address(spec, "Name") for spec in bcc)
    claim = Claim(
        entry_id="msg_1",
        tenant_id="ten_1",
        connection_id="con_1",
        way=Way("grt_1", WayKind.GMAIL_API),
        address=address.spec,
        sender=address,
        recipients=(Address("b@example.com"),),
        bcc=hidden,
        size_bytes=len(mail),
        attempt=1,
        tries=0,
        fence=1,
        created_at=START,
        give_up_at=START + timedelta(days=5),
    )
    step = -(-len(mail) // pieces)
    return Outgoing(claim, lambda: (mail[at : at + step] for at in range(0, len(mail), step)), len(mail))


@pytest.fixture
def desk(clock: FakeClock) -> Iterator[Desk]:
    desk = Desk(clock)
    with desk.wire:
        yield desk
        desk.close()


def test_a_mail_goes_by_media_upload(desk: Desk) -> None:
    """The stored bytes are the body, the token is in the header, and the receipt is Google's id."""
    assert desk.send(pieces=3) == "19c2"

    [seen] = desk.wire.seen
    assert seen.method == "POST"
    assert seen.target == "/upload/gmail/v1/users/me/messages/send?alt=json&uploadType=media"
    assert seen.body == MAIL
    assert seen.headers["authorization"] == "Bearer stored"
    assert seen.headers["content-type"] == "message/rfc822"
    assert "accept-encoding" not in seen.headers
    assert desk.handed_over == 1


def test_hidden_recipients_go_in_front(desk: Desk) -> None:
    """Gmail takes them from a Bcc field; the stored bytes follow unchanged."""
    bcc = tuple(f"{'x' * 60}{number}@archiv.muster.example" for number in range(20))

    desk.send(bcc=bcc, pieces=2)

    body = desk.wire.seen[0].body
    assert body.endswith(b"\r\n" + MAIL)
    message = message_from_bytes(body)
    assert message["Bcc"].replace("\r\n ", "").split(",") == list(bcc)
    assert message.keys() == ["Bcc", "From", "To", "Subject"]
    assert max(map(len, body.split(b"\r\n"))) <= 998


def test_no_hidden_recipients_are_no_field() -> None:
    """An empty Bcc field would be none of RFC 5322."""
    assert bcc_field(()) == b""


def test_a_refused_token_is_renewed_and_the_mail_repeated_once(desk: Desk) -> None:
    """401 means that Google did not look at the mail."""
    desk.replies = [as_json({"error": {"code": 401}}, 401), SENT]

    assert desk.send(bcc=("x@archiv.muster.example",)) == "19c2"

    tokens = [seen.headers["authorization"] for seen in desk.wire.seen]
    assert tokens == ["Bearer stored", "Bearer access-1"]
    assert desk.wire.seen[0].body == desk.wire.seen[1].body
    assert desk.server.refreshed == ["refresh-1"]


def test_a_second_refusal_needs_the_owner(desk: Desk) -> None:
    """A fresh token that is refused too will not be better the third time."""
    desk.replies = [as_json({"error": {"code": 401, "message": "Invalid Credentials"}}, 401)]

    error = desk.error()

    assert isinstance(error, ReconnectRequiredError)
    assert (error.code, error.status, error.reply) == ("connection-revoked", 401, "Invalid Credentials")
    assert len(desk.wire.seen) == 2


@pytest.mark.parametrize(
    ("failure", "kind", "code", "wait_s"),
    [
        (GrantRevokedError(), ReconnectRequiredError, "connection-revoked", None),
        (SessionControlError(), ReconnectRequiredError, "session-control", None),
        (OAuthClientError(), WayHeldError, "oauth-client-invalid", 300),
        (AppBlockedError(), WayHeldError, "app-blocked-by-admin", 300),
        (AccountNotAllowedError(), WayHeldError, "account-not-allowed", 300),
        (DelegationError("delegation-denied"), WayHeldError, "delegation-denied", 300),
        (ClockSkewError(), WayHeldError, "clock-skew", 300),
        (TokenEndpointUnavailableError("503"), WayDownError, "provider-unavailable", None),
    ],
)
def test_without_a_token_nothing_leaves(
    desk: Desk,
    clock: FakeClock,
    failure: TokenError,
    kind: type[DeliveryError],
    code: str,
    wait_s: float | None,
) -> None:
    """Each failure of the token endpoint becomes the try's outcome, certainly unsent."""
    clock.advance(3600)
    desk.server.failure = failure

    error = desk.error()

    assert (type(error), error.code, error.wait_s) == (kind, code, wait_s)
    assert not desk.wire.seen
    assert desk.handed_over == 0


def test_a_grant_that_was_replaced_burns_no_try(desk: Desk, clock: FakeClock) -> None:
    """The next claim knows the new grant, and need not wait for the retry schedule."""
    clock.advance(3600)
    desk.grants._grants.clear()

    assert isinstance(desk.error(), ReconnectRequiredError)


@pytest.mark.parametrize(
    "reply",
    [
        HANG_UP,
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", close=True),
        Reply(200, b"<html>accepted?</html>"),
        Reply(200, b"[]"),
        Reply(200, b'{"threadId": "1"}'),
        Reply(200, b'{"id": ""}'),
        Reply(200, b'{"id": 5}'),
        Reply(200, b'{"id": "a\\ud800"}'),
        Reply(200, b'{"id": "a\\u0000"}'),
        Reply(200, b""),
        Reply(204, b""),
        Reply(200, b"x" * 9_000_000),
        Reply(500, b""),
        Reply(503, b"<html>"),
    ],
)
def test_what_is_not_certain_is_said_to_be_so(desk: Desk, reply: Reply) -> None:
    """After the last byte anything but a clear answer is uncertain, and nothing is repeated."""
    desk.replies = [reply]

    error = desk.error()

    assert isinstance(error, UncertainDeliveryError)
    assert error.code == "answer-lost"
    assert len(desk.wire.seen) == 1
    assert desk.handed_over == 1


def test_a_body_that_was_cut_short_is_certainly_not_sent(desk: Desk) -> None:
    """A server that leaves in the middle of a large mail cannot have taken it."""
    desk.replies = [Reply(read=1000, raw=b"", close=True)]

    error = desk.error(MAIL + b"x" * 20_000_000)

    assert isinstance(error, TransientDeliveryError)
    assert error.code == "provider-unavailable"


def test_an_early_server_error_is_certain_too(desk: Desk) -> None:
    """A 503 before the end of the mail has not taken it, nor has a reset."""
    desk.replies = [Reply(503, b"<html>", read=1000, close=True)]

    assert isinstance(desk.error(MAIL + b"x" * 20_000_000), TransientDeliveryError)


def test_a_server_that_cannot_be_reached_is_tried_again(desk: Desk) -> None:
    """No connection, no mail."""
    desk.transport = GmailApiTransport(
        GmailClient(PooledHttp(connect_timeout_s=1), origin="http://127.0.0.1:1"), desk._tokens
    )

    assert isinstance(desk.error(), TransientDeliveryError)
    assert desk.handed_over == 0


def test_a_mail_past_gmails_limit_does_not_leave(desk: Desk) -> None:
    """The published limit of the upload is asked before anything is sent."""
    mail = outgoing(b"")
    too_large = Outgoing(mail.claim, mail.open, 36_700_161)

    with pytest.raises(PermanentDeliveryError) as raised:
        desk.transport.send(too_large, desk.hand_over)

    assert raised.value.code == "message-too-large"
    assert not desk.wire.seen


@pytest.mark.parametrize("error", [LeaseLostError(), SealError()])
def test_what_the_hand_over_raises_goes_up_and_nothing_is_sent(
    desk: Desk, error: LeaseLostError | SealError
) -> None:
    """A worker that lost its lease keeps the last byte."""

    def refuse() -> None:
        raise error

    with pytest.raises(type(error)):
        desk.transport.send(outgoing(MAIL, pieces=2), refuse)

    assert not desk.wire.seen


def test_a_store_that_fails_in_the_middle_sends_nothing(desk: Desk) -> None:
    """Bytes that cannot be opened end the try before the last one."""

    def broken() -> Iterator[bytes]:
        yield MAIL
        raise SealError

    with pytest.raises(SealError):
        desk.transport.send(Outgoing(outgoing(MAIL).claim, broken, len(MAIL) + 10), desk.hand_over)

    assert desk.handed_over == 0
    assert not desk.wire.seen


def test_no_secret_stands_in_an_error(desk: Desk) -> None:
    """Neither token is in the text or the chain of any error."""
    desk.replies = [as_json({"error": {"code": 403, "message": "Forbidden"}}, 403)]

    error: BaseException | None = desk.error()

    while error is not None:
        assert "stored" not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def test_the_library_is_built_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No message costs another build() or messages()."""
    from googleapiclient import discovery  # noqa: PLC0415, loaded late in the product too

    built: list[object] = []
    original = discovery.build

    def build(*arguments: object, **options: object) -> object:
        built.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(discovery, "build", build)
    for _ in range(5):
        desk.send()

    assert len(built) == 1
    assert desk.wire.connections == 1
