"""The contract of ``Transport``, against the sandbox: its mailbox is the truth, ours is the claim.

One way so far: the Gmail API. SMTP joins with its own issue.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from pydantic import SecretStr

from service.clock import SystemClock
from service.connections.credential import AccessToken, Grant
from service.connections.way import Way, WayKind
from service.consent.refresh import AccessTokens
from service.consent.scopes import METADATA, SENDING
from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.mail.address import Address
from service.outbox.ports import Claim, Outgoing, Transport
from service.outbox.verdict import Receipt
from service.sandbox.fault_table import FAULTS
from service.sandbox.server import Sandbox
from service.transports.gmail_api import GmailApiTransport
from service.transports.sent_folder import GmailSentFolder
from tests.fakes.grants import FakeGrantStore, issuing

ADDRESS = "rechnung@muster.example"
ENTRY_ID = "msg_01k9rbq4fv0c5x2y7t8w3z6n1d"
HEAD = (
    f"From: {ADDRESS}\r\nTo: kunde@example.com\r\nSubject: Rechnung\r\nMessage-ID: <1@muster.example>\r\n"
    f"X-Postausgang-Id: {ENTRY_ID}\r\nMIME-Version: 1.0\r\n"
).encode()
MAIL = HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag\r\n"


class Post:
    """One connected mailbox, its transport, and what became of the hand-over."""

    def __init__(self, sandbox: Sandbox, *, scopes: frozenset[str] = SENDING) -> None:
        clock = SystemClock()
        self.sandbox = sandbox
        self.account = sandbox.google.add_account(ADDRESS)
        web = sandbox.client_file(["http://localhost/callback"])["web"]
        client = OAuthClient(
            str(web["client_id"]),
            SecretStr(str(web["client_secret"])),
            str(web["auth_uri"]),
            str(web["token_uri"]),
            "http://localhost/callback",
        )
        tokens = sandbox.google.tokens
        grant = Grant(
            "grt_1",
            "ten_1",
            "con_1",
            client.client_id,
            scopes,
            SecretStr(tokens.issue_refresh(ADDRESS, client.client_id, scopes)),
            AccessToken(
                SecretStr(tokens.issue_access(ADDRESS, client.client_id, scopes)),
                clock.now() + timedelta(hours=1),
            ),
        )
        self.http = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
        url = sandbox.url
        endpoints = Endpoints(
            client.auth_uri, client.token_uri, f"{url}/revoke", f"{url}/oauth2/v1/certs", url
        )
        server = GoogleAuthorizationServer(client=client, endpoints=endpoints, http=self.http, clock=clock)
        self.grants = FakeGrantStore(grant)
        self.tokens = AccessTokens(grants=self.grants, issuer=issuing(server), clock=clock)
        gmail = GmailClient(self.http, origin=url, clock=clock)
        self.transport: Transport = GmailApiTransport(gmail, self.tokens)
        self.sent_folder = GmailSentFolder(gmail, self.tokens)
        self.copies_at_hand_over: list[int] = []

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def send(self, mail: bytes = MAIL, *, bcc: tuple[Address, ...] = ()) -> Receipt:
        """One try."""
        sender = Address(ADDRESS)
        now = SystemClock().now()
        claim = Claim(
            entry_id=ENTRY_ID,
            tenant_id="ten_1",
            connection_id="con_1",
            way=Way("grt_1", WayKind.GMAIL_API),
            address=ADDRESS,
            sender=sender,
            recipients=(Address("kunde@example.com"), *bcc),
            bcc=bcc,
            size_bytes=len(mail),
            attempt=1,
            tries=0,
            fence=1,
            created_at=now,
            give_up_at=now + timedelta(days=5),
        )
        step = 1024 * 1024
        pieces = Outgoing(
            claim, lambda: (mail[at : at + step] for at in range(0, len(mail), step)), len(mail)
        )
        return self.transport.send(pieces, self._hand_over)

    def fail(self, mail: bytes = MAIL) -> DeliveryError:
        """One try that does not end in a receipt."""
        with pytest.raises(DeliveryError) as raised:
            self.send(mail)
        return raised.value

    @property
    def copies(self) -> int:
        """How many mails Google took."""
        return len(self.sandbox.google.sent())

    def _hand_over(self) -> None:
        self.copies_at_hand_over.append(self.copies)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def way(sandbox: Sandbox) -> Iterator[Post]:
    with closing(Post(sandbox)) as way:
        yield way


def test_a_receipt_is_the_mails_own(way: Post) -> None:
    """Google's id comes back, one mail is there, and the hand-over was written before it."""
    receipt = way.send()

    assert way.copies_at_hand_over == [0]
    [sent] = way.sandbox.google.sent()
    assert (sent["id"], sent["x_postausgang_id"]) == (receipt.id, ENTRY_ID)


def test_hidden_recipients_get_the_mail_unseen(way: Post) -> None:
    """The Bcc address receives a copy in which nothing names it."""
    way.send(bcc=(Address("archiv@muster.example"),))

    for address in ("kunde@example.com", "archiv@muster.example"):
        [mail] = way.sandbox.google.post.box(address)
        assert b"archiv@" not in mail.content()


def test_25_mb_arrive_byte_for_byte(way: Post) -> None:
    """A large mail goes in pieces and comes out whole."""
    line = random.Random(7).randbytes(57).hex()[:76].encode() + b"\r\n"
    body = line * (25_000_000 * 4 // 3 // len(line))
    way.send(HEAD + b"Content-Type: text/plain\r\n\r\n" + body)

    [mail] = way.sandbox.google.post.box("kunde@example.com")
    got = mail.content().partition(b"\r\n\r\n")[2]
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()


REFUSED = [
    ("badRequest", PermanentDeliveryError, "message-refused"),
    ("invalid_to_header", PermanentDeliveryError, "message-refused"),
    ("invalid_attachment", PermanentDeliveryError, "message-refused"),
    ("raw_required", PermanentDeliveryError, "message-refused"),
    ("uploadTooLarge", PermanentDeliveryError, "message-too-large"),
    ("failedPrecondition_mail_service", WayHeldError, "gmail-not-enabled"),
    ("failedPrecondition", WayDownError, "provider-unavailable"),
    ("insufficientPermissions", ReconnectRequiredError, "scope-missing"),
    ("accessNotConfigured", WayHeldError, "gmail-api-disabled"),
    ("domainPolicy", WayHeldError, "app-blocked-by-admin"),
    ("delegation_denied", WayHeldError, "delegation-denied"),
    ("dailyLimitExceeded", WayHeldError, "project-quota-reached"),
    ("rateLimitExceeded", MailboxHeldError, "rate-limited"),
    ("userRateLimitExceeded_403", MailboxHeldError, "rate-limited"),
    ("userRateLimitExceeded_plain", MailboxHeldError, "rate-limited"),
    ("quota_per_minute", MailboxHeldError, "rate-limited"),
    ("quota_429_mail_sending", MailboxHeldError, "quota-reached"),
    ("quota_429", MailboxHeldError, "rate-limited"),
    ("rateLimitExceeded_429_plain", MailboxHeldError, "rate-limited"),
    ("too_many_concurrent", MailboxHeldError, "rate-limited"),
    ("forbidden", TransientDeliveryError, "answer-unknown"),
    ("notFound", TransientDeliveryError, "answer-unknown"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), REFUSED)
def test_a_clear_refusal_is_certainly_not_sent(
    way: Post, fault: str, kind: type[DeliveryError], code: str
) -> None:
    """Each refusal has its class and code, no mail is there, and the next try comes through once."""
    way.sandbox.google.arm(fault)

    error = way.fail()

    assert (type(error), error.code) == (kind, code)
    assert way.copies == 0
    way.send()
    assert way.copies == 1


def test_the_time_that_google_names_is_waited_for(way: Post) -> None:
    """It stands in the text only."""
    way.sandbox.google.arm("quota_429_mail_sending", seconds=7200)

    assert 7190 < (way.fail().wait_s or 0) <= 7200


UNCLEAR = [
    ("backendError_500", 0),
    ("backendError_500_taken", 1),
    ("backendError_502", 0),
    ("backendError_502_taken", 1),
    ("backendError_503", 0),
    ("backendError_503_taken", 1),
    ("backendError_504", 0),
    ("backendError_504_taken", 1),
    ("gmail_503_html", 0),
    ("gmail_200_html", 1),
    ("drop-after", 1),
    ("drop-after-refused", 0),
    ("reset-after", 1),
    ("hang", 0),
    ("hang-after", 1),
]


@pytest.mark.parametrize(("fault", "copies"), UNCLEAR)
def test_a_lost_answer_is_uncertain_and_nothing_is_repeated(way: Post, fault: str, copies: int) -> None:
    """Whether Google took the mail or not, we cannot know; there is never a second copy."""
    way.sandbox.google.arm(fault, seconds=6)

    error = way.fail()

    assert (type(error), error.code) == (UncertainDeliveryError, "answer-lost")
    assert way.copies == copies
    assert len(way.copies_at_hand_over) == 1
    assert way.sandbox.google.counters["send"] == 1


def test_a_connection_that_breaks_before_the_last_byte_is_certain(way: Post) -> None:
    """The server resets while a large mail is on its way: not sent, so it may be tried again."""
    way.sandbox.google.arm("drop-before")

    error = way.fail(HEAD + b"\r\n" + b"x" * 70 + b"\r\n" + b"0123456789abcdef\r\n" * 600_000)

    assert isinstance(error, TransientDeliveryError)
    assert way.copies == 0


def test_a_server_that_is_down_is_tried_again(way: Post) -> None:
    """Before, during and after an outage: no mail is lost or doubled."""
    way.send()
    way.sandbox.stop()

    assert isinstance(way.fail(), TransientDeliveryError)

    way.sandbox.start()
    way.send()
    assert way.copies == 2


def test_a_connection_that_google_closes_while_idle_costs_nothing(way: Post) -> None:
    """The next mail takes a new connection and comes through."""
    way.sandbox.google.arm("close-idle")
    way.send()
    [[idle]] = way.http._idle.values()
    while not idle.is_stale():
        time.sleep(0.001)  # until the hang-up has come through the kernel

    way.send()

    assert way.copies == 2


def test_a_slow_answer_is_waited_for(way: Post) -> None:
    """Slow is not lost."""
    way.sandbox.google.arm("slow", seconds=0.3)

    way.send()

    assert way.copies == 1


def test_a_slow_token_is_waited_for(way: Post) -> None:
    """The same for a refresh."""
    way.sandbox.google.expire_tokens()
    way.sandbox.google.arm("token_slow", where="token", seconds=0.3)

    way.send()

    assert way.copies == 1


def test_every_fault_of_the_sandbox_is_tried_here() -> None:
    """A row that is added to the sandbox must be judged."""
    tried = {row[0] for row in (*REFUSED, *UNCLEAR, *TOKEN_FAULTS)}
    alone = {"authError", "drop-before", "close-idle", "slow", "token_slow"}
    places = {"token:refresh_token", "send"}  # those of a delegation's token are tried in its flow
    known = {name for name, faults in FAULTS.items() for fault in faults if fault.places & places}

    assert known == tried | alone


def test_an_expired_token_is_renewed_within_the_try(way: Post) -> None:
    """401 once: refresh, repeat, one mail."""
    way.sandbox.google.expire_tokens()

    way.send()

    assert way.copies == 1
    assert way.sandbox.google.counters["token:refresh_token"] == 1


def test_a_token_that_is_refused_twice_needs_the_owner(way: Post) -> None:
    """There is no third time."""
    way.sandbox.google.arm("authError", times=None)

    error = way.fail()

    assert (type(error), error.code) == (ReconnectRequiredError, "connection-revoked")
    assert way.sandbox.google.counters["token:refresh_token"] == 1


TOKEN_FAULTS = [
    ("invalid_grant", ReconnectRequiredError, "connection-revoked"),
    ("invalid_grant_bad_request", ReconnectRequiredError, "connection-revoked"),
    ("invalid_grant_deleted_account", ReconnectRequiredError, "connection-revoked"),
    ("invalid_rapt", ReconnectRequiredError, "session-control"),
    ("rapt_required", ReconnectRequiredError, "session-control"),
    ("invalid_client", WayHeldError, "oauth-client-invalid"),
    ("deleted_client", WayHeldError, "oauth-client-invalid"),
    ("unauthorized_client", WayHeldError, "oauth-client-invalid"),
    ("disabled_client", WayHeldError, "oauth-client-invalid"),
    ("admin_policy_enforced", WayHeldError, "app-blocked-by-admin"),
    ("org_internal", WayHeldError, "account-not-allowed"),
    ("invalid_scope", WayHeldError, "oauth-client-invalid"),
    ("token_429", WayDownError, "provider-unavailable"),
    ("token_500_json", WayDownError, "provider-unavailable"),
    ("token_500_html", WayDownError, "provider-unavailable"),
    ("token_502_html", WayDownError, "provider-unavailable"),
    ("token_503_html", WayDownError, "provider-unavailable"),
    ("token_504_html", WayDownError, "provider-unavailable"),
    ("token_hang", WayDownError, "provider-unavailable"),
    ("token_not_json", WayDownError, "provider-unavailable"),
    ("token_huge_body", WayDownError, "provider-unavailable"),
    ("token_truncated", WayDownError, "provider-unavailable"),
    ("token_drop", WayDownError, "provider-unavailable"),
    ("token_reset", WayDownError, "provider-unavailable"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), TOKEN_FAULTS)
def test_a_failing_refresh_sends_nothing_and_blames_the_right_one(
    way: Post, fault: str, kind: type[DeliveryError], code: str
) -> None:
    """One call at the token endpoint, no mail, and only ``invalid_grant`` marks the grant."""
    way.sandbox.google.expire_tokens()
    way.sandbox.google.arm(fault, where="token", seconds=0.3)

    error = way.fail()

    assert (type(error), error.code) == (kind, code)
    assert way.copies == 0
    assert way.sandbox.google.counters["token:refresh_token"] == 1
    assert bool(way.grants.revoked) == (kind is ReconnectRequiredError)


def test_a_grant_that_its_owner_removed_is_known_at_once(way: Post) -> None:
    """Revoked at Google's own page."""
    way.sandbox.google.revoke(ADDRESS)

    assert isinstance(way.fail(), ReconnectRequiredError)
    assert list(way.grants.revoked) == ["grt_1"]


def test_a_lost_mail_is_found_in_sent_where_that_is_allowed(sandbox: Sandbox) -> None:
    """With ``gmail.metadata`` the receipt of an uncertain mail is found by our own mark."""
    with closing(Post(sandbox, scopes=SENDING | METADATA)) as way:
        since = SystemClock().now() - timedelta(minutes=5)
        assert way.sent_folder.find("grt_1", ENTRY_ID, since) is None
        sandbox.google.arm("drop-after")
        way.fail()

        found = way.sent_folder.find("grt_1", ENTRY_ID, since)

        assert found == sandbox.google.sent()[0]["id"]


def test_without_that_right_the_look_is_refused(way: Post) -> None:
    """``gmail.send`` alone cannot look; that proves nothing."""
    with pytest.raises(ReconnectRequiredError) as raised:
        way.sent_folder.find("grt_1", ENTRY_ID, SystemClock().now())

    assert raised.value.code == "scope-missing"


def test_many_mails_need_few_connections(way: Post) -> None:
    """One sender, one connection."""
    send: Callable[[], Receipt] = way.send
    for _ in range(30):
        send()

    assert way.copies == 30
    assert way.sandbox.connections == 1
