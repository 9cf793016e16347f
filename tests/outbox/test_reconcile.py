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

    def __init__(self, broken: str, error: Exception, finds: str | None = "18c2f0a9") -> None:
        self._broken = broken
        self._error = error
        self._finds = finds
        self.looks: list[str] = []

    def find(
        self, credential_id: str, entry_id: str, since: datetime, *, message_id: str | None = None
    ) -> str | None:
        """Break, or find it."""
        assert entry_id
        assert since
        assert message_id is None  # Gmail has replaced it
        self.looks.append(credential_id)
        if credential_id == self._broken:
            raise self._error
        return self._finds


class Bell:
    """A doorbell that nobody hears."""

    def wait(self, timeout_s: float) -> bool:
        return timeout_s < 0

    def ring(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("error", [SealError(), ValueError("an answer in another encoding")])
def test_a_look_that_breaks_stops_no_other(stores: Stores, clock: FakeClock, error: Exception) -> None:
    """A grant that does not open, or a fault of ours, leaves its entry unclear and all others settled."""
    boxes = [connect(stores, add_tenant(stores, clock.now()), clock.now(), LOOK) for _ in range(2)]
    ids = [_unclear(stores, box, clock) for box in boxes]
    folders = Folders(boxes[0].credential_id or "", error)
    reconcile = _reconcile(stores, folders, clock)

    found = reconcile.run_once()

    states = [stores.outbox.get(box.tenant_id, one).state for box, one in zip(boxes, ids, strict=True)]
    assert found == 1
    assert states == [State.UNCERTAIN, State.SENT]
    assert reconcile.run_once() == 0


def test_a_broken_mailbox_costs_one_look_and_starves_nobody(stores: Stores, clock: FakeClock) -> None:
    """Thirty unclear mails of one whose look fails, then one of another: that one is found at once."""
    broken, fine = (connect(stores, add_tenant(stores, clock.now()), clock.now(), LOOK) for _ in range(2))
    for _ in range(30):
        _unclear(stores, broken, clock)
    clock.advance(1)
    _unclear(stores, fine, clock)
    folders = Folders(broken.credential_id or "", SealError())

    found = _reconcile(stores, folders, clock).run_once()

    assert found == 1
    assert folders.looks == [broken.credential_id, fine.credential_id]


def test_the_pauses_grow_and_the_looks_end_after_a_day(stores: Stores, clock: FakeClock) -> None:
    """A minute at first, later a quarter of the time that has passed; after a day nobody looks."""
    box = connect(stores, add_tenant(stores, clock.now()), clock.now(), LOOK)
    _unclear(stores, box, clock)
    folders = Folders("", SealError(), finds=None)
    reconcile = _reconcile(stores, folders, clock)
    began, looked_after_s = clock.now(), []

    for _ in range(3 * 24 * 60):
        before = len(folders.looks)
        reconcile.run_once()
        if len(folders.looks) > before:
            looked_after_s.append((clock.now() - began).total_seconds())
        clock.advance(60)

    assert looked_after_s[:6] == [0, 60, 120, 180, 240, 300]
    assert 20 < len(looked_after_s) < 40
    assert looked_after_s[-1] < 86_400


def _reconcile(stores: Stores, folders: Folders, clock: FakeClock) -> Reconcile:
    return Reconcile(store=stores.outbox, sent_folder=folders, doorbell=Bell(), clock=clock)


def _unclear(stores: Stores, box: Connection, clock: FakeClock) -> str:
    entry = add_mail(stores, box, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    lost = make_attempt(claimed, clock.now(), State.UNCERTAIN, "answer-lost")
    assert stores.outbox.record(claimed, lost, Verdict(State.UNCERTAIN))
    return entry.id
