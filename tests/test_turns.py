"""Turns: how many checks may run at once."""

from contextlib import ExitStack

import pytest

from service.errors import ChecksBusyError
from service.turns import Turns


def test_a_tenant_has_one_turn_at_a_time() -> None:
    """The second one is refused at once; when the first is over there is one again."""
    turns = Turns(4)

    with turns.of("ten_1"), pytest.raises(ChecksBusyError), turns.of("ten_1"):
        raise AssertionError

    with turns.of("ten_1"), turns.of("ten_2"):
        pass


def test_all_tenants_together_have_as_many_as_the_limit() -> None:
    """One more is refused, whoever asks; one that is over makes room for anybody."""
    turns = Turns(2)
    with turns.of("ten_1"):
        with turns.of("ten_2"), pytest.raises(ChecksBusyError), turns.of("ten_3"):
            raise AssertionError
        with turns.of("ten_3"):
            pass


def test_a_check_that_fails_gives_its_turn_back() -> None:
    """Otherwise nobody could check any more."""
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(OSError, match="away"), turns.of("ten_1"):
            raise OSError("away")


def test_a_refused_one_takes_nothing_away() -> None:
    """The turn of the one that runs stays its own."""
    turns = Turns(1)
    with ExitStack() as running:
        running.enter_context(turns.of("ten_1"))
        for tenant_id in ("ten_1", "ten_2", "ten_1"):
            with pytest.raises(ChecksBusyError), turns.of(tenant_id):
                raise AssertionError
