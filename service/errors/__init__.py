"""The whole error tree. Every leaf has a stable ``code``; no HTTP status lives here.

ServiceError
├─ InvalidRequestError(problems)                     what a caller wrote is wrong; all faults at once
│   └─ MailServerRefusedError(step)                  a mail server does not take the login
├─ MessageTooLargeError(size_bytes, limit_bytes)
├─ ChecksBusyError                                   another check runs that a person waits for
├─ UnauthenticatedError · ForbiddenError(right)
├─ NotFoundError(kind)                               also for what belongs to another tenant
├─ ConflictError
│   ├─ IdempotencyKeyReusedError                     same key, other body
│   ├─ TooLateError(state)                           cancel after hand-over
│   ├─ AlreadySentError                              resend of a sent message without force
│   ├─ NotUncertainError(state)                      a decision about what is not unclear
│   ├─ ContentDeletedError                           resend of what was kept for its time
│   ├─ KeyEndedError · KeyExistsError                an API key that is rolled or made twice
│   ├─ ConnectionDisconnectedError
│   ├─ PreconditionFailedError                       somebody else changed it after it was read
│   └─ MemberExistsError · LastAdminError            of a tenant's people
├─ ConsentError
│   ├─ ConsentDeniedError(reason)                    the person or Google's page said no
│   ├─ ConsentStateError                             state missing, used, expired or of another browser
│   ├─ ScopeMissingError(address)                    the send box was left unticked
│   ├─ WrongAccountError(expected, used)
│   ├─ IdentityError                                 the ID token does not hold
│   ├─ NotAdmittedError(address)                     nobody has let this account in
│   └─ OtherAccountError(address)                    the address belongs to another account than before
├─ LinkError                                         a one-time link is unknown, used or expired
├─ TokenError                                        no access token can be had
│   ├─ GrantRevokedError                             RFC 6749 §5.2 invalid_grant: only the owner can mend it
│   │   └─ SessionControlError                       … and an admin can stop it from coming back
│   ├─ AccessBlockedError                            an operator or an admin must mend it, no grant is dead
│   │   ├─ OAuthClientError                          invalid_client: the operator
│   │   ├─ AppBlockedError · AccountNotAllowedError  an admin's rules
│   │   ├─ DelegationError(code)                     the domain-wide delegation
│   │   └─ ClockSkewError                            this machine's clock
│   └─ TokenEndpointUnavailableError                 5xx, time-outs: nobody is to blame
├─ DeliveryError(reply, status, wait_s)              the only family that Transport.send may raise
│   ├─ TransientDeliveryError                        not sent, another try counts       → deferred
│   │   └─ WayDownError                              … and the way, not the mail, is at fault → next way
│   ├─ MailboxHeldError                              not sent, the mailbox pauses       → waiting
│   ├─ WayHeldError                                  not sent, this way must wait       → next way or waiting
│   ├─ ReconnectRequiredError                        not sent, the owner must mend it   → next way or waiting
│   ├─ PermanentDeliveryError                        refused for good                   → failed
│   └─ UncertainDeliveryError(refused)               nobody can know                    → uncertain
├─ LeaseLostError                                    another worker owns the entry now
├─ SealError(key_id)                                 unknown key, or the sealed bytes were changed
├─ StorageError
│   ├─ StorageUnavailableError                       the database does not answer
│   └─ StorageFullError                              the disk is full
└─ ConfigurationError(problems)                      the operator's settings; all faults at once
"""

from service.errors.base import (
    Problem as Problem,
)
from service.errors.base import (
    ServiceError as ServiceError,
)
from service.errors.conflicts import (
    AlreadySentError as AlreadySentError,
)
from service.errors.conflicts import (
    ConflictError as ConflictError,
)
from service.errors.conflicts import (
    ConnectionDisconnectedError as ConnectionDisconnectedError,
)
from service.errors.conflicts import (
    ContentDeletedError as ContentDeletedError,
)
from service.errors.conflicts import (
    IdempotencyKeyReusedError as IdempotencyKeyReusedError,
)
from service.errors.conflicts import (
    KeyEndedError as KeyEndedError,
)
from service.errors.conflicts import (
    KeyExistsError as KeyExistsError,
)
from service.errors.conflicts import (
    LastAdminError as LastAdminError,
)
from service.errors.conflicts import (
    MemberExistsError as MemberExistsError,
)
from service.errors.conflicts import (
    NotUncertainError as NotUncertainError,
)
from service.errors.conflicts import (
    PreconditionFailedError as PreconditionFailedError,
)
from service.errors.conflicts import (
    TooLateError as TooLateError,
)
from service.errors.consent import (
    ConsentDeniedError as ConsentDeniedError,
)
from service.errors.consent import (
    ConsentError as ConsentError,
)
from service.errors.consent import (
    ConsentStateError as ConsentStateError,
)
from service.errors.consent import (
    IdentityError as IdentityError,
)
from service.errors.consent import (
    NotAdmittedError as NotAdmittedError,
)
from service.errors.consent import (
    OtherAccountError as OtherAccountError,
)
from service.errors.consent import (
    ScopeMissingError as ScopeMissingError,
)
from service.errors.consent import (
    WrongAccountError as WrongAccountError,
)
from service.errors.delivery import (
    DeliveryError as DeliveryError,
)
from service.errors.delivery import (
    MailboxHeldError as MailboxHeldError,
)
from service.errors.delivery import (
    PermanentDeliveryError as PermanentDeliveryError,
)
from service.errors.delivery import (
    ReconnectRequiredError as ReconnectRequiredError,
)
from service.errors.delivery import (
    Refusal as Refusal,
)
from service.errors.delivery import (
    TransientDeliveryError as TransientDeliveryError,
)
from service.errors.delivery import (
    UncertainDeliveryError as UncertainDeliveryError,
)
from service.errors.delivery import (
    WayDownError as WayDownError,
)
from service.errors.delivery import (
    WayHeldError as WayHeldError,
)
from service.errors.tokens import (
    AccessBlockedError as AccessBlockedError,
)
from service.errors.tokens import (
    AccountNotAllowedError as AccountNotAllowedError,
)
from service.errors.tokens import (
    AppBlockedError as AppBlockedError,
)
from service.errors.tokens import (
    ClockSkewError as ClockSkewError,
)
from service.errors.tokens import (
    DelegationError as DelegationError,
)
from service.errors.tokens import (
    GrantRevokedError as GrantRevokedError,
)
from service.errors.tokens import (
    OAuthClientError as OAuthClientError,
)
from service.errors.tokens import (
    SessionControlError as SessionControlError,
)
from service.errors.tokens import (
    TokenEndpointUnavailableError as TokenEndpointUnavailableError,
)
from service.errors.tokens import (
    TokenError as TokenError,
)


class InvalidRequestError(ServiceError):
    """The request is not valid."""

    code = "validation"

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.detail for problem in problems))
        self.problems = problems


class MailServerRefusedError(InvalidRequestError):
    """A mail server does not take the login that was given.

    Attributes:
        step: the one that failed, such as ``sign_in``; those before it went well.
    """

    def __init__(self, step: str, problem: Problem) -> None:
        super().__init__(problem)
        self.step = step


class MessageTooLargeError(ServiceError):
    """The message is larger than the route can carry."""

    code = "message-too-large"

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"The message has {size_bytes} bytes; {limit_bytes} are allowed.")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class ChecksBusyError(ServiceError):
    """Another check is running; this one was not begun."""

    code = "checks-busy"


class UnauthenticatedError(ServiceError):
    """No valid API key was sent."""

    code = "unauthorized"


class ForbiddenError(ServiceError):
    """The API key lacks the right for this."""

    code = "forbidden"


class NotFoundError(ServiceError):
    """There is no such thing here."""

    code = "not-found"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}.")
        self.kind = kind


class LinkError(ServiceError):
    """This link is unknown, was already used, or has ended."""

    code = "link-invalid"


class LeaseLostError(ServiceError):
    """Another worker owns this message now."""

    code = "lease-lost"


class SealError(ServiceError):
    """A sealed value cannot be opened: unknown key, moved row or changed bytes."""

    code = "key-unavailable"


class StorageError(ServiceError):
    """The database cannot do its work. Never raised itself."""


class StorageUnavailableError(StorageError):
    """The database does not answer right now."""

    code = "unavailable"


class StorageFullError(StorageError):
    """The disk has no room for another message."""

    code = "storage-full"


class ConfigurationError(ServiceError):
    """The settings are not valid."""

    code = "configuration"

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
