"""Takes each mail to the adapter of the way that its claim names: adapter of ``outbox.ports.Transport``."""

from collections.abc import Callable, Mapping

from service.connections.way import WayKind
from service.errors import TransientDeliveryError
from service.outbox.ports import Outgoing, Transport
from service.outbox.verdict import Receipt


class RoutedTransport:
    """One transport for every kind of way."""

    def __init__(self, by_kind: Mapping[WayKind, Transport]) -> None:
        self._by_kind = by_kind

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        kind = outgoing.claim.way.kind
        if outgoing.claim.is_rest and not kind.has_envelope:
            # The mail's head names those who have it already: they would get it twice.
            raise TransientDeliveryError("envelope-needed")
        return self._by_kind[kind].send(outgoing, hand_over)
