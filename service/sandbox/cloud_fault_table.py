"""What can be made to go wrong with service accounts: the JWT-bearer grant and IAM's signing.

Source: developers.google.com/identity/protocols/oauth2/service-account#error-codes (2026-11), google.md §7.3.
Every row of the grant also arises by itself, where the sandbox can know it.
"""

from service.sandbox.fault import Fault

DELEGATION = frozenset({"token:jwt-bearer"})
IAM = frozenset({"signJwt", "signBlob", "generateAccessToken"})
_NOT_DELEGATED = (
    "Client is unauthorized to retrieve access tokens using this method, "
    "or client not authorized for any of the scopes requested."
)
_NOT_NOW = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
_NO_ROLE = "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist)."
_NO_API = (
    "IAM Service Account Credentials API has not been used in project 100000000001 before or it is disabled."
)
_GRANT_ROWS = (  # name, HTTP status, error, description
    ("unauthorized_client", 401, "unauthorized_client", "Unauthorized client or scope in request."),
    ("client_unauthorized", 401, "unauthorized_client", _NOT_DELEGATED),
    ("access_denied", 403, "access_denied", "Requested client not authorized."),
    ("admin_policy_enforced", 400, "admin_policy_enforced", "Blocked by the administrator."),
    ("not_a_valid_email", 400, "invalid_grant", "Not a valid email or user ID."),
    ("invalid_email", 400, "invalid_grant", "Invalid email or User ID"),
    ("clock", 400, "invalid_grant", _NOT_NOW),
    ("signature", 400, "invalid_grant", "Invalid JWT Signature."),
    ("audience", 400, "invalid_grant", "Invalid JWT: Failed audience check."),
    ("account_not_found", 400, "invalid_grant", "Invalid grant: account not found"),
    ("malformed", 400, "invalid_request", "Bad Request"),
    ("invalid_scope", 400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
    ("disabled_client", 401, "disabled_client", "The OAuth client was disabled."),
    ("deleted_client", 401, "deleted_client", "The OAuth client was deleted."),
    ("invalid_client", 401, "invalid_client", "The OAuth client was not found."),
    ("org_internal", 403, "org_internal", "Restricted to users within its organization."),
)
_IAM_ROWS = (  # name, HTTP status, old reason, sentence, AIP-193 status, reason in its details
    ("invalid", 400, "badRequest", "Request contains an invalid argument.", "INVALID_ARGUMENT", ""),
    (
        "unauthenticated",
        401,
        "authError",
        "Request had invalid authentication credentials.",
        "UNAUTHENTICATED",
        "",
    ),
    (
        "scope",
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        "PERMISSION_DENIED",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    ),
    ("denied", 403, "forbidden", _NO_ROLE, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED"),
    ("disabled", 403, "accessNotConfigured", _NO_API, "PERMISSION_DENIED", "SERVICE_DISABLED"),
    ("not_found", 404, "notFound", "Not found; Gaia id not found for email {account}", "NOT_FOUND", ""),
    (
        "429",
        429,
        "rateLimitExceeded",
        "Quota exceeded for quota metric 'Generate credentials requests'.",
        "RESOURCE_EXHAUSTED",
        "RATE_LIMIT_EXCEEDED",
    ),
    ("500", 500, "backendError", "Internal error encountered.", "INTERNAL", ""),
    ("503", 503, "backendError", "The service is currently unavailable.", "UNAVAILABLE", ""),
)
CLOUD_FAULTS = (
    *(
        Fault(f"dwd_{name}", DELEGATION, "oauth", status, reason, message)
        for name, status, reason, message in _GRANT_ROWS
    ),
    *(
        Fault(f"iam_{name}", IAM, "gmail", status, reason, message, canonical, detail)
        for name, status, reason, message, canonical, detail in _IAM_ROWS
    ),
)
