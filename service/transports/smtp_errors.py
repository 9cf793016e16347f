"""What follows for the mail from how its submission failed: refusals by the table of replies, others here."""

from dataclasses import replace

from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    PermanentDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.google.smtp_replies import recipient_refusal, smtp_error
from service.smtp.errors import (
    BrokenError,
    CommandError,
    ContentError,
    NotOfferedError,
    RecipientsRefusedError,
    RefusedError,
    SmtpError,
    TlsError,
    TooLargeError,
)
from service.smtp.replies import Phase, Reply

MEND_WAIT_S = 3600.0  # how soon a repair at the server is noticed, where nobody says that it was made


def delivery_error(kind: WayKind, error: SmtpError) -> DeliveryError:
    """The leaf of ``DeliveryError`` that a failed submission by a way of this kind is."""
    if isinstance(error, RecipientsRefusedError):
        return _least_final([smtp_error(kind, error.phase, reply) for _, reply in error.refusals])
    if isinstance(error, RefusedError):
        return smtp_error(kind, error.phase, _with_note(error))
    if isinstance(error, BrokenError) and error.whole:
        refused = tuple(recipient_refusal(address, reply) for address, reply in error.refused)
        return UncertainDeliveryError("answer-lost", str(error), refused=refused)
    leaf, code, wait_s = _meaning(error)
    reply = error.reply if isinstance(error, TlsError) else None
    return leaf(code, str(error), status=reply.code if reply else None, wait_s=wait_s)


def _least_final(refusals: list[DeliveryError]) -> DeliveryError:
    """Nobody got the mail: as long as one recipient may get it later, it is not refused for good."""
    passing = (refusal for refusal in refusals if not isinstance(refusal, PermanentDeliveryError))
    return next(passing, refusals[0])


def _meaning(error: SmtpError) -> tuple[type[DeliveryError], str, float | None]:
    meaning: tuple[type[DeliveryError], str, float | None]
    match error:
        case TlsError():
            meaning = WayHeldError, "tls-failed", MEND_WAIT_S
        case NotOfferedError(phase=Phase.AUTH) | CommandError(phase=Phase.AUTH | Phase.EHLO):
            meaning = WayHeldError, "server-settings", MEND_WAIT_S
        case NotOfferedError(extension="SMTPUTF8"):
            meaning = PermanentDeliveryError, "address-needs-smtputf8", None
        case CommandError():
            meaning = PermanentDeliveryError, "invalid-address", None
        case TooLargeError():
            meaning = PermanentDeliveryError, "message-too-large", None
        case ContentError() | NotOfferedError():
            meaning = PermanentDeliveryError, "message-malformed", None
        case _:  # not reached, or broken before the mail was whole
            meaning = WayDownError, "provider-unavailable", None
    return meaning


def _with_note(error: RefusedError) -> Reply:
    """With what XOAUTH2's challenge said: it tells an expired token from a missing scope."""
    if not error.note:
        return error.reply
    return replace(error.reply, text=f"{error.reply.text}\n{error.note}")
