"""The Gmail API as a way out: adapter of ``outbox.ports.Transport``."""

from collections.abc import Callable, Iterator
from itertools import chain

from pydantic import SecretStr

from service.consent.refresh import AccessTokens
from service.errors import (
    AccessBlockedError,
    DeliveryError,
    GrantRevokedError,
    NotFoundError,
    ReconnectRequiredError,
    TokenError,
    WayDownError,
    WayHeldError,
)
from service.google.connection import StreamedBody
from service.google.gmail import GmailClient
from service.mail.address import Address
from service.outbox.ports import Outgoing
from service.outbox.verdict import Receipt

OPERATOR_WAIT_S = 300.0  # how soon an operator's or admin's repair is noticed
UNAUTHORIZED = 401
_FOLD = "\r\n "


class GmailApiTransport:
    """Sends by ``users.messages.send``, media upload. Repeats a body in one case only: after a 401."""

    def __init__(self, gmail: GmailClient, tokens: AccessTokens) -> None:
        self._gmail = gmail
        self._tokens = tokens

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        grant_id = outgoing.claim.way.credential_id
        mail = _with_bcc(outgoing, hand_over)
        token = usable_token(self._tokens, grant_id)
        try:
            return Receipt(self._gmail.send(token, mail))
        except ReconnectRequiredError as error:
            # 401: Google did not look at the mail. One fresh token, one more try.
            if error.status != UNAUTHORIZED:
                raise
        return Receipt(self._gmail.send(usable_token(self._tokens, grant_id, rejected=token), mail))


def usable_token(tokens: AccessTokens, grant_id: str, *, rejected: SecretStr | None = None) -> SecretStr:
    """An access token, or the ``DeliveryError`` that follows when there is none.

    Raises:
        DeliveryError: one of its leaves.
        SealError, StorageError: the grant cannot be read or kept.
    """
    try:
        return tokens.token(grant_id) if rejected is None else tokens.renewed(grant_id, rejected)
    except (TokenError, NotFoundError) as error:
        raise without_token(error) from error


def without_token(error: TokenError | NotFoundError) -> DeliveryError:
    """What it means for a mail that no access token can be had: certainly not sent."""
    match error:
        case GrantRevokedError():
            return ReconnectRequiredError(error.code, str(error))
        case AccessBlockedError():
            return WayHeldError(error.code, str(error), wait_s=OPERATOR_WAIT_S)
        case NotFoundError():
            # Reconnected or disconnected since the claim: no try is burnt, the next claim knows the present
            # grant, and a connection that has another one by now is left as it is.
            return ReconnectRequiredError("connection-revoked", "The grant was replaced.")
        case _:
            return WayDownError(error.code, str(error))


def _with_bcc(outgoing: Outgoing, hand_over: Callable[[], None]) -> StreamedBody:
    """The stored mail with the hidden recipients in front, where Gmail looks for them and takes them out."""
    front = bcc_field(outgoing.claim.bcc)
    if not front:
        return StreamedBody(outgoing.size_bytes, outgoing.open, hand_over)

    def read() -> Iterator[bytes]:
        return chain((front,), outgoing.open())

    return StreamedBody(len(front) + outgoing.size_bytes, read, hand_over)


def bcc_field(addresses: tuple[Address, ...]) -> bytes:
    """One folded header field, an address a line (RFC 5322 §2.2.3, §3.6.3); nothing for no address."""
    if not addresses:
        return b""
    return f"Bcc: {f',{_FOLD}'.join(address.spec for address in addresses)}\r\n".encode("ascii")
