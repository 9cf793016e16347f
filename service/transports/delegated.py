"""Ways of a delegation: an adapter of ``outbox.ports.Transport`` around the one that sends."""

from collections.abc import Callable

from service.errors import ReconnectRequiredError, WayHeldError
from service.outbox.ports import Outgoing, Transport
from service.outbox.verdict import Receipt

ADMIN_WAIT_S = 300.0  # how soon an admin's repair is noticed
_CODES = {"scope-missing": "delegation-scope-missing"}


class DelegatedTransport:
    """Sends as a user who never gave a consent: what Google refuses, an admin must mend, and not the user."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        try:
            return self._transport.send(outgoing, hand_over)
        except ReconnectRequiredError as error:
            # Without a status Google was not asked: the delegate was replaced or removed since the claim.
            if error.status is None:
                raise
            code = _CODES.get(error.code, "delegation-denied")
            raise WayHeldError(code, error.reply, status=error.status, wait_s=ADMIN_WAIT_S) from error
