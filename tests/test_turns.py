"""Turns: how many checks may run at once."""

from contextlib import ExitStack

import pytest

from service.errors import ChecksBusyError
from service.turns import LONGEST
from tests.fakes.clock import FakeClock
from tests.fakes.turns import FakeTurnStore, make_turns


def test_a_tenant_has_one_turn_at_a_time() -> None:
    """The second one is refused at once; when the first is over there is one again."""
    turns = make_turns(4)

    with turns.of("ten_1"), pytest.raises(ChecksBusyError), turns.of("ten_1"):
        raise AssertionError

    with turns.of("ten_1"), turns.of("ten_2"):
        pass


def test_all_tenants_together_have_as_many_as_the_limit() -> None:
    """One more is refused, whoever asks; one that is over makes room for anybody."""
    turns = make_turns(2)
    with turns.of("ten_1"):
        with turns.of("ten_2"), pytest.raises(ChecksBusyError), turns.of("ten_3"):
            raise AssertionError
        with turns.of("ten_3"):
            pass


def test_a_check_that_fails_gives_its_turn_back() -> None:
    """Otherwise nobody could check any more."""
    turns = make_turns(1)
    for _ in range(3):
        with pytest.raises(OSError, match="away"), turns.of("ten_1"):
            raise OSError("away")


def test_a_refused_one_takes_nothing_away() -> None:
    """The turn of the one that runs stays its own."""
    turns = make_turns(1)
    with ExitStack() as running:
        running.enter_context(turns.of("ten_1"))
        for tenant_id in ("ten_1", "ten_2", "ten_1"):
            with pytest.raises(ChecksBusyError), turns.of(tenant_id):
                raise AssertionError


def test_a_tenant_has_one_turn_whichever_process_it_asks() -> None:
    """Each process has places of its own; the tenant's turn is the same in all of them."""
    store = FakeTurnStore()
    one, other = make_turns(1, store), make_turns(1, store)

    with one.of("ten_1"):
        with pytest.raises(ChecksBusyError), other.of("ten_1"):
            raise AssertionError
        with other.of("ten_2"):
            pass
    with other.of("ten_1"):
        pass


def test_the_turn_of_a_process_that_died_ends_by_itself() -> None:
    """Until then the tenant is told to wait; and who comes back late takes nobody's turn away."""
    store, clock = FakeTurnStore(), FakeClock()
    one, other = make_turns(2, store, clock), make_turns(2, store, clock)
    late = ExitStack()

    with one.of("ten_1"):
        clock.advance(LONGEST.total_seconds())
        late.enter_context(other.of("ten_1"))
    with pytest.raises(ChecksBusyError), one.of("ten_1"):
        raise AssertionError
    late.close()
    with one.of("ten_1"):
        pass
