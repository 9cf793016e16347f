"""Orders, hand-overs and results that share a transaction share their statements, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection as Transaction

from service.connections.connection import Connection
from service.errors import NotFoundError, PreconditionFailedError
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from service.outbox.ports import Claim
from service.outbox.verdict import Hold, Verdict
from service.storage import accepting, leases, outcomes
from service.storage.content import SealedContent
from service.storage.database import Database
from service.storage.instants import to_ms
from service.storage.statement import Statement
from service.storage.stores import Stores, open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, claim, connect, make_attempt, make_entry
from tests.fakes.sealer import FakeSealer

_CLAIM_ANEW = Statement("UPDATE messages SET fence = fence + 1 WHERE id = :id")


@pytest.fixture
def mailbox(stores: Stores, clock: FakeClock) -> Connection:
    """A connected mailbox."""
    return connect(stores, add_tenant(stores, clock.now()), clock.now())


def _claims(stores: Stores, mailbox: Connection, clock: FakeClock, count: int) -> list[Claim]:
    for _ in range(count):
        add_mail(stores, mailbox, clock.now())
    return claim(stores, clock.now(), limit=count, per_mailbox=count)


def _sent(claimed: Claim, clock: FakeClock) -> outcomes.Result:
    return outcomes.Result(claimed, make_attempt(claimed, clock.now()), Verdict(State.SENT))


def _leaving(claimed: Claim, clock: FakeClock) -> leases.HandOver:
    return leases.HandOver(claimed, to_ms(clock.now()), to_ms(clock.now()) + 30_000)


def _states(stores: Stores, claims: list[Claim]) -> list[State]:
    return [stores.outbox.get(each.tenant_id, each.entry_id).state for each in claims]


def _statements(database: Database, run: Callable[[Transaction], object]) -> list[str]:
    """What SQLite is asked while this runs."""
    asked: list[str] = []

    def watched(connection: Transaction) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        try:
            run(connection)
        finally:
            driver.set_trace_callback(None)

    database.write(watched)
    return asked


def test_each_hand_over_is_judged_by_its_own_fence(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Who lost an entry is refused, also where its new owner hands it over in the same statement."""
    lost, other = _claims(stores, mailbox, clock, 2)
    newer = replace(lost, fence=lost.fence + 1)
    database.write(lambda c: _CLAIM_ANEW.run(c, id=lost.entry_id))
    leaving = [_leaving(each, clock) for each in (lost, newer, other)]

    assert database.write(lambda c: leases.hand_over(c, leaving)) == [False, True, True]
    assert _states(stores, [newer, other]) == [State.SENDING, State.SENDING]


def test_each_result_is_judged_by_its_own_fence(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A failure of who lost an entry is not written beside the success of its new owner."""
    lost, other = _claims(stores, mailbox, clock, 2)
    newer = replace(lost, fence=lost.fence + 1)
    database.write(lambda c: _CLAIM_ANEW.run(c, id=lost.entry_id))
    failed = outcomes.Result(
        lost, make_attempt(lost, clock.now(), State.FAILED, "message-refused"), Verdict(State.FAILED)
    )
    results = [failed, _sent(newer, clock), _sent(other, clock)]

    assert database.write(lambda c: outcomes.record(c, results)) == [False, True, True]
    assert _states(stores, [newer, other]) == [State.SENT, State.SENT]


def test_results_of_one_transaction_are_all_counted(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The ledger's totals run on from one to the next, and each has its try and its event."""
    claims = _claims(stores, mailbox, clock, 3)

    database.write(lambda c: outcomes.record(c, [_sent(each, clock) for each in claims]))

    totals = database.read(lambda c: Statement("SELECT messages, recipients FROM ledger ORDER BY 1").all(c))
    assert [tuple(row) for row in totals] == [(1, 2), (2, 4), (3, 6)]
    for each in claims:
        events, attempts = stores.outbox.timeline(each.tenant_id, each.entry_id)
        assert [event.type for event in events] == ["message.queued", "message.sent"]
        assert [attempt.number for attempt in attempts] == [1]


def test_a_mailbox_sent_last_when_its_last_mail_was_surely_taken(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Not when a try ended whose answer was lost, though the ledger counts that one later."""
    lost, taken = _claims(stores, mailbox, clock, 2)
    at = clock.now()
    sent = _sent(taken, clock)
    clock.advance(50)
    unclear = outcomes.Result(
        lost, make_attempt(lost, clock.now(), State.UNCERTAIN, "answer-lost"), Verdict(State.UNCERTAIN)
    )

    assert database.write(lambda c: outcomes.record(c, [unclear, sent])) == [True, True]
    assert stores.connections.get(mailbox.tenant_id, mailbox.id).last_sent_at == at


def test_a_limit_that_two_results_met_is_told_once(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The second one sees what the first one changed, though they share a transaction."""
    claims = _claims(stores, mailbox, clock, 2)
    hold = Hold(clock.now().replace(year=2030), "quota-reached", is_guess=True)
    results = [
        outcomes.Result(
            each,
            make_attempt(each, clock.now(), State.WAITING, hold.code),
            Verdict(State.DEFERRED, clock.now(), counts=False, connection=hold),
        )
        for each in claims
    ]

    assert database.write(lambda c: outcomes.record(c, results)) == [True, True]

    told = database.read(lambda c: Statement("SELECT id FROM events WHERE type = 'connection.held'").all(c))
    probes = database.read(lambda c: Statement("SELECT probes FROM connections").one(c))
    assert (len(told), probes) == (1, (1,))


def test_sixteen_mails_cost_as_many_statements_as_two(sqlite: Database, clock: FakeClock) -> None:
    """Of one mailbox: their hand-overs one, their results seven."""
    stores = open_stores(sqlite, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    claims = _claims(stores, mailbox, clock, 18)

    for some in (claims[:2], claims[2:]):
        leaving, results = [_leaving(each, clock) for each in some], [_sent(each, clock) for each in some]
        assert len(_statements(sqlite, partial(leases.hand_over, leaving=leaving))) == 1
        assert len(_statements(sqlite, partial(outcomes.record, results=results))) == 7


def _orders(mailbox: Connection, clock: FakeClock, count: int) -> list[accepting.Order]:
    entries = [make_entry(mailbox, clock.now()) for _ in range(count)]
    told = {"actor": "Anna"}
    return [
        accepting.Order(
            each, SealedContent([b"sealed"], None), accepting.Terms(f"key-{each.id}", "f" * 64, told, mailbox)
        )
        for each in entries
    ]


def test_messages_that_are_accepted_together_are_all_kept(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Each with its recipients and its event, and their mailbox is due."""
    orders = _orders(mailbox, clock, 3)

    assert database.write(lambda c: accepting.accept(c, orders)) == [None] * 3

    for order in orders:
        entry = stores.outbox.get(mailbox.tenant_id, order.entry.id)
        events, _ = stores.outbox.timeline(mailbox.tenant_id, entry.id)
        assert (len(entry.recipients), [event.type for event in events]) == (2, ["message.queued"])
        assert dict(events[0].details) == {"actor": "Anna"}
    assert stores.outbox.next_due_at() == clock.now()
    assert {each.entry_id for each in claim(stores, clock.now())} == {order.entry.id for order in orders}


def test_a_key_that_comes_twice_at_once_is_kept_once(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The second one is answered what the first one brought, though both share a statement."""
    first, second = _orders(mailbox, clock, 2)
    second.record["key"] = first.record["key"]

    kept, replayed = database.write(lambda c: accepting.accept(c, [first, second]))

    assert (kept, replayed) == (None, accepting.Record(first.entry.id, "f" * 64))
    assert len(stores.outbox.search(mailbox.tenant_id, MessageFilter(), 10)) == 1


def test_one_who_names_a_foreign_mailbox_costs_the_others_nothing(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Nothing is kept of any, so that each can be kept alone."""
    [good], [foreign] = _orders(mailbox, clock, 1), _orders(mailbox, clock, 1)
    foreign.message["tenant_id"] = add_tenant(stores, clock.now())

    with pytest.raises(NotFoundError):
        database.write(lambda c: accepting.accept(c, [good, foreign]))
    assert database.write(lambda c: accepting.accept(c, [good])) == [None]
    assert stores.outbox.get(mailbox.tenant_id, good.entry.id).state is State.QUEUED


def test_an_order_whose_mailbox_has_changed_takes_back_only_itself(
    database: Database, stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Those that share its commit are of a mailbox that is as they have seen it, or of none that they saw."""
    [stale] = _orders(mailbox, clock, 1)
    renamed = stores.connections.rename(mailbox.tenant_id, mailbox.id, "Muster AG")
    orders = [*_orders(renamed, clock, 2), stale]

    with pytest.raises(PreconditionFailedError):
        database.write(lambda c: accepting.accept(c, orders))
    assert stores.outbox.search(mailbox.tenant_id, MessageFilter(), 10) == []

    outcomes_of = [database.begin_jointly(accepting.accept, order) for order in orders]
    assert [answer() for answer in outcomes_of[:2]] == [None, None]
    with pytest.raises(PreconditionFailedError):
        outcomes_of[2]()
    kept = {entry.id for entry in stores.outbox.search(mailbox.tenant_id, MessageFilter(), 10)}
    assert kept == {order.entry.id for order in orders[:2]}
