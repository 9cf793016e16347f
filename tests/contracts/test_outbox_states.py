"""Random histories of an outbox, on both engines, against a model that fits on a page.

What the model knows of an entry: its kept state, its fence, its lease and whether it was handed over.
Whatever happens in whichever order, the store must agree, and nothing that is due may be overlooked.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from service.connections.connection import AccountKind, Connection
from service.errors import AlreadySentError, ConflictError, LeaseLostError, NotUncertainError, TooLateError
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from service.outbox.pace import DayLimit, Pace
from service.outbox.ports import Claim
from service.outbox.verdict import Hold, Verdict
from service.storage.database import Database
from service.storage.stores import Stores, open_stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import add_mail, add_tenant, claim, connect, make_attempt
from tests.fakes.sealer import FakeSealer

PER_MAILBOX = 2
A_DAY = 3  # mails of one mailbox
DAY = timedelta(days=1)
LEASE = timedelta(seconds=30)
OPEN = {State.QUEUED, State.DEFERRED}
NUMBERS = st.integers(0, 50)


@dataclass
class Known:
    """What the model knows of one entry."""

    mailbox_id: str
    state: State
    available_at: datetime
    give_up_at: datetime
    fence: int = 0
    lease_until: datetime | None = None
    is_handed_over: bool = False
    was_sent: bool = False
    handed_over: set[int] = field(default_factory=set)  # fences
    outcomes: dict[int, State] = field(default_factory=dict)  # of the fences

    def become(self, state: State, available_at: datetime | None = None) -> None:
        """Leave whatever it was; what was sent once is so again when its resend ends."""
        self.was_sent = self.was_sent or state is State.SENT
        if self.was_sent and state in {State.FAILED, State.CANCELLED, State.EXPIRED}:
            state = State.SENT
        self.state, self.lease_until = state, None
        self.available_at = available_at or self.available_at


class Outbox(RuleBasedStateMachine):
    """Two mailboxes and one worker that may die at any point."""

    claims = Bundle("claims")

    def __init__(self, stores: Stores, clock: FakeClock) -> None:
        super().__init__()
        clock.set(START)
        self.outbox, self.stores, self.clock = stores.outbox, stores, clock
        self.tenant_id = add_tenant(stores, clock.now())
        self.boxes: list[Connection] = [connect(stores, self.tenant_id, clock.now()) for _ in range(2)]
        self.paused: set[str] = set()
        self.held: dict[str, datetime] = {}
        self.probing: set[str] = set()
        self.counted: dict[str, list[datetime]] = {box.id: [] for box in self.boxes}
        self.known: dict[str, Known] = {}
        self.tight: dict[str, set[str]] = {}  # what flew when the limit of a day was met

    def teardown(self) -> None:
        """Leave nothing that the next history could meet."""
        for box in self.boxes:
            self.stores.connections.disconnect(self.tenant_id, box.id, self.clock.now())
        self.outbox.reap(self.clock.advance(86_400))
        self.outbox.expire(self.clock.advance(365 * 86_400))

    @rule(box=st.integers(0, 1), delay_s=st.sampled_from([0, 0, 0, 40]))
    def accept(self, box: int, delay_s: int) -> None:
        """A message comes."""
        due = self.clock.now() + timedelta(seconds=delay_s)
        entry = add_mail(self.stores, self.boxes[box], self.clock.now(), due=due)
        self.known[entry.id] = Known(entry.connection_id, State.QUEUED, due, entry.give_up_at)

    @rule(seconds=st.sampled_from([1, 20, 31, 100, 100_000]))
    def time_passes(self, seconds: int) -> None:
        """The clock moves."""
        self.clock.advance(seconds)

    @rule(target=claims, limit=st.integers(1, 5))
    def claim(self, limit: int) -> MultipleResults[Claim]:
        """The worker leases: exactly as much as the model finds."""
        expected = {box.id: self._claimable(box.id) for box in self.boxes}
        claims = claim(self.stores, self.clock.now(), limit=limit, per_mailbox=PER_MAILBOX)
        most = min(limit, sum(map(len, expected.values())))
        # Where all that a day allows flies, the next place is given when a result is there.
        assert len(claims) <= most if any(map(self._is_tight, expected)) else len(claims) == most
        for each in claims:
            entry = self.known[each.entry_id]
            assert entry.available_at == min(
                self.known[name].available_at for name in expected[each.connection_id]
            )
            expected[each.connection_id].remove(each.entry_id)
            entry.become(State.SENDING)
            entry.fence += 1
            entry.lease_until, entry.is_handed_over = self.clock.now() + LEASE, False
            assert each.fence == entry.fence
        for box in self.boxes:
            if (flying := self._flying(box.id)) and len(flying) + self._used(box.id) >= A_DAY:
                self.tight[box.id] = flying
        return multiple(*claims)

    @rule(claimed=claims)
    def hand_over(self, claimed: Claim) -> None:
        """The last byte is about to leave, if the worker still owns the entry."""
        entry = self.known[claimed.entry_id]
        try:
            self.outbox.hand_over(claimed, self.clock.now(), LEASE.total_seconds())
        except LeaseLostError:
            is_paused = claimed.connection_id in self.paused
            assert is_paused or not self._is_ours(claimed)
            if self._is_ours(claimed) and not entry.is_handed_over:
                entry.become(State.QUEUED)
        else:
            assert self._is_ours(claimed)
            assert claimed.connection_id not in self.paused
            entry.handed_over.add(claimed.fence)
            entry.is_handed_over, entry.lease_until = True, self.clock.now() + LEASE

    @rule(claimed=claims)
    def sent(self, claimed: Claim) -> None:
        """A receipt comes, perhaps late."""
        entry = self.known[claimed.entry_id]
        if not self._is_ours(claimed) and claimed.fence not in entry.handed_over:
            return  # Google never saw it
        is_news = entry.state is not State.SENT and entry.outcomes.get(claimed.fence) is not State.SENT
        expected = self._is_ours(claimed) or (entry.fence == claimed.fence and is_news)
        attempt = replace(make_attempt(claimed, self.clock.now()), receipt=f"r{claimed.fence}")
        assert self.outbox.record(claimed, attempt, Verdict(State.SENT)) is expected
        if expected:
            if self._is_ours(claimed):
                self.counted[claimed.connection_id].append(self.clock.now())
                if not self._is_held(claimed.connection_id):
                    self.probing.discard(claimed.connection_id)
            entry.outcomes[claimed.fence] = State.SENT
            entry.become(State.SENT)

    @rule(claimed=claims, state=st.sampled_from([State.DEFERRED, State.FAILED, State.UNCERTAIN]))
    def not_sent(self, claimed: Claim, state: State) -> None:
        """A try ends without a receipt."""
        again = self.clock.now() + LEASE if state is State.DEFERRED else None
        attempt = make_attempt(claimed, self.clock.now(), state, "provider-unavailable")
        expected = self._is_ours(claimed) or (state is not State.UNCERTAIN and self._is_guessed(claimed))
        assert self.outbox.record(claimed, attempt, Verdict(state, again)) is expected
        if expected:
            if state is State.UNCERTAIN:
                self.counted[claimed.connection_id].append(self.clock.now())
            self.known[claimed.entry_id].outcomes[claimed.fence] = state
            self.known[claimed.entry_id].become(state, again)

    @rule(claimed=claims)
    def limit_reached(self, claimed: Claim) -> None:
        """Google holds the whole mailbox."""
        until = self.clock.now() + timedelta(minutes=1)
        attempt = make_attempt(claimed, self.clock.now(), State.WAITING, "quota-reached")
        verdict = Verdict(State.DEFERRED, self.clock.now(), counts=False, connection=Hold(until, "quota"))
        expected = self._is_ours(claimed) or self._is_guessed(claimed)
        assert self.outbox.record(claimed, attempt, verdict) is expected
        if expected:
            self.known[claimed.entry_id].outcomes[claimed.fence] = State.WAITING
            self.known[claimed.entry_id].become(State.DEFERRED, self.clock.now())
            self.held[claimed.connection_id] = max(until, self.held.get(claimed.connection_id, until))
            self.probing.add(claimed.connection_id)

    @rule()
    def reap(self) -> None:
        """Leases that ran out are settled."""
        late = [
            each for each in self.known.values() if each.lease_until and each.lease_until <= self.clock.now()
        ]
        assert self.outbox.reap(self.clock.now()) == len(late)
        for entry in late:
            if entry.is_handed_over:
                entry.outcomes[entry.fence] = State.UNCERTAIN
                self.counted[entry.mailbox_id].append(self.clock.now())
                entry.become(State.UNCERTAIN)
            else:
                entry.become(State.QUEUED, self.clock.now())

    @rule()
    def expire(self) -> None:
        """Mail past its time is given up."""
        old = [
            each for each in self.known.values() if each.state in OPEN and each.give_up_at <= self.clock.now()
        ]
        assert self.outbox.expire(self.clock.now()) == len(old)
        for entry in old:
            entry.become(State.EXPIRED)

    @rule(box=st.integers(0, 1))
    def pause_or_resume(self, box: int) -> None:
        """A person stops a mailbox, or lets it flow, also past a hold."""
        name = self.boxes[box].id
        if name in self.paused:
            self.stores.connections.resume(self.tenant_id, name, self.clock.now())
            self.paused.remove(name)
            self.held.pop(name, None)
            self.probing.discard(name)
        else:
            self.stores.connections.pause(self.tenant_id, name, self.clock.now())
            self.paused.add(name)

    @rule(number=NUMBERS, what=st.sampled_from(["cancel", "resend", "force", "was_sent", "send_again"]))
    def a_person_decides(self, number: int, what: str) -> None:
        """Cancel, resend, or settle what is unclear: allowed only where the model says so."""
        if not self.known:
            return
        name = list(self.known)[number % len(self.known)]
        entry = self.known[name]
        refusal = self._refusal(entry, what)
        if refusal is not None:
            with pytest.raises(refusal):
                self._do(what, name)
            return
        self._do(what, name)
        if what == "cancel":
            entry.become(State.CANCELLED)
        elif what == "was_sent":
            entry.become(State.SENT)
        else:
            entry.become(State.QUEUED, self.clock.now())
            entry.give_up_at = self.clock.now() + timedelta(days=5)

    @invariant()
    def store_and_model_agree(self) -> None:
        """Each entry is in the state that the model says, and the next due time is not too late."""
        listed = self.outbox.search(self.tenant_id, MessageFilter(), 1000)
        assert {each.id: self._kept(each.id, each.state) for each in listed} == {
            name: entry.state for name, entry in self.known.items()
        }
        due = [
            max(self.known[name].available_at, self.held.get(box.id, START), self._place_free_at(box.id))
            for box in self.boxes
            for name in self._claimable(box.id, is_any_time=True)
            if not self._is_tight(box.id)
        ]
        next_due = self.outbox.next_due_at()
        assert not due or (next_due is not None and next_due <= max(min(due), self.clock.now()))

    def _kept(self, name: str, shown: State) -> State:
        return self.known[name].state if shown in {State.WAITING, State.SCHEDULED} else shown

    def _is_ours(self, claimed: Claim) -> bool:
        entry = self.known[claimed.entry_id]
        return entry.state is State.SENDING and entry.fence == claimed.fence

    def _is_guessed(self, claimed: Claim) -> bool:
        entry = self.known[claimed.entry_id]
        return entry.state is State.UNCERTAIN and entry.fence == claimed.fence

    def _claimable(self, mailbox_id: str, *, is_any_time: bool = False) -> list[str]:
        now = None if is_any_time else self.clock.now()
        mine = {name: each for name, each in self.known.items() if each.mailbox_id == mailbox_id}
        slots = 1 if mailbox_id in self.probing else PER_MAILBOX
        flying = len(self._flying(mailbox_id))
        free = min(slots, A_DAY - self._used(mailbox_id)) - flying
        if now is None and flying == 0:
            free = slots
        is_held = now is not None and self._is_held(mailbox_id)
        if mailbox_id in self.paused or is_held or free <= 0:
            return []
        due = [
            n for n, each in mine.items() if each.state in OPEN and (now is None or each.available_at <= now)
        ]
        return sorted(due, key=lambda name: (mine[name].available_at, name))[:free]

    def _flying(self, mailbox_id: str) -> set[str]:
        return {
            f"{name} {each.fence}"
            for name, each in self.known.items()
            if each.mailbox_id == mailbox_id and each.state is State.SENDING
        }

    def _is_tight(self, mailbox_id: str) -> bool:
        flying = self._flying(mailbox_id)
        return bool(flying) and self.tight.get(mailbox_id) == flying

    def _used(self, mailbox_id: str) -> int:
        return sum(at > self.clock.now() - DAY for at in self.counted[mailbox_id])

    def _place_free_at(self, mailbox_id: str) -> datetime:
        too_many = self._used(mailbox_id) + 1 - A_DAY
        in_window = sorted(self.counted[mailbox_id])[-self._used(mailbox_id) :]
        return in_window[too_many - 1] + DAY if too_many > 0 else START

    def _is_held(self, mailbox_id: str) -> bool:
        return self.held.get(mailbox_id, self.clock.now()) > self.clock.now()

    def _do(self, what: str, name: str) -> None:
        order = (self.tenant_id, name, self.clock.now(), "owner")
        if what == "cancel":
            self.outbox.cancel(*order)
        elif what in {"resend", "force"}:
            self.outbox.resend(*order, force=what == "force")
        else:
            self.outbox.decide(*order, sent=what == "was_sent")

    @staticmethod
    def _refusal(entry: Known, what: str) -> type[ConflictError] | None:
        state = entry.state
        if what == "cancel":
            return None if state in OPEN else TooLateError
        if what in {"was_sent", "send_again"}:
            return None if state is State.UNCERTAIN else NotUncertainError
        if state in OPEN or state is State.SENDING:
            return TooLateError
        is_unsure = {State.SENT, State.UNCERTAIN} & {state, *entry.outcomes.values()}
        return AlreadySentError if is_unsure and what == "resend" else None


def test_random_histories_agree_with_the_model(database: Database, clock: FakeClock) -> None:
    """Whatever happens in whichever order, nothing is lost, doubled, overlooked or beyond a day's limit."""
    pace = Pace({AccountKind.CONSUMER: DayLimit(A_DAY)})
    stores = open_stores(database, FakeSealer(), clock, pace)
    run_state_machine_as_test(
        lambda: Outbox(stores, clock),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
