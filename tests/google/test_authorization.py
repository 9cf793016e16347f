"""Google's authorization server as we call it: what leaves, and what every answer means."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from service.consent.scopes import EMAIL, OPENID, SEND, SENDING
from service.errors import (
    ConsentStateError,
    IdentityError,
    OAuthClientError,
    ServiceError,
    SessionControlError,
    TokenEndpointUnavailableError,
)
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient
from service.google.http import PooledHttp
from service.mail.address import check_mailbox_name
from service.sandbox.signing import SigningKey, signing_key
from tests.fakes.clock import FakeClock
from tests.fakes.wire import HANG_UP, Reply, Seen, WireServer, as_json

CLIENT_ID = "1.apps.googleusercontent.com"
SECRET = "GOCSPX-canary"
CALLBACK = "http://localhost:8025/consent/callback"
TOKENS = {
    "access_token": "ya29.access",
    "expires_in": 3599,
    "refresh_token": "1//refresh",
    "scope": f"{SEND} openid email",
    "token_type": "Bearer",
    "id_token": "a.b.c",
}


class Google:
    """What the stand-in answers, path by path."""

    def __init__(self) -> None:
        self.token: Reply = as_json(TOKENS)
        self.revoke: Reply = as_json({})
        self.certs: Reply = as_json({signing_key().key_id: signing_key().certificate()}, max_age_s=3600)

    def answer(self, seen: Seen) -> Reply:
        """By path."""
        replies = {"/token": self.token, "/revoke": self.revoke, "/certs": self.certs}
        return replies[seen.target]


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
def server(wire: WireServer, clock: FakeClock) -> Iterator[GoogleAuthorizationServer]:
    http = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
    client = OAuthClient(CLIENT_ID, SecretStr(SECRET), f"{wire.url}/auth", f"{wire.url}/token", CALLBACK)
    endpoints = Endpoints(
        client.auth_uri, client.token_uri, f"{wire.url}/revoke", f"{wire.url}/certs", wire.url
    )
    yield GoogleAuthorizationServer(client=client, endpoints=endpoints, http=http, clock=clock)
    http.close()


def form(seen: Seen) -> dict[str, str]:
    """The form of a request, each field once."""
    return {name: values[0] for name, values in parse_qs(seen.body.decode(), strict_parsing=True).items()}


def claims(**changes: Any) -> dict[str, Any]:
    """An ID token's claims; ``None`` leaves one out."""
    now = int(datetime.now(UTC).timestamp())  # google-auth reads the machine's own clock
    all_claims = {
        "iss": "https://accounts.google.com",
        "aud": CLIENT_ID,
        "sub": "108",
        "email": "rechnung@Muster.example",
        "email_verified": True,
        "nonce": "nonce-1",
        "name": "Muster GmbH",
        "hd": "muster.example",
        "iat": now,
        "exp": now + 3600,
    } | changes
    return {name: value for name, value in all_claims.items() if value is not None}


def test_the_browser_is_sent_with_everything_that_binds(server: GoogleAuthorizationServer) -> None:
    """PKCE (RFC 7636, appendix B), state, nonce and offline access stand in the address; no secret does."""
    url = server.authorization_url(
        state="state-1",
        nonce="nonce-1",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        scopes=SENDING,
        login_hint="a@muster.example",
    )

    query = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert query.pop("code_challenge") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert set(query.pop("scope").split()) == SENDING
    assert query == {
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "state-1",
        "nonce": "nonce-1",
        "access_type": "offline",
        "prompt": "consent select_account",
        "login_hint": "a@muster.example",
        "code_challenge_method": "S256",
    }
    assert SECRET not in url


def test_a_code_is_traded_once_with_its_verifier(
    server: GoogleAuthorizationServer, wire: WireServer, clock: FakeClock
) -> None:
    """One request goes out; scopes come back as a set of full names, the expiry by our clock."""
    answer = server.exchange(code="4/code", verifier="v" * 43)

    assert [form(seen) for seen in wire.seen] == [
        {
            "grant_type": "authorization_code",
            "code": "4/code",
            "code_verifier": "v" * 43,
            "redirect_uri": CALLBACK,
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
        }
    ]
    assert answer.scopes == {SEND, OPENID, EMAIL}
    assert (answer.expires_at - clock.now()).total_seconds() == 3599
    assert (answer.id_token, answer.access_token.get_secret_value()) == ("a.b.c", "ya29.access")
    assert answer.refresh_token == SecretStr("1//refresh")


def test_a_refresh_asks_for_no_scope(
    server: GoogleAuthorizationServer, wire: WireServer, google: Google
) -> None:
    """One request goes out; without a new refresh token in the answer there is none."""
    google.token = as_json({"access_token": "ya29.new", "expires_in": "60", "scope": SEND})

    answer = server.refresh(SecretStr("1//refresh"))

    assert [form(seen) for seen in wire.seen] == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "1//refresh",
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
        }
    ]
    assert answer.refresh_token is None
    assert answer.access_token == SecretStr("ya29.new")


@pytest.mark.parametrize(
    "lifetime", [None, "soon", "²", -5, 0, 0.2, [], {"a": 1}, 10**400, float("inf"), float("nan"), "9" * 99]
)
def test_an_odd_lifetime_is_kept_within_bounds(
    server: GoogleAuthorizationServer, google: Google, clock: FakeClock, lifetime: object
) -> None:
    """No answer makes a token live for ever, or breaks anything."""
    google.token = as_json({"access_token": "ya29.new", "expires_in": lifetime})

    answer = server.refresh(SecretStr("1//refresh"))

    assert 0 <= (answer.expires_at - clock.now()).total_seconds() <= 86_400


def refusal(error: str, status: int = 400, **more: str) -> Reply:
    """The token endpoint says no."""
    return as_json({"error": error, **more}, status)


REFUSALS = [
    (refusal("invalid_client", 401), OAuthClientError),
    (refusal("server_error", 500), TokenEndpointUnavailableError),
    (Reply(503, b"<html>"), TokenEndpointUnavailableError),
    (refusal("internal_failure", 429), TokenEndpointUnavailableError),
    (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), TokenEndpointUnavailableError),
    (Reply(200, b"<html>" * 1000), TokenEndpointUnavailableError),
    (Reply(200, b"x" * 1_100_000), TokenEndpointUnavailableError),
    (HANG_UP, TokenEndpointUnavailableError),
]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(refusal("invalid_grant", error_subtype="invalid_rapt"), SessionControlError), *REFUSALS],
)
def test_a_refused_refresh_is_one_request_and_one_error(
    server: GoogleAuthorizationServer,
    wire: WireServer,
    google: Google,
    reply: Reply,
    kind: type[ServiceError],
) -> None:
    """Whatever the answer, one HTTP call leaves, and the error names nobody's secret."""
    google.token = reply
    error = _error_of(lambda: server.refresh(SecretStr("1//canary")))

    assert type(error) is kind
    assert len(wire.seen) == 1
    assert "canary" not in f"{error!r}{error}"


@pytest.mark.parametrize(("reply", "kind"), [(refusal("invalid_grant"), ConsentStateError), *REFUSALS])
def test_a_refused_exchange_is_one_request_and_one_error(
    server: GoogleAuthorizationServer,
    wire: WireServer,
    google: Google,
    reply: Reply,
    kind: type[ServiceError],
) -> None:
    """The same for a code; ``invalid_grant`` speaks of the code there."""
    google.token = reply
    error = _error_of(lambda: server.exchange(code="4/canary", verifier="v" * 43))

    assert type(error) is kind
    assert len(wire.seen) == 1
    assert "canary" not in f"{error!r}{error}"


def _error_of(call: Callable[[], object]) -> ServiceError | None:
    try:
        call()
    except ServiceError as error:
        return error
    return None


def test_a_code_goes_into_the_form_and_nowhere_else(
    server: GoogleAuthorizationServer, wire: WireServer
) -> None:
    """A code with separators in it cannot add a field."""
    server.exchange(code="4/a&client_id=evil\r\nX: y", verifier="v" * 43)

    assert form(wire.seen[0])["code"] == "4/a&client_id=evil\r\nX: y"
    assert form(wire.seen[0])["client_id"] == CLIENT_ID


def test_a_good_id_token_names_its_owner(server: GoogleAuthorizationServer) -> None:
    """Subject, verified address, name and hosted domain are taken from it."""
    identity = server.identify(signing_key().sign(claims()), nonce="nonce-1")

    assert (identity.subject_id, identity.address) == ("108", "rechnung@muster.example")
    assert (identity.name, identity.hosted_domain) == ("Muster GmbH", "muster.example")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Jörg\u202eGmbH\r\n  Müller\u200b", "Jörg GmbH Müller"),
        ("株式会社 <例> 😀", "株式会社 <例> 😀"),
        ("M" * 300, "M" * 100),
        ("\u2066\x00 ", None),
        (5, None),
    ],
)
def test_the_name_of_an_account_is_kept_as_it_can_stand_in_from(
    server: GoogleAuthorizationServer, told: object, kept: str | None
) -> None:
    """Its owner chose it for Google, and no mail may fail because of it."""
    name = server.identify(signing_key().sign(claims(name=told)), nonce="nonce-1").name

    assert name == kept
    assert name is None or check_mailbox_name(name) == name


def other_key(key_id: str) -> SigningKey:
    """A key that Google does not know."""
    return SigningKey(key_id, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def unsigned() -> str:
    """A token of the algorithm *none*."""
    head, body, _ = signing_key().sign(claims()).split(".")
    return f"eyJhbGciOiJub25lIn0.{body}." if head else ""


@pytest.mark.parametrize(
    "token",
    [
        lambda: signing_key().sign(claims(iss="https://evil.example")),
        lambda: signing_key().sign(claims(aud="2.apps.googleusercontent.com")),
        lambda: signing_key().sign(claims(aud=None)),
        lambda: signing_key().sign(claims(nonce="nonce-2")),
        lambda: signing_key().sign(claims(nonce=None)),
        lambda: signing_key().sign(claims(exp=int(datetime.now(UTC).timestamp()) - 11)),
        lambda: signing_key().sign(claims(iat=int(datetime.now(UTC).timestamp()) + 60)),
        lambda: signing_key().sign(claims(exp=None)),
        lambda: signing_key().sign(claims(email_verified=False)),
        lambda: signing_key().sign(claims(email_verified=None)),
        lambda: signing_key().sign(claims(email=None)),
        lambda: signing_key().sign(claims(email="a@b@c")),
        lambda: signing_key().sign(claims(email="a@muster.example\r\nBcc: x@evil.example")),
        lambda: signing_key().sign(claims(sub=None)),
        lambda: signing_key().sign(claims(sub=5)),
        lambda: signing_key().sign(claims(sub="x" * 256)),
        lambda: signing_key().sign(claims())[:-8] + "AAAAAAAA",
        lambda: other_key(signing_key().key_id).sign(claims()),
        lambda: other_key("unknown").sign(claims()),
        unsigned,
        lambda: "",
        lambda: "a.b.c",
        lambda: "no token",
        lambda: "ä.ö.ü",
    ],
)
def test_an_id_token_that_does_not_hold_is_refused(
    server: GoogleAuthorizationServer, token: Callable[[], str]
) -> None:
    """Wrong issuer, audience, nonce, time, key, signature, algorithm, address or shape."""
    with pytest.raises(IdentityError):
        server.identify(token(), nonce="nonce-1")


def test_ten_seconds_of_skew_are_forgiven(server: GoogleAuthorizationServer) -> None:
    """A clock that is a little off refuses nobody."""
    now = int(datetime.now(UTC).timestamp())

    assert server.identify(signing_key().sign(claims(iat=now + 8, exp=now - 8)), nonce="nonce-1")


def test_certificates_are_fetched_once_while_they_are_fresh(
    server: GoogleAuthorizationServer, wire: WireServer, clock: FakeClock
) -> None:
    """They are kept for the time that Google names, and fetched again after it."""
    for _ in range(3):
        server.identify(signing_key().sign(claims()), nonce="nonce-1")
    assert len(wire.seen) == 1

    clock.advance(3601)
    server.identify(signing_key().sign(claims()), nonce="nonce-1")
    assert len(wire.seen) == 2


def test_a_new_key_is_looked_for_at_most_once_a_minute(
    server: GoogleAuthorizationServer, wire: WireServer, google: Google, clock: FakeClock
) -> None:
    """Google may roll its keys early; forged tokens cannot make us ask each time."""
    server.identify(signing_key().sign(claims()), nonce="nonce-1")
    new = other_key("new")
    google.certs = as_json({"new": new.certificate()}, max_age_s=3600)
    with pytest.raises(IdentityError):
        server.identify(new.sign(claims()), nonce="nonce-1")
    assert len(wire.seen) == 1

    clock.advance(61)

    assert server.identify(new.sign(claims()), nonce="nonce-1").subject_id == "108"
    assert len(wire.seen) == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(200, b"<html>"),
        HANG_UP,
        as_json({"keys": []}),
        as_json({}),
        Reply(200, b"x" * 1_100_000),
    ],
)
def test_without_certificates_nobody_is_blamed(
    server: GoogleAuthorizationServer, google: Google, reply: Reply
) -> None:
    """A failing fetch is Google's trouble, not a bad token."""
    google.certs = reply

    with pytest.raises(TokenEndpointUnavailableError):
        server.identify(signing_key().sign(claims()), nonce="nonce-1")


def test_a_grant_is_revoked_by_one_form_post(server: GoogleAuthorizationServer, wire: WireServer) -> None:
    """The token goes in the body, where no log of addresses sees it."""
    server.revoke(SecretStr("1//refresh"))

    assert [(seen.target, form(seen)) for seen in wire.seen] == [("/revoke", {"token": "1//refresh"})]


def test_a_dead_token_counts_as_revoked(server: GoogleAuthorizationServer, google: Google) -> None:
    """400 ``invalid_token`` is what was wanted."""
    google.revoke = refusal("invalid_token")

    server.revoke(SecretStr("1//refresh"))


@pytest.mark.parametrize("reply", [Reply(503), Reply(400, b"{}"), HANG_UP])
def test_a_failing_revocation_is_said(
    server: GoogleAuthorizationServer, google: Google, reply: Reply
) -> None:
    """Anything else leaves the grant alive, perhaps."""
    google.revoke = reply

    with pytest.raises(TokenEndpointUnavailableError):
        server.revoke(SecretStr("1//refresh"))


def test_fifty_threads_each_get_their_own_answer(server: GoogleAuthorizationServer, wire: WireServer) -> None:
    """Refreshes of different grants share nothing but the pool."""
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(server.refresh(SecretStr("1//x")).access_token.get_secret_value())
        )
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == ["ya29.access"] * 50
    assert len(wire.seen) == 50
