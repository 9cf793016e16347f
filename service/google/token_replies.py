"""What the token endpoint's answers mean: two tables, for grants of people and for the delegation.

Judged by the status first: bodies of 5xx and 429 say nothing about a grant. A refusal that no row knows
blames nobody, and its text is logged.
Source: https://developers.google.com/identity/protocols/oauth2/service-account#error-codes (2026-11).
"""

import re
from typing import Any

import structlog

from service.errors import (
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
from service.google.bodies import json_object, storable

_DEFAULT_LIFETIME_S = 600  # RFC 6749 §5.1 lets a server leave expires_in out
_MAX_LIFETIME_S = 86_400
_OK = 200
_REFUSALS = frozenset({400, 401, 403})
# RFC 6749 appendix A.12: visible ASCII, so that it can stand in a header.
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}\Z")
_SESSION_CONTROL = frozenset({"invalid_rapt", "rapt_required"})

_GRANT_ROWS: dict[str, type[TokenError]] = {
    "invalid_grant": GrantRevokedError,
    "invalid_rapt": SessionControlError,
    "rapt_required": SessionControlError,
    "admin_policy_enforced": AppBlockedError,
    "org_internal": AccountNotAllowedError,
    "invalid_client": OAuthClientError,
    "deleted_client": OAuthClientError,
    "disabled_client": OAuthClientError,
    "unauthorized_client": OAuthClientError,
    "redirect_uri_mismatch": OAuthClientError,
    "unsupported_grant_type": OAuthClientError,
    # A refresh of ours names no scope, so only the client's own set-up can be meant.
    "invalid_scope": OAuthClientError,
}

# Error, part of its description in lower case, what must be mended. The first row that fits counts.
DELEGATION_ROWS = (
    ("unauthorized_client", "client is unauthorized to retrieve access tokens", "delegation-entry-wrong"),
    ("unauthorized_client", "", "delegation-denied"),
    ("access_denied", "", "delegation-scope-missing"),
    ("admin_policy_enforced", "", AppBlockedError.code),
    ("org_internal", "", AccountNotAllowedError.code),
    ("invalid_grant", "not a valid email", "delegation-user-unknown"),
    ("invalid_grant", "invalid email or user id", "delegation-user-unknown"),
    ("invalid_grant", "token must be a short-lived", ClockSkewError.code),
    ("invalid_grant", "token must be short-lived", ClockSkewError.code),
    ("invalid_grant", "reasonable timeframe", ClockSkewError.code),
    ("invalid_grant", "invalid jwt signature", "delegation-key-invalid"),
    ("invalid_scope", "", "delegation-scope-invalid"),
    ("disabled_client", "", "delegation-client-invalid"),
    ("invalid_client", "", "delegation-client-invalid"),
    ("deleted_client", "", "delegation-client-invalid"),
)
_LEAVES: dict[str, type[TokenError]] = {
    leaf.code: leaf for leaf in (AppBlockedError, AccountNotAllowedError, ClockSkewError)
}

log = structlog.get_logger(__name__)


def token_answer(status: int, body: bytes) -> dict[str, Any]:
    """The fields of a token endpoint's success (RFC 6749 §5.1); ``expires_in`` is always there and sane.

    Raises:
        TokenError: the leaf that a refusal, or no proper answer, means.
    """
    fields = json_object(body)
    if status != _OK:
        raise token_error(status, fields)
    token = fields.get("access_token")
    if not isinstance(token, str) or not _TOKEN.match(token):
        raise TokenEndpointUnavailableError("The token endpoint answered 200 without an access token.")
    return fields | {"expires_in": _lifetime_s(fields.get("expires_in"))}


def token_error(status: int, fields: dict[str, Any]) -> TokenError:
    """Who can mend a refusal of a person's grant (RFC 6749 §5.2). The text holds no value of it."""
    error = str(fields.get("error"))
    if status in _REFUSALS and error in _GRANT_ROWS:
        subtype = str(fields.get("error_subtype"))
        return _GRANT_ROWS[subtype if subtype in _SESSION_CONTROL else error]()
    return _unknown(status, fields)


def delegation_error(status: int, fields: dict[str, Any]) -> TokenError:
    """Who can mend a refusal of a service account's signed request for a user's token (RFC 7523 §3.1).

    No ``invalid_grant`` ends anything here: there is no grant of a person that it could speak of.
    """
    error, description = str(fields.get("error")), storable(str(fields.get("error_description", "")))
    if status in _REFUSALS:
        for known, fragment, code in DELEGATION_ROWS:
            if error == known and fragment in description.lower():
                leaf = _LEAVES.get(code)
                return leaf() if leaf else DelegationError(code, description)
        if error == "invalid_grant":
            _log_unknown(status, fields)
            return DelegationError("delegation-denied", description)
    return _unknown(status, fields)


def _unknown(status: int, fields: dict[str, Any]) -> TokenError:
    if status in _REFUSALS:
        _log_unknown(status, fields)
    return TokenEndpointUnavailableError(f"The token endpoint answered {status}.")


def _log_unknown(status: int, fields: dict[str, Any]) -> None:
    error, description = (storable(str(fields.get(name, ""))) for name in ("error", "error_description"))
    log.warning("unknown reply", of="token endpoint", status=status, error=error, reply=description)


def _lifetime_s(expires_in: object) -> int:
    if isinstance(expires_in, str) and expires_in.isdecimal():
        expires_in = int(expires_in[:9])
    if not isinstance(expires_in, int | float) or not expires_in > 0:
        return _DEFAULT_LIFETIME_S
    return int(min(expires_in, _MAX_LIFETIME_S))
