"""One try, and what is written down of it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

from service.errors import (
    DeliveryError,
    LeaseLostError,
    SealError,
    StorageUnavailableError,
    TransientDeliveryError,
    UncertainDeliveryError,
)
from service.outbox.delivery import RECORD_PAUSES_S, Delivery
from service.outbox.entry import Attempt, State
from service.outbox.ports import Claim, OutboxStore, Outgoing
from service.outbox.verdict import Receipt, Verdict
from service.storage.stores import Stores
from tests.fakes.claims import NOW, make_claim
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, connect, deliver

CLAIM = make_claim(attempt=3, tries=2, fence=7)


class StoppedClock:
    """It is always nine o'clock."""

    def now(self) -> datetime:
        """Nine o'clock."""
        return NOW


@dataclass
class Notebook:
    """A store that remembers what it was told, and fails as often as asked."""

    written: list[tuple[Attempt, Verdict]] = field(default_factory=list)
    begun: list[Attempt] = field(default_factory=list)
    handed_over: int = 0
    lost: bool = False
    outages: int = 0

    def content(self, _tenant_id: str, _entry_id: str) -> Iterator[bytes]:
        """Five bytes."""
        yield b"bytes"

    def hand_over(self, _claim: Claim, _at: datetime, _lease_s: float) -> None:
        """Note it, unless the lease is lost."""
        if self.lost:
            raise LeaseLostError
        self.handed_over += 1

    def record(self, _claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        """Note it, unless the database is out."""
        if self.outages:
            self.outages -= 1
            raise StorageUnavailableError
        self.written.append((attempt, verdict))
        return True

    def begin_record(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> Callable[[], bool]:
        """Note it at once, and say what became of it when asked."""
        self.begun.append(attempt)
        return partial(self.record, claim, attempt, verdict)


@dataclass
class Script:
    """A transport that does what the test says."""

    play: Callable[[Outgoing, Callable[[], None]], Receipt]
    name: str = "script"

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        """Play."""
        return self.play(outgoing, hand_over)


def test_the_receipt_is_recorded_with_the_try() -> None:
    """A taken mail is sent, and its attempt keeps Google's receipt and the moment of the hand-over."""
    store = Notebook()

    _deliver(store, _taken)

    attempt, verdict = store.written[0]
    assert verdict.state is State.SENT
    assert (attempt.receipt, attempt.number, attempt.handed_over_at) == ("18f", 3, NOW)


def test_a_receipt_is_given_to_the_database_at_once() -> None:
    """Nothing lies between the answer and the database; only the wait for the disk is left to the caller."""
    store = Notebook()

    finish = _delivery(store, _taken, lambda _s: None).deliver(CLAIM, lambda: None)

    assert [attempt.receipt for attempt in store.begun] == ["18f"]
    assert store.written == []
    assert finish is not None
    finish()
    assert store.written[0][1].state is State.SENT


def test_the_mail_before_is_settled_between_the_hand_over_and_the_last_byte() -> None:
    """A receipt that could not be written is tried again then, and does not wait for this mail's answer."""
    store = Notebook()
    steps: list[str] = []

    def play(_outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        hand_over()
        steps.append("last byte")
        return Receipt("18f")

    _delivery(store, play, lambda _s: None).deliver(CLAIM, lambda: steps.append("settled"))

    assert steps == ["settled", "last byte"]


def test_a_mail_that_was_settled_by_another_worker_meanwhile_does_not_leave(
    stores: Stores, clock: FakeClock
) -> None:
    """However long the receipt of the mail before takes: its last byte stays here, and it is sent later."""
    box = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = add_mail(stores, box, clock.now())
    [claim] = stores.outbox.claim("worker-1", clock.now(), limit=1, per_mailbox=1, lease_s=30)
    left: list[str] = []

    def play(_outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        hand_over()
        left.append("last byte")
        return Receipt("18f")

    def settle_slowly() -> None:
        assert stores.outbox.reap(clock.advance(60)) == 1

    delivery = Delivery(store=stores.outbox, transport=Script(play), clock=clock, lease_s=30)
    assert delivery.deliver(claim, settle_slowly) is None

    assert left == []
    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.DEFERRED


def test_a_receipt_that_no_database_takes_at_first_is_tried_again() -> None:
    """Also where the database is not even there to be asked."""
    store = Notebook()
    store.begin_record = _unavailable  # type: ignore[method-assign, assignment]  # the fault

    finish = _delivery(store, _taken, lambda _s: None).deliver(CLAIM, lambda: None)

    assert finish is not None
    finish()
    assert store.written[0][0].receipt == "18f"


def test_an_unexpected_fault_before_the_hand_over_is_tried_again() -> None:
    """A bug of ours in one message leaves it certainly unsent: it backs off, the others go on."""
    store = Notebook()

    _deliver(store, _broken_before)

    assert store.written[0][1].state is State.DEFERRED


def test_an_unexpected_fault_after_the_hand_over_is_uncertain() -> None:
    """After the last byte nobody can know, whatever broke."""
    store = Notebook()

    _deliver(store, _broken_after)

    assert store.written[0][1].state is State.UNCERTAIN


def test_a_lost_lease_sends_nothing_and_writes_nothing() -> None:
    """Another worker owns the message now; this one lets go."""
    store = Notebook(lost=True)

    _deliver(store, _taken)

    assert store.written == []


def test_a_mail_that_cannot_be_opened_waits_for_its_key() -> None:
    """A missing key is the operator's matter: the message backs off, with the reason."""
    store = Notebook()

    _deliver(store, _raising(SealError()))

    attempt, verdict = store.written[0]
    assert (verdict.state, attempt.code) == (State.DEFERRED, "key-unavailable")


def test_evidence_survives_an_outage_of_the_database() -> None:
    """The receipt is kept in memory and written as soon as the database is back."""
    store = Notebook(outages=3)
    pauses: list[float] = []

    _deliver(store, _taken, pauses.append)

    assert store.written[0][1].state is State.SENT
    assert pauses == list(RECORD_PAUSES_S[:3])


def test_evidence_survives_ten_minutes_without_a_database() -> None:
    """After the first tries it is tried every ten seconds; then the log is the only witness."""
    store = Notebook(outages=60)
    pauses: list[float] = []
    _deliver(store, _taken, pauses.append)
    lost = Notebook(outages=99)
    pauses_of_lost: list[float] = []
    _deliver(lost, _taken, pauses_of_lost.append)

    assert store.written[0][1].state is State.SENT
    assert set(pauses[len(RECORD_PAUSES_S) :]) == {10.0}
    assert lost.written == []
    assert 590 <= sum(pauses_of_lost) <= 610


def test_a_stop_does_not_wait_for_a_database_that_stays_away() -> None:
    """Who shall end tries for a few seconds more, as in any short outage, and then lets go."""
    store = Notebook(outages=99)
    pauses: list[float] = []
    delivery = _delivery(store, _taken, pauses.append)

    delivery.stop()
    deliver(delivery, CLAIM)

    assert pauses == list(RECORD_PAUSES_S)


def test_a_refusal_keeps_the_servers_own_words() -> None:
    """The timeline shows what Google said, with its code."""
    store = Notebook()

    _deliver(store, _raising(TransientDeliveryError("provider-unavailable", "451 busy", status=451)))

    attempt, _ = store.written[0]
    assert (attempt.code, attempt.status, attempt.reply) == ("provider-unavailable", 451, "451 busy")


def test_a_lost_answer_is_recorded_as_uncertain() -> None:
    """The answer was lost after the last byte."""
    store = Notebook()

    _deliver(store, _raising(UncertainDeliveryError("answer-lost")))

    assert store.written[0][0].outcome is State.UNCERTAIN


def _deliver(store: Notebook, play: Any, pause: Callable[[float], None] = lambda _s: None) -> None:
    deliver(_delivery(store, play, pause), CLAIM)


def _delivery(store: Notebook, play: Any, pause: Callable[[float], None]) -> Delivery:
    return Delivery(
        store=cast("OutboxStore", store),
        transport=Script(play),
        clock=StoppedClock(),
        lease_s=30,
        random_source=random.Random(1),
        pause=pause,
    )


def _taken(outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
    assert b"".join(outgoing.open()) == b"bytes"
    hand_over()
    return Receipt("18f", "200 OK")


def _broken_before(_outgoing: Outgoing, _hand_over: Callable[[], None]) -> Receipt:
    raise ZeroDivisionError


def _broken_after(_outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
    hand_over()
    raise ZeroDivisionError


def _raising(error: DeliveryError | SealError) -> Callable[[Outgoing, Callable[[], None]], Receipt]:
    def play(_outgoing: Outgoing, _hand_over: Callable[[], None]) -> Receipt:
        raise error

    return play


def _unavailable(*_: object) -> Callable[[], bool]:
    raise StorageUnavailableError
