"""The retry schedule."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from service.outbox.retry import JITTER, LAST_STEP_S, STEPS_S, next_attempt_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "step_s"), [(1, 30), (2, 120), (3, 600), (4, 1800), (5, 3600), (6, 3600), (50, 3600)]
)
def test_waits_grow_from_half_a_minute_to_an_hour(tries: int, step_s: int) -> None:
    """Each try waits its step of the schedule, give or take a fifth."""
    waits = [_wait_s(tries, seed) for seed in range(200)]

    assert min(waits) >= step_s * (1 - JITTER)
    assert max(waits) <= step_s * (1 + JITTER)
    assert max(waits) - min(waits) > step_s * JITTER


def test_a_mail_is_tried_at_most_130_times_in_five_days() -> None:
    """The schedule stays polite over the whole give-up time, even when every wait is the shortest."""
    tries, waited_s = 0, 0.0

    while waited_s < 5 * 86_400:
        tries += 1
        waited_s += (STEPS_S[tries - 1] if tries <= len(STEPS_S) else LAST_STEP_S) * 1.0

    assert tries <= 130


def test_a_longer_wait_that_the_server_names_is_kept() -> None:
    """When Google says when to come back, nobody comes earlier."""
    due = next_attempt_at(1, NOW, wait_s=900, random_source=random.Random(1))

    assert due == NOW + timedelta(seconds=900)


def _wait_s(tries: int, seed: int) -> float:
    due = next_attempt_at(tries, NOW, wait_s=None, random_source=random.Random(seed))
    return (due - NOW).total_seconds()
