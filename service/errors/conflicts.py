"""What is asked for does not fit what there is by now."""

from service.errors.base import ServiceError


class ConflictError(ServiceError):
    """The present state does not allow it. Never raised itself."""


class IdempotencyKeyReusedError(ConflictError):
    """This Idempotency-Key was already used with another body."""

    code = "idempotency-key-reused"


class TooLateError(ConflictError):
    """The message is already on its way or finished and cannot be cancelled."""

    code = "too-late"


class AlreadySentError(ConflictError):
    """The message was already sent; send it again only with force."""

    code = "already-sent"


class NotUncertainError(ConflictError):
    """The outcome of this message is not unclear, so there is nothing to decide."""

    code = "not-uncertain"


class ContentDeletedError(ConflictError):
    """The content of this message was deleted after its time; it cannot be sent or read again."""

    code = "content-deleted"


class KeyEndedError(ConflictError):
    """This API key was revoked or has expired; make a new one."""

    code = "key-ended"


class KeyExistsError(ConflictError):
    """This API key was already made; its secret is shown only once."""

    code = "key-exists"


class ConnectionDisconnectedError(ConflictError):
    """This connection was disconnected; connect the mailbox again first."""

    code = "connection-disconnected"


class PreconditionFailedError(ConflictError):
    """This was changed meanwhile; look at what is kept now first."""

    code = "precondition-failed"


class MemberExistsError(ConflictError):
    """There is an account of this address already."""

    code = "member-exists"


class LastAdminError(ConflictError):
    """A tenant keeps at least one admin once it has one."""

    code = "last-admin"
