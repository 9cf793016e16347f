"""What an SMTP refusal means: the rows of ``smtp_rows``, and the hand-over rule for all others.

The code alone is not enough: phase, enhanced code and text decide. A reply that no row knows is judged by
its first digit, and its text is logged.
"""

import structlog

from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    PermanentDeliveryError,
    Refusal,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.google.bodies import storable
from service.google.smtp_rows import HOUR_S, MAIL_PHASES, ROWS, Row
from service.smtp.replies import Phase, Reply

_CLOSING = 421  # RFC 5321 §3.8: the server is going away, whatever was asked
_TEMPORARY = range(400, 500)
_FOR_GOOD = range(500, 600)
log = structlog.get_logger(__name__)


def smtp_error(kind: WayKind, phase: Phase, reply: Reply) -> DeliveryError:
    """What follows from a reply that is no success.

    Nothing before the end of data is ever uncertain, and nothing before MAIL blames the message.
    """
    row = _row(kind, phase, reply)
    if row is None:
        log.warning(
            "unknown reply",
            of=kind.value,
            phase=phase.value,
            status=reply.code,
            enhanced=reply.enhanced,
            reply=storable(reply.text),
        )
    return _error(row, phase, reply)


def recipient_refusal(address: str, reply: Reply) -> Refusal:
    """What a refused RCPT means for this recipient, while the mail goes on to others.

    A reply that speaks of the mailbox or of the way, such as a limit reached midway, is not permanent: who is
    left gets the mail later.
    """
    error = _error(_row(WayKind.SMTP_SERVER, Phase.RCPT, reply), Phase.RCPT, reply)
    return Refusal(
        address, error.code, reply.code, error.reply, is_permanent=isinstance(error, PermanentDeliveryError)
    )


def _row(kind: WayKind, phase: Phase, reply: Reply) -> Row | None:
    """The first row that fits."""
    text = _plain(reply.text)
    return next((row for row in ROWS if _fits(row, kind, phase, reply) and _says(row, text)), None)


def _fits(row: Row, kind: WayKind, phase: Phase, reply: Reply) -> bool:
    return (
        reply.code in row.codes
        and phase in row.phases
        and kind in row.kinds
        and (not row.enhanced or reply.enhanced in row.enhanced)
    )


def _says(row: Row, text: str) -> bool:
    return not row.texts or any(one in text for one in row.texts)


def _error(row: Row | None, phase: Phase, reply: Reply) -> DeliveryError:
    words = storable(str(reply))
    if row is not None:
        return row.error(row.code, words, status=reply.code, wait_s=row.wait_s)
    kind, code = _rule(phase, reply.code)
    return kind(code, words, status=reply.code, wait_s=HOUR_S if kind is WayHeldError else None)


def _rule(phase: Phase, status: int) -> tuple[type[DeliveryError], str]:
    """The hand-over rule (``outbox.handover``) by the first digit."""
    of_mail = phase in MAIL_PHASES
    if status in _TEMPORARY:
        is_later = of_mail and status != _CLOSING
        return (TransientDeliveryError, "try-later") if is_later else (WayDownError, "provider-unavailable")
    if status in _FOR_GOOD:
        if not of_mail:
            return WayHeldError, "server-refused"
        return PermanentDeliveryError, "recipient-refused" if phase is Phase.RCPT else "message-refused"
    if phase is Phase.END_OF_DATA:
        return UncertainDeliveryError, "answer-lost"
    return (TransientDeliveryError if of_mail else WayDownError), "answer-unknown"


def _plain(text: str) -> str:
    """In lower case and in one line."""
    return " ".join(text.lower().split())
