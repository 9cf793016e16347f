"""What Google's refusals mean: one table for the Gmail API, one for the token endpoint.

A reason that no row knows is a refusal that may pass: it costs a retry, never the mail.
Source: https://developers.google.com/workspace/gmail/api/guides/handle-errors (2026-11).
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.errors import (
    DeliveryError,
    GrantRevokedError,
    MailboxHeldError,
    OAuthClientError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TokenEndpointUnavailableError,
    TokenError,
    TransientDeliveryError,
    UncertainDeliveryError,
)

_HOUR_S = 3600.0
_OPERATOR_S = 300.0  # how soon an operator's repair is noticed
_RATE_S = 30.0  # the limit counts by the minute
_MAX_WAIT_S = 86_400.0
_MAX_REPLY = 2000
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class _Row:
    """One kind of refusal: when it applies, and what follows."""

    status: tuple[int, ...]
    reasons: frozenset[str]
    text: str
    error: type[DeliveryError]
    code: str
    wait_s: float | None = None

    def fits(self, status: int, reasons: frozenset[str], text: str) -> bool:
        return (
            status in self.status
            and (not self.reasons or not self.reasons.isdisjoint(reasons))
            and self.text in text
        )


def _row(
    status: int | tuple[int, ...],
    reasons: str,
    text: str,
    error: type[DeliveryError],
    code: str,
    wait_s: float | None = None,
) -> _Row:
    statuses = status if isinstance(status, tuple) else (status,)
    return _Row(statuses, frozenset(reasons.lower().split()), text, error, code, wait_s)


_RATE = "rateLimitExceeded userRateLimitExceeded RATE_LIMIT_EXCEEDED RESOURCE_EXHAUSTED"

# The first row that fits counts. Reasons and text are compared in lower case.
_ROWS = (
    _row(413, "", "", PermanentDeliveryError, "message-too-large"),
    _row(400, "uploadTooLarge", "", PermanentDeliveryError, "message-too-large"),
    _row(
        400, "failedPrecondition", "mail service not enabled", MailboxHeldError, "gmail-not-enabled", _HOUR_S
    ),
    _row(400, "failedPrecondition", "", TransientDeliveryError, "provider-unavailable"),
    _row(
        400,
        "badRequest invalidArgument invalid INVALID_ARGUMENT",
        "",
        PermanentDeliveryError,
        "message-refused",
    ),
    _row(401, "", "", ReconnectRequiredError, "connection-revoked"),
    _row(
        403,
        "insufficientPermissions ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "",
        ReconnectRequiredError,
        "scope-missing",
    ),
    _row(403, "", "insufficient authentication scopes", ReconnectRequiredError, "scope-missing"),
    _row(
        403, "accessNotConfigured SERVICE_DISABLED", "", MailboxHeldError, "gmail-api-disabled", _OPERATOR_S
    ),
    _row(403, "domainPolicy", "", MailboxHeldError, "app-blocked-by-admin", _HOUR_S),
    _row(403, "", "delegation denied", MailboxHeldError, "delegation-denied", _HOUR_S),
    _row(403, "dailyLimitExceeded", "", MailboxHeldError, "quota-reached"),
    _row((403, 429), "", "(mail sending)", MailboxHeldError, "quota-reached"),
    _row((403, 429), _RATE, "", MailboxHeldError, "rate-limited", _RATE_S),
    _row(429, "", "", MailboxHeldError, "rate-limited", _RATE_S),
)

# Third-party reports and the Gmail guide: the time stands in the text only, with 403 as with 429.
_RETRY_AFTER = re.compile(r"retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)", re.IGNORECASE)


def delivery_error(status: int, body: bytes, now: datetime) -> DeliveryError:
    """What an answer of the Gmail API that is no success means for a mail."""
    reasons, reply = _read(body)
    if status >= _SERVER_ERROR:
        return UncertainDeliveryError("answer-lost", reply, status=status)
    wait_s = _named_wait_s(reply, now)
    text = reply.lower()
    for row in _ROWS:
        if row.fits(status, reasons, text):
            return row.error(row.code, reply, status=status, wait_s=wait_s or row.wait_s)
    return TransientDeliveryError("provider-unavailable", reply, status=status, wait_s=wait_s)


def _named_wait_s(reply: str, now: datetime) -> float | None:
    found = _RETRY_AFTER.search(reply)
    if found is None:
        return None
    try:
        until = datetime.fromisoformat(found[1].upper())
    except ValueError:
        return None
    return min(max((until - now).total_seconds(), 1.0), _MAX_WAIT_S)


def _read(body: bytes) -> tuple[frozenset[str], str]:
    """All reasons in lower case, and the text: of the old shape, of AIP-193, or of no shape at all."""
    error = _object(body).get("error")
    if not isinstance(error, dict):
        return frozenset(), _storable(body[:_MAX_REPLY].decode("utf-8", "replace"))
    reasons = [error.get("status")]
    for key in ("errors", "details"):
        parts = error.get(key)
        reasons += (
            [part.get("reason") for part in parts if isinstance(part, dict)]
            if isinstance(parts, list)
            else []
        )
    known = frozenset(reason.lower() for reason in reasons if isinstance(reason, str))
    words = _storable(str(error.get("message", ""))[:_MAX_REPLY])
    return known | {reason.replace("_", "") for reason in known}, words


def _storable(reply: str) -> str:
    """Without what databases refuse: no text of PostgreSQL holds NUL, and half a character is none."""
    return reply.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


# Only the owner can mend these, by consenting again.
_GRANT_ERRORS = frozenset({"invalid_grant", "rapt_required", "invalid_rapt"})
# Only the operator, or an admin whom the operator asks, can mend these; the grant itself may be fine.
_CLIENT_ERRORS = frozenset(
    {
        "admin_policy_enforced",
        "deleted_client",
        "disabled_client",
        "invalid_client",
        "org_internal",
        "redirect_uri_mismatch",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
_DEFAULT_LIFETIME_S = 600  # RFC 6749 §5.1 lets a server leave expires_in out
_MAX_LIFETIME_S = 86_400
_OK = 200
_REFUSALS = frozenset({400, 401, 403})
# RFC 6749 appendix A.12: visible ASCII, so that it can stand in a header.
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}\Z")


def token_answer(status: int, body: bytes) -> dict[str, Any]:
    """The fields of a token endpoint's success (RFC 6749 §5.1); ``expires_in`` is always there and sane.

    Raises:
        TokenError: the leaf that a refusal, or no proper answer, means. Judged by the status first:
            bodies of 5xx and 429 say nothing about the grant.
    """
    fields = _object(body)
    if status != _OK:
        raise token_error(status, fields)
    token = fields.get("access_token")
    if not isinstance(token, str) or not _TOKEN.match(token):
        raise TokenEndpointUnavailableError("The token endpoint answered 200 without an access token.")
    return fields | {"expires_in": _lifetime_s(fields.get("expires_in"))}


def _lifetime_s(expires_in: object) -> int:
    if isinstance(expires_in, str) and expires_in.isdecimal():
        expires_in = int(expires_in[:9])
    if not isinstance(expires_in, int | float) or not expires_in > 0:
        return _DEFAULT_LIFETIME_S
    return int(min(expires_in, _MAX_LIFETIME_S))


def token_error(status: int, fields: dict[str, Any]) -> TokenError:
    """Who can mend a refusal of the token endpoint (RFC 6749 §5.2). The text holds no value of it."""
    error = str(fields.get("error"))
    if status in _REFUSALS and error in _GRANT_ERRORS:
        return GrantRevokedError()
    if status in _REFUSALS and error in _CLIENT_ERRORS:
        return OAuthClientError()
    return TokenEndpointUnavailableError(f"The token endpoint answered {status}.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
