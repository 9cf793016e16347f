"""What comes back from Google's authorization page instead of a code: one table.

Google shows most of these on its own page and sends nobody back; a pending consent then simply expires.
Source: https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors (2026-11).
"""

import structlog

CODES = {
    "access_denied": "oauth-denied",
    "admin_policy_enforced": "app-blocked-by-admin",
    "policy_enforced": "advanced-protection",
    "org_internal": "account-not-allowed",
    "disallowed_useragent": "embedded-browser",
    "redirect_uri_mismatch": "oauth-setup-wrong",
    "invalid_request": "oauth-setup-wrong",
    "invalid_scope": "oauth-setup-wrong",
    "invalid_client": "oauth-client-invalid",
    "deleted_client": "oauth-client-invalid",
    "unauthorized_client": "oauth-client-invalid",
    "disabled_client": "oauth-client-invalid",
    "server_error": "google-unavailable",
    "temporarily_unavailable": "google-unavailable",
}

log = structlog.get_logger(__name__)


def consent_code(reason: str) -> str:
    """The problem code of RFC 6749 §4.1.2.1's ``error``, as Google uses it; an unknown one is logged."""
    if reason not in CODES:
        log.warning("unknown reply", of="consent page", reply=reason)
    return CODES.get(reason, "oauth-refused")
