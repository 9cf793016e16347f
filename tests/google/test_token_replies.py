"""What the token endpoint answers, row by row: for a person's grant and for the delegation."""

import json

import pytest
from structlog.testing import capture_logs

from service.catalogue import CATALOGUE
from service.errors import (
    AccessBlockedError,
    AccountNotAllowedError,
    AppBlockedError,
    ClockSkewError,
    DelegationError,
    GrantRevokedError,
    OAuthClientError,
    SessionControlError,
    TokenEndpointUnavailableError,
    TokenError,
)
from service.google.token_replies import delegation_error, token_answer


def body(error: str, description: str = "No.", **more: str) -> bytes:
    """A refusal of the token endpoint."""
    return json.dumps({"error": error, "error_description": description, **more}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, body("invalid_grant", "Token has been expired or revoked."), GrantRevokedError),
        (400, body("invalid_grant", "Bad Request"), GrantRevokedError),
        (400, body("invalid_grant", "Missing code verifier."), GrantRevokedError),
        (400, body("invalid_grant", error_subtype="invalid_rapt"), SessionControlError),
        (400, body("invalid_grant", error_subtype="rapt_required"), SessionControlError),
        (400, body("rapt_required"), SessionControlError),
        (401, body("invalid_client", "The OAuth client was not found."), OAuthClientError),
        (401, body("unauthorized_client", "Unauthorized"), OAuthClientError),
        (401, body("deleted_client", "The OAuth client was deleted."), OAuthClientError),
        (401, body("disabled_client", "The OAuth client was disabled."), OAuthClientError),
        (400, body("redirect_uri_mismatch"), OAuthClientError),
        (400, body("invalid_scope", "Some requested scopes were invalid."), OAuthClientError),
        (400, body("admin_policy_enforced"), AppBlockedError),
        (403, body("org_internal"), AccountNotAllowedError),
        (400, body("never_heard_of"), TokenEndpointUnavailableError),
        (400, b'{"error": ["invalid_grant"]}', TokenEndpointUnavailableError),
        (429, body("invalid_grant"), TokenEndpointUnavailableError),
        (500, body("invalid_grant"), TokenEndpointUnavailableError),
        (502, b"<html>", TokenEndpointUnavailableError),
        (503, b"<html>", TokenEndpointUnavailableError),
        (504, b"", TokenEndpointUnavailableError),
        (302, b"", TokenEndpointUnavailableError),
        (200, b"<html>", TokenEndpointUnavailableError),
        (200, b'{"token_type": "Bearer"}', TokenEndpointUnavailableError),
        (200, b'{"access_token": "a\\r\\nb"}', TokenEndpointUnavailableError),
        (200, b'{"access_token": ""}', TokenEndpointUnavailableError),
        (200, b'{"access_token": 5}', TokenEndpointUnavailableError),
    ],
)
def test_each_answer_of_the_token_endpoint_blames_the_right_one(
    status: int, answer: bytes, kind: type[TokenError]
) -> None:
    """Owner, operator, admin or nobody; a body of 5xx or 429 says nothing about the grant."""
    with pytest.raises(TokenError) as raised:
        token_answer(status, answer)

    assert type(raised.value) is kind
    assert raised.value.code in CATALOGUE


def test_a_token_is_read() -> None:
    """A proper answer gives its fields."""
    assert token_answer(200, b'{"access_token": "ya29.x", "expires_in": 3599}')["expires_in"] == 3599


# Google's words, row by row of its list for service accounts.
DELEGATION = [
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
    (400, "invalid_grant", "Not a valid email.", "delegation-user-unknown"),
    (400, "invalid_grant", "Invalid email or User ID", "delegation-user-unknown"),
    (
        400,
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
        "clock-skew",
    ),
    (400, "invalid_grant", "Invalid JWT: Token must be short-lived", "clock-skew"),
    (400, "invalid_grant", "Invalid JWT Signature.", "delegation-key-invalid"),
    (400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.", "delegation-scope-invalid"),
    (401, "disabled_client", "The OAuth client was disabled.", "delegation-client-invalid"),
    (401, "invalid_client", "The OAuth client was not found.", "delegation-client-invalid"),
    (401, "deleted_client", "The OAuth client was deleted.", "delegation-client-invalid"),
    (403, "org_internal", "", "account-not-allowed"),
]


@pytest.mark.parametrize(("status", "error", "description", "code"), DELEGATION)
def test_each_refusal_of_the_delegation_names_what_to_mend(
    status: int, error: str, description: str, code: str
) -> None:
    """Each has its own code, words and next step; none of them ends a grant."""
    blamed = delegation_error(status, {"error": error, "error_description": description})

    assert isinstance(blamed, AccessBlockedError)
    assert blamed.code == code
    assert code in CATALOGUE


def test_a_wrong_clock_is_called_by_its_name() -> None:
    """The operator learns that it is neither the key nor the admin."""
    fields = {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token"}

    assert isinstance(delegation_error(400, fields), ClockSkewError)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 302])
def test_an_outage_blames_nobody(status: int) -> None:
    """Whatever the body says."""
    fields = {"error": "unauthorized_client"}

    assert isinstance(delegation_error(status, fields), TokenEndpointUnavailableError)


def test_an_unknown_invalid_grant_holds_the_delegation_and_is_logged() -> None:
    """No person's grant is at stake, and no mail is lost by it."""
    with capture_logs() as logs:
        error = delegation_error(400, {"error": "invalid_grant", "error_description": "Made up."})

    assert isinstance(error, DelegationError)
    assert (error.code, str(error)) == ("delegation-denied", "Made up.")
    assert [line["reply"] for line in logs] == ["Made up."]


def test_an_unknown_refusal_is_logged_with_its_text() -> None:
    """What nobody knows yet can be looked up."""
    with capture_logs() as logs:
        error = delegation_error(400, {"error": "never_heard_of", "error_description": "Made up."})

    assert isinstance(error, TokenEndpointUnavailableError)
    assert [(line["event"], line["error"], line["reply"]) for line in logs] == [
        ("unknown reply", "never_heard_of", "Made up.")
    ]


def test_a_refusal_can_be_raised_anew() -> None:
    """A thread that waited for another one's request gets the same error."""
    error = DelegationError("delegation-key-invalid", "Invalid JWT Signature.")
    again = type(error)(*error.args)

    assert (again.code, str(again)) == (error.code, str(error))
