"""The rules of pace: what counts, what fits, how long one waits."""

import pytest

from service.connections.connection import AccountKind
from service.outbox.pace import (
    AHEAD_COUNTED,
    DAY_MS,
    MINUTE_MS,
    Amount,
    DayLimit,
    Outlook,
    Pace,
    forecast_ms,
    probe_wait_s,
    weigh,
)
from service.settings import Settings

NOW = 1_800_000_000_000
CONSUMER = AccountKind.CONSUMER
SECOND = 1000


def _outlook(**facts: int | None) -> Outlook:
    known = {
        "due_ms": NOW,
        "ahead": 0,
        "held_until_ms": None,
        "paced_until_ms": None,
        "used": 0,
        "used_until_ms": NOW + DAY_MS,
    }
    return Outlook(**{**known, **facts})  # type: ignore[arg-type]  # a test's own facts


def test_the_limits_are_those_that_google_publishes() -> None:
    """Consumer 500; Workspace 2,000 mails and 3,000 external recipients; relay 10,000; others none."""
    pace = Pace.of(Settings())

    assert pace.day(AccountKind.CONSUMER) == DayLimit(500, 500)
    assert pace.day(AccountKind.WORKSPACE) == DayLimit(2000, 10_000, 3000)
    assert pace.day(AccountKind.RELAY) == DayLimit(10_000, 10_000)
    assert pace.day(AccountKind.OTHER) == DayLimit()
    assert pace.api_sends_a_minute == 60


def test_external_is_who_is_not_in_the_domain_of_the_sender() -> None:
    """Domains are compared without regard to case, and a subdomain is another domain."""
    recipients = ["kunde@example.com", "chef@MUSTER.example", "x@mail.muster.example"]

    assert weigh("rechnung@muster.example", recipients) == Amount(1, 3, 2)


def test_zero_is_no_limit() -> None:
    """Only what is limited can be exceeded."""
    limit = DayLimit(messages=2)

    assert limit.fits(Amount(2, 900, 900))
    assert not limit.fits(Amount(3, 3, 3))
    assert limit.excess(Amount(5, 900, 900)) == Amount(3, 0, 0)


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 60, 250])
def test_no_minute_has_more_than_its_limit(limit: int) -> None:
    """Whenever one looks, and however eagerly it is used, after any rest."""
    pace = Pace(api_sends_a_minute=limit)
    sent: list[int] = []
    until: int | None = None
    for now in (*range(NOW, NOW + 3 * MINUTE_MS, 50), *range(NOW + 9 * MINUTE_MS, NOW + 11 * MINUTE_MS, 50)):
        taken = pace.tokens(until, now)
        until = pace.paced_until_ms(until, now, taken)
        sent += [now] * taken

    assert max(sum(at <= each < at + MINUTE_MS for each in sent) for at in sent) <= limit
    assert len(sent) >= 4 * limit * 0.8


def test_probes_double_up_to_a_day() -> None:
    """1, 2, 4, 8, 16 and then every 24 hours, also after years."""
    waits = [probe_wait_s(3600, probes) / 3600 for probes in (1, 2, 3, 4, 5, 6, 7, 5000)]

    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]


@pytest.mark.parametrize(
    ("facts", "expected_ms"),
    [
        ({}, 0),
        ({"due_ms": NOW + 90 * SECOND}, 90 * SECOND),
        ({"due_ms": NOW - 90 * SECOND}, 0),
        ({"held_until_ms": NOW + 30 * SECOND}, 30 * SECOND),
        ({"held_until_ms": NOW - 30 * SECOND}, 0),
        # Sixty a minute, once a mail has left by the Gmail API.
        ({"ahead": 56, "paced_until_ms": NOW + SECOND}, SECOND + 56 * 1072),
        ({"ahead": 4, "paced_until_ms": NOW - MINUTE_MS}, 0),
        ({"ahead": 56}, 0),
        # 500 a day.
        ({"ahead": 99, "used": 400}, 0),
        ({"ahead": 100, "used": 400}, DAY_MS),
        ({"ahead": 100, "used": 400, "used_until_ms": NOW + 60 * SECOND}, 60 * SECOND),
        ({"ahead": 100, "used": 400, "used_until_ms": NOW - SECOND}, 0),
        ({"used": 500, "held_until_ms": NOW + 7 * SECOND}, 7 * SECOND),
        ({"used": 500, "ahead": 3, "held_until_ms": NOW + 7 * SECOND}, 7 * SECOND),
        ({"used": 500, "ahead": 500, "held_until_ms": NOW + 7 * SECOND}, DAY_MS + 7 * SECOND),
    ],
)
def test_the_forecast_knows_times_holds_pace_and_limits(
    facts: dict[str, int | None], expected_ms: int
) -> None:
    """Each of them alone: seconds after now."""
    pace = Pace({CONSUMER: DayLimit(500)}, api_sends_a_minute=60)

    assert forecast_ms(pace, CONSUMER, _outlook(**facts), NOW) - NOW == expected_ms


def test_what_is_counted_ahead_reaches_over_minutes() -> None:
    """As far as the count goes, the forecast is that of a whole queue."""
    pace = Pace(api_sends_a_minute=60)
    outlook = _outlook(ahead=AHEAD_COUNTED, paced_until_ms=NOW)

    assert forecast_ms(pace, CONSUMER, outlook, NOW) - NOW >= 4 * MINUTE_MS
