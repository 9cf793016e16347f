"""What the Gmail API's refusals mean: one table. Those of SMTP, of tokens and of consent stand beside it.

A reason that no row knows is a refusal that may pass: it costs a retry, never the mail, and its text is
logged. Source: https://developers.google.com/workspace/gmail/api/guides/handle-errors (2026-11).
"""

import re
from dataclasses import dataclass
from datetime import datetime

import structlog

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
from service.google.bodies import MAX_REPLY, json_object, storable

_HOUR_S = 3600.0
_OPERATOR_S = 300.0  # how soon an operator's repair is noticed
_RATE_S = 30.0  # the limit counts by the minute
_MAX_WAIT_S = 86_400.0
_SERVER_ERROR = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of refusal: when it applies, and what follows."""

    status: tuple[int, ...]
    reasons: frozenset[str]
    text: str
    error: type[DeliveryError]
    code: str
    wait_s: float | None = None

    def fits(self, status: int, reasons: frozenset[str], text: str) -> bool:
        """Whether this row speaks of such an answer; all texts in lower case."""
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
) -> Row:
    statuses = status if isinstance(status, tuple) else (status,)
    return Row(statuses, frozenset(reasons.lower().split()), text, error, code, wait_s)


_RATE = "rateLimitExceeded userRateLimitExceeded RATE_LIMIT_EXCEEDED RESOURCE_EXHAUSTED"
_INVALID = "badRequest invalidArgument invalid INVALID_ARGUMENT"
_SCOPE = "insufficientPermissions ACCESS_TOKEN_SCOPE_INSUFFICIENT"
_DISABLED = "accessNotConfigured SERVICE_DISABLED"

# The first row that fits counts.
ROWS = (
    _row(413, "", "", PermanentDeliveryError, "message-too-large"),
    _row(400, "uploadTooLarge", "", PermanentDeliveryError, "message-too-large"),
    _row(400, "failedPrecondition", "mail service not enabled", WayHeldError, "gmail-not-enabled", _HOUR_S),
    _row(400, "failedPrecondition", "", WayDownError, "provider-unavailable"),
    _row(400, _INVALID, "", PermanentDeliveryError, "message-refused"),
    _row(401, "", "", ReconnectRequiredError, "connection-revoked"),
    _row(403, _SCOPE, "", ReconnectRequiredError, "scope-missing"),
    _row(403, "", "insufficient authentication scopes", ReconnectRequiredError, "scope-missing"),
    _row(403, _DISABLED, "", WayHeldError, "gmail-api-disabled", _OPERATOR_S),
    _row(403, "domainPolicy", "", WayHeldError, "app-blocked-by-admin", _HOUR_S),
    _row(403, "", "delegation denied", WayHeldError, "delegation-denied", _HOUR_S),
    # The whole project's day, not the mailbox's: another way of the same mailbox is free of it.
    _row(403, "dailyLimitExceeded", "", WayHeldError, "project-quota-reached", _HOUR_S),
    _row((403, 429), "", "(mail sending)", MailboxHeldError, "quota-reached", _HOUR_S),
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
    for row in ROWS:
        if row.fits(status, reasons, text):
            return row.error(row.code, reply, status=status, wait_s=wait_s or row.wait_s)
    log.warning("unknown reply", of="gmail", status=status, reasons=sorted(reasons), reply=reply)
    return TransientDeliveryError("answer-unknown", reply, status=status, wait_s=wait_s)


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
    error = json_object(body).get("error")
    if not isinstance(error, dict):
        return frozenset(), storable(body[:MAX_REPLY].decode("utf-8", "replace"))
    reasons = [error.get("status")]
    for key in ("errors", "details"):
        parts = error.get(key)
        reasons += (
            [part.get("reason") for part in parts if isinstance(part, dict)]
            if isinstance(parts, list)
            else []
        )
    known = frozenset(reason.lower() for reason in reasons if isinstance(reason, str))
    return known | {reason.replace("_", "") for reason in known}, storable(str(error.get("message", "")))
