"""A mail goes to the adapter of its way, and never to those who have it already."""

from collections.abc import Callable

import pytest

from service.connections.way import Way, WayKind
from service.errors import TransientDeliveryError
from service.outbox.ports import Outgoing
from service.outbox.verdict import Receipt
from service.transports.routed import RoutedTransport
from tests.fakes.claims import make_claim


class Recorder:
    """A transport that says who it is."""

    def __init__(self, name: str) -> None:
        self.name = name

    def send(self, _outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        """Take it."""
        hand_over()
        return Receipt(self.name)


def _outgoing(kind: WayKind, *, is_rest: bool = False) -> Outgoing:
    claim = make_claim(way=Way("crd_1", kind), is_rest=is_rest)
    return Outgoing(claim, lambda: iter((b"",)), 0)


ROUTED = RoutedTransport({kind: Recorder(kind.value) for kind in WayKind})


@pytest.mark.parametrize("kind", WayKind)
def test_the_claim_names_the_adapter(kind: WayKind) -> None:
    """Each kind has its own."""
    assert ROUTED.send(_outgoing(kind), lambda: None).id == kind.value


@pytest.mark.parametrize("kind", [kind for kind in WayKind if not kind.has_envelope])
def test_the_rest_of_a_mail_never_goes_by_the_head(kind: WayKind) -> None:
    """The Gmail API would send to everybody whom the head names, also to those who have it."""
    handed_over: list[bool] = []

    with pytest.raises(TransientDeliveryError):
        ROUTED.send(_outgoing(kind, is_rest=True), lambda: handed_over.append(True))

    assert handed_over == []


@pytest.mark.parametrize("kind", [kind for kind in WayKind if kind.has_envelope])
def test_the_rest_of_a_mail_goes_by_envelope(kind: WayKind) -> None:
    """There the recipients are named apart from the head."""
    assert ROUTED.send(_outgoing(kind, is_rest=True), lambda: None).id == kind.value
