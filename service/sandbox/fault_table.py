"""Everything that can be made to go wrong, as one table: over HTTP here, Cloud and SMTP beside it.

Source: developers.google.com/identity/protocols/oauth2/web-server and …/gmail/api/guides/handle-errors
(2026-11), and what was seen of Google.
"""

from collections.abc import Iterator
from dataclasses import replace

from service.sandbox.cloud_fault_table import CLOUD_FAULTS, DELEGATION, IAM
from service.sandbox.fault import Fault
from service.sandbox.smtp_fault_table import SMTP, SMTP_FAULTS

AUTHORIZE = "authorize"
TOKEN = frozenset({"token:authorization_code", "token:refresh_token"}) | DELEGATION
IDENTITY = frozenset({"revoke", "certs", "userinfo"})
GMAIL = frozenset({"send", "get", "list", "sendAs", "profile"})
_SEND = frozenset({"send"})
PLACES = frozenset({AUTHORIZE}) | TOKEN | IDENTITY | IAM | GMAIL | SMTP
_DISABLED = "Gmail API has not been used in project 100000000001 before or it is disabled."
_PER_MINUTE = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' "
    "of service 'gmail.googleapis.com'"
)
_HTML_503 = (
    "<!DOCTYPE html><html lang=en><title>Error 503 (Service Unavailable)!!1</title><p>That’s an error.</html>"
)

_WAIT = "User-rate limit exceeded.  Retry after {retry_at}"
_DENIED, _EXHAUSTED, _PRECONDITION = "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION"
_SERVER_ERROR = 500
_GMAIL_ROWS = (  # name, HTTP status, old reason, sentence, AIP-193 status, reason in its details
    ("badRequest", 400, "badRequest", "Bad Request", "INVALID_ARGUMENT", ""),
    ("invalid_to_header", 400, "invalidArgument", "Invalid To header", "INVALID_ARGUMENT", ""),
    ("invalid_attachment", 400, "invalidArgument", "Invalid attachment", "INVALID_ARGUMENT", ""),
    ("raw_required", 400, "invalidArgument",
     "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
     "INVALID_ARGUMENT", ""),
    ("failedPrecondition_mail_service", 400, "failedPrecondition",
     "Mail service not enabled", _PRECONDITION, ""),
    ("failedPrecondition", 400, "failedPrecondition", "Precondition check failed.", _PRECONDITION, ""),
    ("authError", 401, "authError", "Invalid Credentials", "UNAUTHENTICATED", ""),
    ("insufficientPermissions", 403, "insufficientPermissions",
     "Request had insufficient authentication scopes.", _DENIED, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
    ("accessNotConfigured", 403, "accessNotConfigured",
     _DISABLED, _DENIED, "SERVICE_DISABLED"),
    ("domainPolicy", 403, "domainPolicy", "The domain administrators have disabled Gmail apps.", _DENIED, ""),
    ("rateLimitExceeded", 403, "rateLimitExceeded", _WAIT, _DENIED, ""),
    ("userRateLimitExceeded_403", 403, "userRateLimitExceeded", _WAIT, _DENIED, ""),
    ("userRateLimitExceeded_plain", 403, "userRateLimitExceeded", "User Rate Limit Exceeded", _DENIED, ""),
    ("quota_per_minute", 403, "rateLimitExceeded", _PER_MINUTE, _DENIED, "RATE_LIMIT_EXCEEDED"),
    ("dailyLimitExceeded", 403, "dailyLimitExceeded", "Daily Limit Exceeded", _DENIED, ""),
    ("forbidden", 403, "forbidden", "Forbidden", _DENIED, ""),
    ("notFound", 404, "notFound", "Requested entity was not found.", "NOT_FOUND", ""),
    ("uploadTooLarge", 413, "uploadTooLarge", "Request payload is too large.", "INVALID_ARGUMENT", ""),
    ("delegation_denied", 403, "forbidden", "Delegation denied for {account}", _DENIED, ""),
    ("quota_429_mail_sending", 429, "rateLimitExceeded", _WAIT + " (Mail sending)", _EXHAUSTED, ""),
    ("quota_429", 429, "rateLimitExceeded", _WAIT, _EXHAUSTED, ""),
    ("rateLimitExceeded_429_plain", 429, "rateLimitExceeded", "Rate Limit Exceeded", _EXHAUSTED, ""),
    ("too_many_concurrent", 429, "rateLimitExceeded",
     "Too many concurrent requests for user", _EXHAUSTED, ""),
    ("backendError_500", 500, "backendError", "Internal error encountered.", "INTERNAL", ""),
    ("backendError_502", 502, "backendError", "Bad Gateway", "UNAVAILABLE", ""),
    ("backendError_503", 503, "backendError", "The service is currently unavailable.", "UNAVAILABLE", ""),
    ("backendError_504", 504, "backendError", "Deadline exceeded", "DEADLINE_EXCEEDED", ""),
)  # fmt: skip


def _pages() -> Iterator[Fault]:
    rows = (
        (
            "admin_policy_enforced",
            400,
            "This app is blocked by the policy of your organisation's administrator.",
        ),
        ("policy_enforced", 400, "Advanced Protection prevents this app from using your account."),
        ("org_internal", 403, "This client is restricted to users within its organization."),
        ("disallowed_useragent", 403, "This browser is embedded in an app and cannot be used to sign in."),
        ("redirect_uri_mismatch", 400, "The redirect URI in the request does not match a registered one."),
        ("invalid_request", 400, "The request does not comply with Google's OAuth 2.0 policy."),
        ("invalid_client", 401, "The OAuth client was not found."),
        ("deleted_client", 401, "The OAuth client was deleted."),
        ("unauthorized_client", 401, "The OAuth client may not use this flow."),
        ("disabled_client", 401, "The OAuth client was disabled."),
        ("invalid_scope", 400, "Some requested scopes were invalid."),
        ("access_denied", 403, "The app is being tested and you are not one of its test users."),
    )
    for name, status, message in rows:
        yield Fault(name, frozenset({AUTHORIZE}), "page", status, name, message)
    for name in ("access_denied", "admin_policy_enforced", "server_error", "temporarily_unavailable"):
        yield Fault(f"{name}_redirect", frozenset({AUTHORIZE}), "redirect", 302, name)


def _oauth() -> Iterator[Fault]:
    rows = (
        ("invalid_grant", 400, "invalid_grant", "Token has been expired or revoked.", ""),
        ("invalid_grant_bad_request", 400, "invalid_grant", "Bad Request", ""),
        ("invalid_grant_deleted_account", 400, "invalid_grant", "Account has been deleted", ""),
        ("invalid_rapt", 400, "invalid_grant", "reauth related error (invalid_rapt)", "invalid_rapt"),
        ("rapt_required", 400, "invalid_grant", "reauth related error (rapt_required)", "rapt_required"),
        ("invalid_client", 401, "invalid_client", "Unauthorized", ""),
        ("unauthorized_client", 401, "unauthorized_client", "Unauthorized", ""),
        ("disabled_client", 401, "disabled_client", "The OAuth client was disabled.", ""),
        ("deleted_client", 401, "deleted_client", "The OAuth client was deleted.", ""),
        ("invalid_scope", 400, "invalid_scope", "Some requested scopes were invalid.", ""),
        ("admin_policy_enforced", 400, "admin_policy_enforced", "Blocked by the administrator.", ""),
        ("org_internal", 403, "org_internal", "Restricted to users within its organization.", ""),
        ("token_429", 429, "rate_limit_exceeded", "Rate Limit Exceeded", ""),
        ("token_500_json", 500, "internal_failure", "Backend Error", ""),
    )
    for name, status, reason, message, subtype in rows:
        yield Fault(name, TOKEN, "oauth", status, reason, message, detail=subtype)


def _texts() -> Iterator[Fault]:
    web = TOKEN | IDENTITY | IAM
    for status in (500, 502, 503, 504):
        yield Fault(f"token_{status}_html", web, "text", status, "html", _HTML_503, usual=TOKEN)
    yield Fault("token_not_json", web, "text", 200, "html", _HTML_503, usual=TOKEN)
    for name, status, reason in (
        ("token_huge_body", 200, "huge"),
        ("token_truncated", 200, "truncated"),
        ("token_hang", 0, "hang"),
        ("token_slow", 0, "slow"),
        ("token_drop", 0, "drop"),
        ("token_reset", 0, "reset"),
    ):
        yield Fault(name, web, "wire", status, reason, is_taken=reason == "slow", usual=TOKEN)


def _gmail() -> Iterator[Fault]:
    for name, status, reason, message, canonical, detail in _GMAIL_ROWS:
        fault = Fault(name, GMAIL, "gmail", status, reason, message, canonical, detail, usual=_SEND)
        yield fault
        if status >= _SERVER_ERROR:  # nobody can know whether the mail was taken
            yield replace(fault, name=f"{name}_taken", is_taken=True)
    yield Fault("gmail_503_html", GMAIL, "text", 503, "html", _HTML_503, usual=_SEND)
    yield Fault("gmail_200_html", GMAIL, "text", 200, "html", _HTML_503, is_taken=True, usual=_SEND)


def _wire() -> Iterator[Fault]:
    rows = (
        ("drop-before", "reset-early", False),
        ("drop-after-refused", "drop", False),
        ("drop-after", "drop", True),
        ("reset-after", "reset", True),
        ("hang", "hang", False),
        ("hang-after", "hang", True),
        ("slow", "slow", True),
        ("close-idle", "close-idle", True),
    )
    for name, reason, is_taken in rows:
        yield Fault(name, GMAIL, "wire", 0, reason, is_taken=is_taken, usual=_SEND)


def _table() -> dict[str, tuple[Fault, ...]]:
    rows: dict[str, tuple[Fault, ...]] = {}
    for group in (_pages(), _oauth(), _texts(), _gmail(), _wire(), CLOUD_FAULTS, SMTP_FAULTS):
        for fault in group:
            rows[fault.name] = (*rows.get(fault.name, ()), fault)
    return rows


FAULTS = _table()
