"""What an SMTP refusal means, by its first digit alone."""

from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.mail.address import Address
from service.outbox.verdict import Refusal
from service.smtp.replies import Phase, Reply

_CLOSING = 421
_LOGIN_REFUSED = frozenset({534, 535})
_OF_MAIL = frozenset({Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA})


def smtp_error(kind: WayKind, phase: Phase, reply: Reply) -> DeliveryError:
    """What follows from a refusal."""
    words, status = str(reply), reply.code
    if phase is Phase.AUTH and status in _LOGIN_REFUSED:
        oauth = kind in {WayKind.XOAUTH2, WayKind.DELEGATION_XOAUTH2}
        return ReconnectRequiredError(
            "connection-revoked" if oauth else "login-rejected", words, status=status
        )
    if reply.is_temporary and phase in _OF_MAIL and status != _CLOSING:
        return TransientDeliveryError("try-later", words, status=status)
    if reply.is_temporary:
        return WayDownError("provider-unavailable", words, status=status)
    if phase not in _OF_MAIL:
        return WayHeldError("server-refused", words, status=status)
    code = "recipient-refused" if phase is Phase.RCPT else "message-refused"
    return PermanentDeliveryError(code, words, status=status)


def recipient_refusal(address: Address, reply: Reply) -> Refusal:
    """What a refused RCPT means for its recipient, while the mail goes on to others."""
    return Refusal(address, "recipient-refused", reply.code, str(reply), is_permanent=not reply.is_temporary)
