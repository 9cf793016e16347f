"""Times and days on the pages: those of the installation's zone, on days of any length."""

from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.datastructures import MultiDict

from service.errors import ConfigurationError
from service.settings import load
from service.web.filters import read_filters
from service.web.times import Times
from tests.web.office import Office

BERLIN = Times("Europe/Berlin")


def _period(**days: str) -> tuple[datetime | None, datetime | None]:
    filters = read_filters(MultiDict({name.rstrip("_"): day for name, day in days.items()}), BERLIN)
    assert filters.faults == {}
    return filters.wanted.since, filters.wanted.until


@pytest.mark.parametrize(
    ("day", "begin", "hours"),
    [
        ("2026-03-28", datetime(2026, 3, 27, 23, tzinfo=UTC), 24),
        ("2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC), 24),
        ("2026-10-25", datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("2026-11-23", datetime(2026, 11, 22, 23, tzinfo=UTC), 24),
    ],
)
def test_a_day_of_a_filter_is_as_long_as_it_is_there(day: str, begin: datetime, hours: int) -> None:
    """Also where the clocks change; the store is asked in UTC."""
    assert _period(from_=day, to=day) == (begin, begin + timedelta(hours=hours))


def test_a_zone_may_have_no_midnight() -> None:
    """In Cairo the clocks change at midnight: that day begins at one o'clock."""
    begin = Times("Africa/Cairo").begin_of(datetime(2026, 4, 24, tzinfo=UTC).date())

    assert begin == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert begin.astimezone(Times("Africa/Cairo").zone).hour == 1


@pytest.mark.parametrize(("name", "day"), [("from", "0001-01-01"), ("to", "9999-12-31")])
def test_a_day_beyond_all_days_is_said_at_its_field(office: Office, name: str, day: str) -> None:
    """A browser's own date field takes them."""
    browser = office.signed_in(office.tenant())

    answer = browser.get(f"/messages?{name}={day}")

    assert answer.status_code == 422
    assert f'id="{name}-error">This is no date' in answer.text


def test_a_message_of_shortly_after_midnight_belongs_to_the_new_day(office: Office) -> None:
    """At 23:30 UTC it is half past midnight in Berlin: the filter finds it where the page shows it."""
    tenant = office.tenant()
    office.clock.advance(14.5 * 3600)
    entry = office.entry(office.connection(tenant), "Rechnung spät")
    browser = office.signed_in(tenant)

    assert "24 Nov 2026, 00:30" in browser.get(f"/messages/{entry.id}").text
    assert "Rechnung spät" in browser.get("/messages?from=2026-11-24").text
    assert "Rechnung spät" not in browser.get("/messages?to=2026-11-23").text


@pytest.mark.parametrize(
    ("language", "shown", "in_full", "zone"),
    [
        (
            "de",
            "23.11.2026, 10:00",
            "Montag, 23. November 2026, 10:00:05 Mitteleuropäische Normalzeit",
            "Zeitzone: Europe/Berlin",
        ),
        (
            "en",
            "23 Nov 2026, 10:00",
            "Monday, 23 November 2026, 10:00:05 Central European Standard Time",
            "Time zone: Europe/Berlin",
        ),
    ],
)
def test_a_time_is_shown_in_the_zone_and_told_in_full(
    office: Office, language: str, shown: str, in_full: str, zone: str
) -> None:
    """To the minute in a list and to the second in a timeline; the tooltip has the zone, programs get UTC."""
    tenant = office.tenant()
    office.clock.advance(5)
    entry = office.entry(office.connection(tenant))
    browser = office.signed_in(tenant)

    pages = browser.get("/messages", language).text, browser.get(f"/messages/{entry.id}", language).text

    opening = f'<time datetime="2026-11-23T09:00:05+00:00" title="{in_full}">'
    assert f"{opening}{shown}</time>" in pages[0]
    assert f"{opening}{shown}:05</time>" in pages[1]
    assert all(zone in page for page in pages)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", ("11.04.2026, 14:05", "11.04.2026, 14:05:09", "11. April 2026")),
        ("en", ("11 Apr 2026, 14:05", "11 Apr 2026, 14:05:09", "11 April 2026")),
        ("en-US", ("11 Apr 2026, 14:05", "11 Apr 2026, 14:05:09", "11 April 2026")),
    ],
)
def test_no_reader_takes_the_month_for_the_day(
    office: Office, language: str, shown: tuple[str, str, str]
) -> None:
    """English has the month as a word, whoever's English it is, and a clock of 24 hours."""
    at = datetime(2026, 4, 11, 12, 5, 9, tzinfo=UTC)

    with office.app.test_request_context(headers={"Accept-Language": language}):
        assert (BERLIN.instant(at), BERLIN.exact(at), BERLIN.day(at)) == shown


def test_the_hour_that_comes_twice_is_told_apart(office: Office) -> None:
    """In the night of 25 October half past two comes in summer time, and once more in standard time."""
    with office.app.test_request_context(headers={"Accept-Language": "en"}):
        first = BERLIN.in_full(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
        second = BERLIN.in_full(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))

    assert first == "Sunday, 25 October 2026, 02:30:00 Central European Summer Time"
    assert second == "Sunday, 25 October 2026, 02:30:00 Central European Standard Time"


@pytest.mark.parametrize("zone", ["Europe/Bonn", "Europe", "../etc/passwd", "", "MESZ"])
def test_a_zone_that_is_none_is_refused_at_the_start(zone: str) -> None:
    """By the name of the variable."""
    with pytest.raises(
        ConfigurationError, match="POSTAUSGANG_TIME_ZONE: must be a zone such as Europe/Berlin"
    ):
        load(time_zone=zone)
