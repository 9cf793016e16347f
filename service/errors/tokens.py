"""No access token can be had: who can mend it."""

from service.errors.base import ServiceError


class TokenError(ServiceError):
    """No access token can be had. Never raised itself."""


class GrantRevokedError(TokenError):
    """Google no longer accepts the grant (removed, password changed or expired)."""

    code = "connection-revoked"


class SessionControlError(GrantRevokedError):
    """Google ended the access because the company demands a fresh sign-in from time to time."""

    code = "session-control"


class AccessBlockedError(TokenError):
    """An operator or an admin must mend it; the grant itself may be fine. Never raised itself."""


class OAuthClientError(AccessBlockedError):
    """Google refuses the operator's OAuth client (wrong secret, deleted or disabled)."""

    code = "oauth-client-invalid"


class AppBlockedError(AccessBlockedError):
    """A Workspace admin forbids this app or one of its rights."""

    code = "app-blocked-by-admin"


class AccountNotAllowedError(AccessBlockedError):
    """The OAuth client is only for accounts of one organisation, and this is another one's."""

    code = "account-not-allowed"


class DelegationError(AccessBlockedError):
    """Google gives the service account no token for this user.

    Attributes:
        code: which part of the delegation must be mended, such as ``delegation-denied``.
    """

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code

    def __str__(self) -> str:
        return self.args[1] or self.code


class ClockSkewError(AccessBlockedError):
    """This machine's clock is wrong: Google takes what it signs for expired or not yet valid."""

    code = "clock-skew"


class TokenEndpointUnavailableError(TokenError):
    """Google's token endpoint does not answer as it should right now."""

    code = "provider-unavailable"
