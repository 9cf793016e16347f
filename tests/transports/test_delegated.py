"""What Google refuses a delegated sender, an admin must mend: nobody is asked to reconnect."""

from collections.abc import Callable

import pytest

from service.errors import DeliveryError, ReconnectRequiredError, TransientDeliveryError, WayHeldError
from service.outbox.ports import Outgoing
from service.outbox.verdict import Receipt
from service.transports.delegated import DelegatedTransport
from tests.fakes.claims import make_claim


class Sender:
    """A transport that ends as the test says."""

    def __init__(self, failure: DeliveryError | None = None) -> None:
        self._failure = failure

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:  # noqa: ARG002, the port's
        if self._failure is not None:
            raise self._failure
        hand_over()
        return Receipt("18c2f0a9")


OUTGOING = Outgoing(make_claim(), lambda: iter((b"x",)), 1)


def test_a_receipt_comes_through() -> None:
    """And the hand-over is the one of the way inside."""
    called: list[bool] = []

    assert DelegatedTransport(Sender()).send(OUTGOING, lambda: called.append(True)).id == "18c2f0a9"
    assert called == [True]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("connection-revoked", "delegation-denied"),
        ("scope-missing", "delegation-scope-missing"),
        ("login-rejected", "delegation-denied"),
    ],
)
def test_what_the_owner_would_mend_an_admin_must(code: str, told: str) -> None:
    """The way waits, and Google's own words stay."""
    failure = ReconnectRequiredError(code, "no", status=401)

    with pytest.raises(WayHeldError) as raised:
        DelegatedTransport(Sender(failure)).send(OUTGOING, lambda: None)

    assert (raised.value.code, raised.value.reply, raised.value.status) == (told, "no", 401)
    assert raised.value.wait_s == 300


@pytest.mark.parametrize(
    "failure",
    [ReconnectRequiredError("connection-revoked", "The grant was replaced."), TransientDeliveryError("x")],
)
def test_what_google_did_not_say_is_left_as_it_is(failure: DeliveryError) -> None:
    """A delegate that was replaced since the claim holds nothing up: the next claim knows the present one."""
    with pytest.raises(type(failure)) as raised:
        DelegatedTransport(Sender(failure)).send(OUTGOING, lambda: None)

    assert raised.value is failure
