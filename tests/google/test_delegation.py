"""What leaves for a delegated token, and what every answer to it means."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from service.connections.delegation import ServiceKey
from service.delegation.ports import Impersonation
from service.errors import (
    AccessBlockedError,
    DelegationError,
    GrantRevokedError,
    ServiceError,
    TokenEndpointUnavailableError,
)
from service.google.delegation import GRANT_TYPE, LIFETIME_S, GoogleDelegationServer
from service.google.http import PooledHttp
from service.google.iam import IamSigner
from tests.fakes.clock import FakeClock
from tests.fakes.delegations import ACCOUNT, ALICE, SEND, make_key, pem
from tests.fakes.wire import HANG_UP, Reply, Seen, WireServer, as_json

METADATA = "https://www.googleapis.com/auth/gmail.metadata"
WISH = Impersonation(ACCOUNT, make_key(), ALICE, frozenset({SEND, METADATA}))
TOKEN = {"access_token": "ya29.delegated", "expires_in": 3599, "token_type": "Bearer"}


class FakeWorkload:
    """Who we are at Google Cloud.

    Attributes:
        failure: what asking for its token raises instead.
        forgotten: the tokens that IAM did not take.
    """

    def __init__(self) -> None:
        self.failure: ServiceError | None = None
        self.forgotten: list[SecretStr] = []

    def token(self) -> SecretStr:
        if self.failure is not None:
            raise self.failure
        return SecretStr("ya29.workload")

    def forget(self, rejected: SecretStr) -> None:
        self.forgotten.append(rejected)


class Google:
    """The token endpoint and IAM."""

    def __init__(self) -> None:
        self.token: Reply = as_json(TOKEN)
        self.iam: Reply = as_json({"keyId": "k", "signedJwt": "a.b.c"})

    def answer(self, seen: Seen) -> Reply:
        """By path."""
        return self.token if seen.target == "/token" else self.iam


@pytest.fixture
def google() -> Google:
    return Google()


@pytest.fixture
def wire(google: Google) -> Iterator[WireServer]:
    with WireServer(google.answer) as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def workload() -> FakeWorkload:
    return FakeWorkload()


@pytest.fixture
def server(wire: WireServer, clock: FakeClock, workload: FakeWorkload) -> Iterator[GoogleDelegationServer]:
    http = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
    iam = IamSigner(http=http, url=wire.url, workload=workload)
    yield GoogleDelegationServer(http=http, token_uri=f"{wire.url}/token", iam=iam, clock=clock)
    http.close()


def _form(seen: Seen) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(seen.body.decode(), strict_parsing=True).items()}


def _part(text: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def test_what_is_signed_names_account_user_and_scopes(
    server: GoogleDelegationServer, wire: WireServer, clock: FakeClock
) -> None:
    """RFC 7523 §3: by our clock, for at most an hour, and for Google's own address whatever ours is."""
    answer = server.impersonate(WISH)

    [seen] = wire.seen
    form = _form(seen)
    head, claims, signature = form["assertion"].split(".")
    now = int(clock.now().timestamp())
    assert form["grant_type"] == GRANT_TYPE
    assert _part(head) == {"typ": "JWT", "alg": "RS256", "kid": "0123456789abcdef"}
    assert _part(claims) == {
        "iss": ACCOUNT,
        "sub": ALICE,
        "scope": f"{METADATA} {SEND}",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + LIFETIME_S,
    }
    key = load_pem_private_key(pem().encode(), None)
    assert isinstance(key, RSAPrivateKey)
    key.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="),
        f"{head}.{claims}".encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    assert answer.access_token == SecretStr("ya29.delegated")
    assert (answer.expires_at - clock.now()).total_seconds() == 3599
    assert (answer.refresh_token, answer.scopes) == (None, WISH.scopes)


def test_a_wish_shows_no_key(server: GoogleDelegationServer) -> None:
    """Not in a repr, and not in the error about a key that cannot be read."""
    broken = Impersonation(ACCOUNT, ServiceKey("k", SecretStr("canary")), ALICE, frozenset({SEND}))

    with pytest.raises(DelegationError) as raised:
        server.impersonate(broken)

    assert raised.value.code == "delegation-key-invalid"
    assert "PRIVATE" not in repr(WISH)
    assert "canary" not in repr(broken) + str(raised.value) + repr(raised.value.__context__)


@pytest.mark.parametrize(
    ("status", "error", "description", "code"),
    [
        (401, "unauthorized_client", "Unauthorized client or scope in request.", "delegation-denied"),
        (
            401,
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method.",
            "delegation-entry-wrong",
        ),
        (403, "access_denied", "Requested client not authorized.", "delegation-scope-missing"),
        (400, "admin_policy_enforced", "", "app-blocked-by-admin"),
        (400, "invalid_grant", "Not a valid email or user ID.", "delegation-user-unknown"),
        (400, "invalid_grant", "Invalid email or User ID", "delegation-user-unknown"),
        (400, "invalid_grant", "Invalid JWT: Token must be a short-lived token", "clock-skew"),
        (400, "invalid_grant", "Invalid JWT Signature.", "delegation-key-invalid"),
        (400, "invalid_grant", "Something new", "delegation-denied"),
        (400, "invalid_scope", "", "delegation-scope-invalid"),
        (401, "disabled_client", "", "delegation-client-invalid"),
        (401, "invalid_client", "", "delegation-client-invalid"),
        (403, "org_internal", "", "account-not-allowed"),
    ],
)
def test_a_refusal_blames_the_admin_or_the_operator_and_never_a_persons_grant(
    server: GoogleDelegationServer, google: Google, status: int, error: str, description: str, code: str
) -> None:
    """``invalid_grant`` too: there is no grant of a person that could be dead."""
    google.token = as_json({"error": error, "error_description": description}, status)

    with pytest.raises(AccessBlockedError) as raised:
        server.impersonate(WISH)

    assert raised.value.code == code
    assert not isinstance(raised.value, GrantRevokedError)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503, b"<html>"),
        as_json({"error": "invalid_grant"}, 500),
        Reply(429, b""),
        HANG_UP,
        Reply(200, b"{}"),
    ],
)
def test_no_proper_answer_blames_nobody_and_is_not_repeated(
    server: GoogleDelegationServer, google: Google, wire: WireServer, reply: Reply
) -> None:
    """One call is one request; the next try is the queue's business."""
    google.token = reply

    with pytest.raises(TokenEndpointUnavailableError):
        server.impersonate(WISH)

    assert len(wire.seen) == 1


def test_without_a_key_iam_signs_the_same_claims(
    server: GoogleDelegationServer, wire: WireServer, clock: FakeClock
) -> None:
    """Asked for by our own identity; what it signed is traded at the token endpoint."""
    server.impersonate(Impersonation(ACCOUNT, None, ALICE, frozenset({SEND})))

    asked, traded = wire.seen
    assert asked.target == f"/v1/projects/-/serviceAccounts/{ACCOUNT}:signJwt"
    assert asked.headers["authorization"] == "Bearer ya29.workload"
    claims = json.loads(json.loads(asked.body)["payload"])
    assert (claims["iss"], claims["sub"], claims["scope"]) == (ACCOUNT, ALICE, SEND)
    assert claims["exp"] - claims["iat"] == LIFETIME_S
    assert claims["iat"] == int(clock.now().timestamp())
    assert _form(traded)["assertion"] == "a.b.c"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (as_json({"error": {"status": "PERMISSION_DENIED", "message": "no"}}, 403), DelegationError),
        (as_json({"error": {"status": "NOT_FOUND"}}, 404), DelegationError),
        (as_json({"error": "odd"}, 400), DelegationError),
        (as_json({}, 429), TokenEndpointUnavailableError),
        (Reply(503, b"<html>"), TokenEndpointUnavailableError),
        (as_json({"signedJwt": "no jwt"}), TokenEndpointUnavailableError),
        (as_json({}), TokenEndpointUnavailableError),
        (HANG_UP, TokenEndpointUnavailableError),
    ],
)
def test_an_iam_that_does_not_sign_is_told_apart(
    server: GoogleDelegationServer, google: Google, wire: WireServer, reply: Reply, kind: type[ServiceError]
) -> None:
    """A refusal is the operator's to mend, an outage nobody's; the token endpoint is not asked."""
    google.iam = reply

    with pytest.raises(kind) as raised:
        server.impersonate(Impersonation(ACCOUNT, None, ALICE, frozenset({SEND})))

    assert [seen.target for seen in wire.seen if seen.target == "/token"] == []
    if kind is DelegationError:
        assert raised.value.code == "delegation-keyless-denied"


def test_an_own_token_that_iam_does_not_take_is_not_used_again(
    server: GoogleDelegationServer, google: Google, workload: FakeWorkload
) -> None:
    """Nobody is to blame: the next try brings a fresh one."""
    google.iam = as_json({"error": {"status": "UNAUTHENTICATED"}}, 401)

    with pytest.raises(TokenEndpointUnavailableError):
        server.impersonate(Impersonation(ACCOUNT, None, ALICE, frozenset({SEND})))

    assert workload.forgotten == [SecretStr("ya29.workload")]


def test_a_machine_without_an_identity_asks_nobody(
    server: GoogleDelegationServer, wire: WireServer, workload: FakeWorkload
) -> None:
    """Key-less set-ups need one."""
    workload.failure = DelegationError("delegation-keyless-denied", "none")

    with pytest.raises(DelegationError):
        server.impersonate(Impersonation(ACCOUNT, None, ALICE, frozenset({SEND})))

    assert wire.seen == []
