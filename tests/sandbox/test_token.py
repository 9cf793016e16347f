"""The token endpoint and its neighbours: one use, PKCE, refresh, revocation, ID tokens."""

import base64
import hashlib
import threading
from typing import Any

import pytest
import requests
from google.auth import jwt

from service.sandbox.server import Sandbox
from tests.fakes.clock import FakeClock
from tests.sandbox.conftest import AUTH, MIA, Program

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def decoded(token: str, **kwargs: Any) -> dict[str, Any]:
    """The claims, as google-auth reads them."""
    claims: dict[str, Any] = jwt.decode(token, **kwargs)  # type: ignore[no-untyped-call]  # google-auth has no types
    return claims


def error(answer: requests.Response) -> tuple[int, str, str]:
    """Status, error and description."""
    body = answer.json()
    return answer.status_code, body["error"], body.get("error_description", "")


def test_a_code_gives_tokens(program: Program) -> None:
    """All fields of Google's answer, with the granted scopes in full."""
    answer = program.connect()

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3599
    assert set(answer["scope"].split()) == {"openid", f"{AUTH}userinfo.email", f"{AUTH}gmail.send"}
    assert answer["access_token"].startswith("ya29.")
    assert answer["refresh_token"].startswith("1//")


def test_the_id_token_holds(program: Program, sandbox: Sandbox) -> None:
    """The claims are Google's, and both kinds of keys carry the same name."""
    answer = program.connect("rechnung@beispiel.example", nonce="the nonce")
    certificates = program.http.get(f"{sandbox.url}/oauth2/v1/certs", timeout=30).json()
    keys = program.http.get(f"{sandbox.url}/oauth2/v3/certs", timeout=30).json()["keys"]

    claims = decoded(answer["id_token"], certs=certificates, verify=False)
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["aud"] == program.file["client_id"]
    assert (claims["email"], claims["email_verified"]) == ("rechnung@beispiel.example", True)
    assert (claims["hd"], claims["nonce"]) == ("beispiel.example", "the nonce")
    assert keys[0]["kid"] in certificates


def test_the_signature_verifies_with_the_system_clock() -> None:
    """Expiry, audience and signature pass google-auth's own check."""
    with Sandbox() as running, requests.Session() as http:
        program = Program(running)
        answer = program.connect()
        program.http.close()
        certificates = http.get(f"{running.url}/oauth2/v1/certs", timeout=30).json()

    claims = decoded(answer["id_token"], certs=certificates, audience=program.file["client_id"])

    assert claims["sub"].isdecimal()
    assert "hd" not in claims


def test_a_code_works_once(program: Program) -> None:
    """The second exchange is invalid_grant."""
    code = program.code()
    program.token(code=code)

    assert error(program.token(code=code))[:2] == (400, "invalid_grant")


def test_a_code_dies_after_ten_minutes(program: Program, clock: FakeClock) -> None:
    """An old code is invalid_grant."""
    code = program.code()
    clock.advance(600)

    assert error(program.token(code=code))[:2] == (400, "invalid_grant")


def test_another_redirect_uri_spoils_the_code(program: Program) -> None:
    """RFC 6749 §4.1.3: the same redirect URI is needed."""
    answer = program.token(code=program.code(), redirect_uri="http://127.0.0.1:1/")

    assert error(answer)[:2] == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("verifier", "description"),
    [({}, "Missing code verifier."), ({"code_verifier": "w" * 64}, "Invalid code verifier.")],
)
def test_pkce_is_enforced_once_a_challenge_was_sent(
    program: Program, verifier: dict[str, str], description: str
) -> None:
    """Missing or wrong verifiers are refused in Google's words."""
    answer = program.token(code=program.code(**PKCE), **verifier)

    assert error(answer) == (400, "invalid_grant", description)


def test_the_right_verifier_passes(program: Program) -> None:
    """PKCE with S256 ends in tokens."""
    assert program.token(code=program.code(**PKCE), code_verifier=VERIFIER).ok


def test_a_wrong_secret_is_invalid_client(program: Program) -> None:
    """401, and the code stays unused."""
    code = program.code()

    assert error(program.token(code=code, client_secret="wrong"))[:2] == (401, "invalid_client")
    assert program.token(code=code).ok


def test_the_client_may_use_http_basic(program: Program) -> None:
    """RFC 6749 §2.3.1, the header form."""
    form = {"grant_type": "refresh_token", "refresh_token": program.connect()["refresh_token"]}
    client = (program.file["client_id"], program.file["client_secret"])

    answer = program.http.post(program.file["token_uri"], data=form, auth=client, timeout=30)

    assert answer.ok


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_id": ""}, (400, "invalid_request")),
        ({"client_id": "nobody"}, (401, "invalid_client")),
    ],
)
def test_an_unknown_client_is_refused(
    program: Program, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    """No client or an unknown one."""
    assert error(program.token(code="x", **fields))[:2] == expected


def test_another_grant_type_is_refused(program: Program) -> None:
    """RFC 6749 §5.2."""
    assert error(program.token("password"))[:2] == (400, "unsupported_grant_type")


def test_online_access_has_no_refresh_token(program: Program) -> None:
    """Only offline gives one."""
    assert "refresh_token" not in program.connect(access_type="online")


def test_refresh_gives_a_new_access_token_and_no_refresh_token(program: Program) -> None:
    """The granted scopes come back with it."""
    first = program.connect()
    second = program.token("refresh_token", refresh_token=first["refresh_token"]).json()

    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    assert "refresh_token" not in second


def test_refresh_with_a_scope_outside_the_grant_is_invalid_scope(program: Program) -> None:
    """The trap of a partial grant that is refreshed with the requested scopes."""
    token = program.connect(sandbox_all=None)["refresh_token"]

    answer = program.token("refresh_token", refresh_token=token, scope=f"{AUTH}gmail.send")

    assert error(answer)[:2] == (400, "invalid_scope")


def test_the_101st_refresh_token_ends_the_first(program: Program) -> None:
    """100 live ones an account and client; the oldest dies without a word."""
    tokens = [program.connect()["refresh_token"] for _ in range(101)]

    assert error(program.token("refresh_token", refresh_token=tokens[0]))[:2] == (400, "invalid_grant")
    assert program.token("refresh_token", refresh_token=tokens[1]).ok


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_revoking_one_token_ends_the_whole_grant(program: Program, sandbox: Sandbox, kind: str) -> None:
    """Every token of the account dies, for all clients; a second revoke is invalid_token."""
    other = Program(sandbox)
    first, second = program.connect(), other.connect()
    revoke = f"{sandbox.url}/revoke"

    assert program.http.post(revoke, data={"token": first[kind]}, timeout=30).ok
    assert error(other.token("refresh_token", refresh_token=second["refresh_token"]))[1] == "invalid_grant"
    assert error(program.http.post(revoke, data={"token": first[kind]}, timeout=30))[:2] == (
        400,
        "invalid_token",
    )
    other.http.close()


def test_userinfo_tells_who_it_is(program: Program, sandbox: Sandbox) -> None:
    """Only with a living token that has openid."""
    bearer = {"Authorization": f"Bearer {program.connect()['access_token']}"}
    address = f"{sandbox.url}/v1/userinfo"

    assert program.http.get(address, headers=bearer, timeout=30).json()["email"] == MIA
    assert program.http.get(address, headers=program.bearer("send"), timeout=30).status_code == 401


def test_discovery_names_the_endpoints(program: Program, sandbox: Sandbox) -> None:
    """The OpenID configuration points at the sandbox itself."""
    found = program.http.get(f"{sandbox.url}/.well-known/openid-configuration", timeout=30).json()

    assert found["token_endpoint"] == program.file["token_uri"]
    assert found["jwks_uri"] == f"{sandbox.url}/oauth2/v3/certs"


def test_token_calls_are_counted_by_kind(program: Program, sandbox: Sandbox) -> None:
    """50 threads that refresh are 50 calls, so *exactly one* can be proved elsewhere."""
    token = program.connect()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    threads = [
        threading.Thread(
            target=lambda: requests.post(program.file["token_uri"], data=form, timeout=30).close()
        )
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sandbox.google.counters["token:refresh_token"] == 50
    assert sandbox.google.counters["token:authorization_code"] == 1
