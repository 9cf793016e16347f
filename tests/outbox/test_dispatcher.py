"""The dispatcher: sends what is due, stops gracefully, gives back what it did not begin."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from service.clock import Clock, SystemClock
from service.errors import StorageUnavailableError
from service.outbox.delivery import Delivery
from service.outbox.dispatcher import Dispatcher, Limits
from service.outbox.entry import Entry, State
from service.outbox.ports import Doorbell, OutboxStore, Outgoing
from service.outbox.verdict import Receipt
from service.storage.database import Database
from service.storage.stores import Stores, open_doorbell
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, connect


class Gate:
    """A transport that lets mails through when it is opened."""

    name = "gate"

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached = threading.Semaphore(0)
        self.taken: list[str] = []

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        """Hand over, wait for the gate, take it."""
        hand_over()
        self.reached.release()
        assert self.opened.wait(50)
        self.taken.append(outgoing.claim.entry_id)
        return Receipt(outgoing.claim.entry_id)


@pytest.mark.timeout(120)
def test_a_stop_finishes_what_is_in_flight_and_gives_back_the_rest(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """After SIGTERM nothing is unclear: begun mails are sent, leased ones are queued again at once."""
    gate = Gate()
    now = clock.now()
    mailbox = connect(stores, add_tenant(stores, now), now)
    ids = [add_mail(stores, mailbox, now).id for _ in range(10)]
    dispatcher = _dispatcher(database, stores, gate, clock, senders=2, per_mailbox=10)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    for _ in range(2):
        assert gate.reached.acquire(timeout=20)

    dispatcher.stop()
    gate.opened.set()
    thread.join(30)

    states = [stores.outbox.get(mailbox.tenant_id, one).state for one in ids]
    assert not thread.is_alive()
    assert states.count(State.SENT) == len(gate.taken) == 2
    assert states.count(State.QUEUED) == 8


@pytest.mark.timeout(120)
def test_a_mailbox_never_has_more_in_flight_than_allowed(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """However many senders are idle, one mailbox gets its share only."""
    gate = Gate()
    now = clock.now()
    mailbox = connect(stores, add_tenant(stores, now), now)
    for _ in range(8):
        add_mail(stores, mailbox, now)
    dispatcher = _dispatcher(database, stores, gate, clock, senders=8, per_mailbox=3)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    for _ in range(3):
        assert gate.reached.acquire(timeout=20)

    claimed = stores.outbox.claim("other", clock.advance(1), limit=8, per_mailbox=3, lease_s=30)
    gate.opened.set()
    dispatcher.stop()
    thread.join(30)

    assert claimed == []


class Wayward(Gate):
    """A gate for all mails but the first, which it treats as it is told."""

    def __init__(self, first: Callable[[], Receipt]) -> None:
        super().__init__()
        self._first = first
        self.begun: list[str] = []
        self.began_twice = threading.Event()

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        """The first one as told, all others through the gate."""
        entry_id = outgoing.claim.entry_id
        self.begun.append(entry_id)
        if self.begun.count(entry_id) == 2:
            self.began_twice.set()
        if len(self.begun) == 1:
            return self._first()
        return super().send(outgoing, hand_over)


@pytest.mark.timeout(120)
def test_a_busy_worker_does_not_keep_what_it_no_longer_sends(database: Database, stores: Stores) -> None:
    """A try that ended because the database was out is settled by its lease, however busy the worker is."""

    def out() -> Receipt:
        raise StorageUnavailableError

    clock = SystemClock()
    gate = Wayward(out)
    now = clock.now()
    mailbox = connect(stores, add_tenant(stores, now), now)
    for _ in range(2):
        add_mail(stores, mailbox, now)
    dispatcher = _dispatcher(database, stores, gate, clock, senders=2, per_mailbox=4, lease_s=1)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()

    is_settled = gate.began_twice.wait(20)

    gate.opened.set()
    dispatcher.stop()
    thread.join(30)
    assert is_settled


class Watched:
    """A store that tells when it was swept."""

    def __init__(self, store: OutboxStore) -> None:
        self._store = store
        self.swept = threading.Semaphore(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def expire(self, now: datetime) -> int:
        """The last step of a sweep."""
        expired = self._store.expire(now)
        self.swept.release()
        return expired


@pytest.mark.timeout(120)
def test_a_clock_that_is_put_forward_ends_no_lease_of_a_worker_that_lives(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """A jump of an hour does not make the worker call unclear what it is sending at that moment."""
    gate = Gate()
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    watched = Watched(stores.outbox)
    watching = replace(stores, outbox=cast("OutboxStore", watched))
    dispatcher = _dispatcher(database, watching, gate, clock, senders=1, per_mailbox=4)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    assert gate.reached.acquire(timeout=20)

    clock.advance(3600)
    for _ in range(3):
        assert watched.swept.acquire(timeout=20)
    gate.opened.set()
    dispatcher.stop()
    thread.join(30)

    events, _ = stores.outbox.timeline(entry.tenant_id, entry.id)
    assert [event.type for event in events] == ["message.queued", "message.sent"]


class Tripped(Watched):
    """A store whose first sweep beside the dispatcher ends in a fault of ours."""

    is_tripped = False

    def expire(self, now: datetime) -> int:
        """Break once, then as always."""
        if threading.current_thread().name == "sweeper" and not self.is_tripped:
            self.is_tripped = True
            raise ZeroDivisionError
        return super().expire(now)


@pytest.mark.timeout(120)
def test_a_fault_in_one_sweep_does_not_end_the_sweeps(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """Without them no lease would be renewed and nothing settled, while the worker looks alive."""
    tripped = Tripped(stores.outbox)
    sweeping = replace(stores, outbox=cast("OutboxStore", tripped))
    dispatcher = _dispatcher(database, sweeping, Gate(), clock, senders=1, per_mailbox=4, lease_s=1)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()

    is_swept = [tripped.swept.acquire(timeout=20) for _ in range(3)]  # the first is the dispatcher's own

    dispatcher.stop()
    thread.join(30)
    assert is_swept == [True] * 3
    assert tripped.is_tripped


@pytest.mark.timeout(120)
def test_a_result_that_cannot_be_written_stops_no_sender(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """A receipt that no database takes costs its own mail an unclear end, and the next one nothing."""
    gate = Wayward(lambda: Receipt("\ud800"))
    gate.opened.set()
    now = clock.now()
    mailbox = connect(stores, add_tenant(stores, now), now)
    for _ in range(2):
        add_mail(stores, mailbox, now)
    dispatcher = _dispatcher(database, stores, gate, clock, senders=1, per_mailbox=4)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()

    is_next_sent = gate.reached.acquire(timeout=20)

    dispatcher.stop()
    thread.join(30)
    assert is_next_sent


@pytest.mark.timeout(120)
def test_the_last_outcome_is_written_though_no_other_mail_follows(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """An idle sender has nothing to share a commit with, and waits for no other mail."""
    gate = Gate()
    gate.opened.set()
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    watched = Watched(stores.outbox)
    watching = replace(stores, outbox=cast("OutboxStore", watched))
    dispatcher = _dispatcher(database, watching, gate, clock, senders=1, per_mailbox=4)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    assert gate.reached.acquire(timeout=20)

    is_written = any(_is_sent(stores, entry) for _ in range(10) if watched.swept.acquire(timeout=20))

    dispatcher.stop()
    thread.join(30)
    assert is_written


@pytest.mark.timeout(120)
def test_mail_past_its_time_is_not_sent_by_a_worker_that_starts(
    database: Database, stores: Stores, clock: FakeClock
) -> None:
    """After a long stop the first thing is to give up what is too old, before anything is leased."""
    gate = Gate()
    gate.opened.set()
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    old = add_mail(stores, mailbox, clock.now())
    young = add_mail(stores, mailbox, clock.advance(6 * 86_400))
    dispatcher = _dispatcher(database, stores, gate, clock, senders=2, per_mailbox=4)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    assert gate.reached.acquire(timeout=20)

    dispatcher.stop()
    thread.join(30)

    assert gate.taken == [young.id]
    assert stores.outbox.get(mailbox.tenant_id, old.id).state is State.EXPIRED


class Bell:
    """A doorbell that wakes nobody but by its ring."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def wait(self, _timeout_s: float) -> bool:
        """Wait for the ring, however long."""
        assert self._rung.wait(50)
        self._rung.clear()
        return True

    def ring(self) -> None:
        """Wake the dispatcher."""
        self._rung.set()

    def close(self) -> None:
        """There is nothing to let go of."""


@pytest.mark.timeout(120)
def test_a_slot_that_gets_free_is_used_at_once(database: Database, stores: Stores, clock: FakeClock) -> None:
    """A mailbox whose slots are all taken waits for a result and not for the next look at the clock."""
    gate = Gate()
    gate.opened.set()
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    ids = {add_mail(stores, mailbox, clock.now()).id for _ in range(3)}
    dispatcher = _dispatcher(database, stores, gate, clock, senders=2, per_mailbox=1, doorbell=Bell())
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    for _ in range(3):
        assert gate.reached.acquire(timeout=20)

    dispatcher.stop()
    thread.join(30)

    assert set(gate.taken) == ids


def _is_sent(stores: Stores, entry: Entry) -> bool:
    return stores.outbox.get(entry.tenant_id, entry.id).state is State.SENT


def _dispatcher(
    database: Database,
    stores: Stores,
    gate: Gate,
    clock: Clock,
    *,
    senders: int,
    per_mailbox: int,
    lease_s: float = 30,
    doorbell: Doorbell | None = None,
) -> Dispatcher:
    return Dispatcher(
        store=stores.outbox,
        delivery=Delivery(store=stores.outbox, transport=gate, clock=clock, lease_s=lease_s),
        doorbell=doorbell or open_doorbell(database),
        clock=clock,
        owner="worker-1",
        limits=Limits(senders=senders, per_mailbox=per_mailbox, lease_s=lease_s),
    )
