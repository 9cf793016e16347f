"""Identifiers: unique, sorted by time, and never going back."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.identifiers import new_id


def test_identifiers_of_a_process_sort_in_the_order_in_which_they_were_made() -> None:
    """Thousands within a few milliseconds keep their order."""
    made = [new_id("msg") for _ in range(20_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_identifiers_keep_their_order_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """One made after the clock went back an hour still sorts after the one before."""
    before = new_id("msg")
    an_hour_ago = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: an_hour_ago)

    assert before < new_id("msg") < new_id("msg")


def test_threads_never_make_the_same_identifier() -> None:
    """Eight threads make 8,000 different ones."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id("msg"), range(8_000)))

    assert len(set(made)) == len(made)
