"""The contract of ``TurnStore`` on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock

MINUTE = timedelta(minutes=1)


def take(stores: Stores, tenant_id: str, owner: str, clock: FakeClock) -> bool:
    """Try to get the tenant's turn for a minute."""
    return stores.turns.take_turn(tenant_id, owner, clock.now(), clock.now() + MINUTE)


def test_of_many_who_ask_at_once_one_gets_the_turn(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """And another tenant gets its own."""
    with ThreadPoolExecutor(20) as threads:
        taken = list(threads.map(lambda number: take(stores, tenant_id, f"p{number}", clock), range(20)))

    assert taken.count(True) == 1
    assert take(stores, "ten_other", "p", clock)


def test_a_turn_that_was_given_back_is_free(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """By its owner alone; nothing of it is left."""
    assert take(stores, tenant_id, "one", clock)

    stores.turns.end_turn(tenant_id, "other")
    assert not take(stores, tenant_id, "other", clock)
    stores.turns.end_turn(tenant_id, "one")
    assert take(stores, tenant_id, "other", clock)
    stores.turns.end_turn(tenant_id, "other")

    assert database.read(lambda c: c.exec_driver_sql("SELECT * FROM turns").all()) == []


def test_a_turn_ends_at_its_time(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """Its owner may have died; of those who ask then one gets it, and the late owner does not end it."""
    assert take(stores, tenant_id, "dead", clock)
    clock.advance(60)

    with ThreadPoolExecutor(20) as threads:
        taken = list(threads.map(lambda number: take(stores, tenant_id, f"p{number}", clock), range(20)))
    stores.turns.end_turn(tenant_id, "dead")

    assert taken.count(True) == 1
    assert not take(stores, tenant_id, "late", clock)
