"""The catalogue of Google's refusals, row by row."""

import json
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

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
from service.google.replies import delivery_error

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RATE = "User-rate limit exceeded.  Retry after 2026-11-23T12:00:40.500Z"
QUOTA = "User-rate limit exceeded.  Retry after 2026-11-24T06:00:00.000Z (Mail sending)"


def old_body(reason: str, message: str = "No.") -> bytes:
    """The shape with ``errors``."""
    return json.dumps({"error": {"code": 1, "message": message, "errors": [{"reason": reason}]}}).encode()


def new_body(status: str, reason: str = "", message: str = "No.") -> bytes:
    """The shape of AIP-193."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return json.dumps(
        {"error": {"code": 1, "message": message, "status": status, "details": details}}
    ).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "wait_s"),
    [
        (400, old_body("badRequest", "Invalid To header"), PermanentDeliveryError, "message-refused", None),
        (
            400,
            old_body("invalidArgument", "Invalid attachment"),
            PermanentDeliveryError,
            "message-refused",
            None,
        ),
        (
            400,
            old_body("invalidArgument", "'raw' RFC822 payload message string … required"),
            PermanentDeliveryError,
            "message-refused",
            None,
        ),
        (400, old_body("invalidArgument"), PermanentDeliveryError, "message-refused", None),
        (400, new_body("INVALID_ARGUMENT"), PermanentDeliveryError, "message-refused", None),
        (
            400,
            old_body("failedPrecondition", "Mail service not enabled"),
            WayHeldError,
            "gmail-not-enabled",
            3600,
        ),
        (
            400,
            new_body("FAILED_PRECONDITION", message="Mail service not enabled"),
            WayHeldError,
            "gmail-not-enabled",
            3600,
        ),
        (
            400,
            old_body("failedPrecondition", "Precondition check failed."),
            WayDownError,
            "provider-unavailable",
            None,
        ),
        (401, old_body("authError"), ReconnectRequiredError, "connection-revoked", None),
        (403, old_body("insufficientPermissions"), ReconnectRequiredError, "scope-missing", None),
        (
            403,
            new_body("PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
            ReconnectRequiredError,
            "scope-missing",
            None,
        ),
        (403, old_body("accessNotConfigured"), WayHeldError, "gmail-api-disabled", 300),
        (
            403,
            new_body("PERMISSION_DENIED", "SERVICE_DISABLED"),
            WayHeldError,
            "gmail-api-disabled",
            300,
        ),
        (403, old_body("domainPolicy"), WayHeldError, "app-blocked-by-admin", 3600),
        (
            403,
            old_body("forbidden", "Delegation denied for a@b.example"),
            WayHeldError,
            "delegation-denied",
            3600,
        ),
        (403, old_body("dailyLimitExceeded"), WayHeldError, "project-quota-reached", 3600),
        (403, old_body("rateLimitExceeded"), MailboxHeldError, "rate-limited", 30),
        (403, old_body("userRateLimitExceeded", RATE), MailboxHeldError, "rate-limited", 40.5),
        (429, old_body("rateLimitExceeded", RATE), MailboxHeldError, "rate-limited", 40.5),
        (429, old_body("rateLimitExceeded", QUOTA), MailboxHeldError, "quota-reached", 64_800),
        (
            429,
            new_body("RESOURCE_EXHAUSTED", message="Too many (Mail sending)"),
            MailboxHeldError,
            "quota-reached",
            3600,
        ),
        (403, old_body("userRateLimitExceeded", QUOTA), MailboxHeldError, "quota-reached", 64_800),
        (429, b"<html>slow down</html>", MailboxHeldError, "rate-limited", 30),
        (
            429,
            old_body("rateLimitExceeded", "Too many concurrent requests for user"),
            MailboxHeldError,
            "rate-limited",
            30,
        ),
        (413, b"<html>too large</html>", PermanentDeliveryError, "message-too-large", None),
        (400, old_body("uploadTooLarge"), PermanentDeliveryError, "message-too-large", None),
        (500, old_body("backendError"), UncertainDeliveryError, "answer-lost", None),
        (502, b"<html>bad gateway</html>", UncertainDeliveryError, "answer-lost", None),
        (503, new_body("UNAVAILABLE"), UncertainDeliveryError, "answer-lost", None),
        (504, b"", UncertainDeliveryError, "answer-lost", None),
    ],
)
def test_each_refusal_of_the_gmail_api_has_one_meaning(
    status: int, body: bytes, kind: type[DeliveryError], code: str, wait_s: float | None
) -> None:
    """Class, problem code and time to wait of every row of the catalogue."""
    error = delivery_error(status, body, NOW)

    assert (type(error), error.code, error.status) == (kind, code, status)
    assert error.wait_s == wait_s


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (302, b""),
        (400, old_body("neverHeardOf")),
        (400, b"<html>"),
        (403, new_body("PERMISSION_DENIED")),
        (404, old_body("notFound")),
        (408, b""),
        (418, b"{}"),
        (403, b'{"error": {"errors": [7], "details": 5, "message": null, "status": 3}}'),
        (403, b'{"error": "text"}'),
        (403, b"[]"),
        (403, b"[" * 100_000),
        (403, b"\xff\xfe"),
    ],
)
def test_a_refusal_that_nobody_knows_loses_no_mail(status: int, body: bytes) -> None:
    """An unknown reason or body costs a retry, has words of its own, and its text is in the log."""
    with capture_logs() as logs:
        error = delivery_error(status, body, NOW)

    assert (type(error), error.code) == (TransientDeliveryError, "answer-unknown")
    assert [(line["event"], line["reply"]) for line in logs] == [("unknown reply", error.reply)]


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("Retry after 2026-11-29T00:00:00Z", 86_400),
        ("Retry after 2020-01-01T00:00:00Z", 1),
        ("retry after 2026-11-23T12:10:00z", 600),
        ("Retry after 2026-99-99T00:00:00Z", 30),
        ("Retry after tomorrow", 30),
    ],
)
def test_the_time_in_the_text_is_kept_within_a_day(text: str, wait_s: float) -> None:
    """A time that is past, far or no time at all does no harm."""
    assert delivery_error(429, old_body("rateLimitExceeded", text), NOW).wait_s == wait_s


def test_googles_words_are_kept_for_the_timeline() -> None:
    """The text of a refusal is cut at 2,000 characters."""
    assert delivery_error(403, old_body("forbidden", "x" * 5000), NOW).reply == "x" * 2000
    assert delivery_error(502, b"<html>bad</html>", NOW).reply == "<html>bad</html>"


@pytest.mark.parametrize("body", [old_body("forbidden", "a\0b\ud800c"), b"a\0b\xffc"])
def test_googles_words_can_be_stored(body: bytes) -> None:
    """No database takes NUL or half a character, and an outcome that cannot be written would be lost."""
    reply = delivery_error(403, body, NOW).reply

    assert "\0" not in reply
    assert reply.encode().decode() == reply
    assert [reply[0], reply[2], reply[4]] == ["a", "b", "c"]
