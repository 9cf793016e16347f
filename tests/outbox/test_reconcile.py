"""Looks into *Sent*: what one entry's look meets never stops the looks for the others."""

from datetime import datetime

import pytest

from service.connections.connection import Connection
from service.errors import SealError
from service.outbox.entry import State
from service.outbox.reconcile import Reconcile
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import LOOK, add_mail, add_tenant, claim, connect, make_attempt


class Folders:
    """A *Sent* where one mailbox's look breaks and every other one finds the mail."""

    def __init__(self, broken: str, error: Exception) -> None:
        self._broken = broken
        self._error = error

    def find(self, credential_id: str, entry_id: str, since: datetime) -> str | None:
        """Break, or find it."""
        assert entry_id
        assert since
        if credential_id == self._broken:
            raise self._error
        return "18c2f0a9"


@pytest.mark.parametrize("error", [SealError(), ValueError("an answer in another encoding")])
def test_a_look_that_breaks_stops_no_other(stores: Stores, clock: FakeClock, error: Exception) -> None:
    """A grant that does not open, or a fault of ours, leaves its entry unclear and all others settled."""
    boxes = [connect(stores, add_tenant(stores, clock.now()), clock.now(), LOOK) for _ in range(2)]
    ids = [_unclear(stores, box, clock) for box in boxes]
    folders = Folders(boxes[0].credential_id or "", error)
    reconcile = Reconcile(store=stores.outbox, sent_folder=folders, clock=clock)

    found = reconcile.run_once()

    states = [stores.outbox.get(box.tenant_id, one).state for box, one in zip(boxes, ids, strict=True)]
    assert found == 1
    assert states == [State.UNCERTAIN, State.SENT]
    assert reconcile.run_once() == 0


def _unclear(stores: Stores, box: Connection, clock: FakeClock) -> str:
    entry = add_mail(stores, box, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    lost = make_attempt(claimed, clock.now(), State.UNCERTAIN, "answer-lost")
    assert stores.outbox.record(claimed, lost, Verdict(State.UNCERTAIN))
    return entry.id
