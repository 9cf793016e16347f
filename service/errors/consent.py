"""Why a consent or a sign-in at Google did not come about."""

from service.errors.base import ServiceError


class ConsentError(ServiceError):
    """The consent did not come about. Never raised itself."""


class ConsentDeniedError(ConsentError):
    """The consent was refused at Google."""

    code = "oauth-denied"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Google answered {reason}.")
        self.reason = reason


class ConsentStateError(ConsentError):
    """This consent was not begun in this browser, was already used, or is too old."""

    code = "oauth-state-invalid"


class ScopeMissingError(ConsentError):
    """Google did not give us the right to send: the box was left unticked."""

    code = "scope-missing"

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


class WrongAccountError(ConsentError):
    """Another Google account was used than the one expected."""

    code = "wrong-account"

    def __init__(self, expected: str, used: str) -> None:
        super().__init__()
        self.expected = expected
        self.used = used


class IdentityError(ConsentError):
    """Google's ID token does not hold."""

    code = "identity-invalid"


class NotAdmittedError(ConsentError):
    """Nobody has let this Google account in."""

    code = "sign-in-not-allowed"

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


class OtherAccountError(ConsentError):
    """The address was known with another Google account."""

    code = "account-changed"

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
