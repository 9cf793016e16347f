"""What the doctor finds, row by row, from what it is shown."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from service.access.api_key import ApiKey, Right
from service.connections.connection import Connection, ConnectionStatus
from service.doctor.doctor import REMEMBERED, Doctor
from service.doctor.finding import Condition, Finding
from service.doctor.server import examine_server, examine_work
from service.doctor.tenant import examine_tenant
from service.errors import ConfigurationError, StorageUnavailableError
from service.settings import Settings
from service.storage.stores import Stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.installation import FakeInstallation, FakeOutside

SECOND = timedelta(seconds=1)
CONNECTION = Connection(
    "con_1",
    "ten_1",
    "rechnung@muster.de",
    "sub",
    None,
    ConnectionStatus.CONNECTED,
    None,
    None,
    None,
    "grt_1",
    frozenset(),
    START,
    None,
)
KEY = ApiKey("key_1", "ten_1", "ERP", "p", "h", frozenset({Right.SEND}), None, START, None, None, None)


def _codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.condition.value, each.code) for each in findings]


def test_an_installation_in_order_has_no_problem() -> None:
    """Over HTTPS, with a mail server for notices; the redirect URI is there to be copied."""
    settings = Settings(
        public_url="https://mail.muster.de",
        notice_smtp="tls://smtp.muster.de:465",
        notice_smtp_from="post@muster.de",
    )

    found = examine_server(settings, FakeInstallation())

    assert _codes(found) == [
        ("ok", "address-https"),
        ("ok", "keyring-readable"),
        ("ok", "client-readable"),
        ("ok", "database-ready"),
        ("ok", "notices-server"),
    ]
    assert found[2].copy == "https://mail.muster.de/consent/callback"


def test_what_cannot_be_opened_is_a_problem_with_the_reason() -> None:
    """Each for itself; the redirect URI is shown all the more."""
    broken = {
        "keyring": ConfigurationError("credentials/keyring: others may read it"),
        "client": ConfigurationError("no client_id", "no client_secret"),
        "database": StorageUnavailableError(),
    }

    found = examine_server(Settings(), FakeInstallation(dict(broken)))

    assert _codes(found)[1:] == [
        ("problem", "keyring-unreadable"),
        ("problem", "client-unreadable"),
        ("problem", "database-not-ready"),
        ("optional", "notices-none"),
    ]
    assert found[1].detail == "credentials/keyring: others may read it"
    assert found[2].detail == "no client_id\nno client_secret"
    assert found[2].copy == "http://localhost:8025/consent/callback"


@pytest.mark.parametrize(("answers", "code"), [(True, "address-answers"), (False, "address-silent")])
def test_the_public_address_is_asked_when_that_is_allowed(*, answers: bool, code: str) -> None:
    """At its health check."""
    outside = FakeOutside(answers)

    found = examine_server(Settings(public_url="https://mail.muster.de"), FakeInstallation(), outside)

    assert found[0].code == code
    assert outside.asked == ["https://mail.muster.de/healthz"]


def test_an_address_of_this_machine_alone_is_still_to_be_changed() -> None:
    """It is not asked either."""
    outside = FakeOutside()

    found = examine_server(Settings(), FakeInstallation(), outside)

    assert _codes(found)[0] == ("to-do", "address-local")
    assert outside.asked == []


def test_a_worker_is_alive_for_a_minute_after_its_last_sign(stores: Stores, clock: FakeClock) -> None:
    """None, then one that lives, then one that was silent for a minute, then another beside it."""
    workers, found = stores.workers, []
    found.append(examine_work(workers, clock)[0])
    workers.seen("one", clock.now())
    found.append(examine_work(workers, clock)[0])
    clock.advance(60)
    found.append(examine_work(workers, clock)[0])
    workers.seen("two", clock.now())
    found.append(examine_work(workers, clock)[0])
    workers.gone("two")
    found.append(examine_work(workers, clock)[0])

    assert [(each.code, each.detail) for each in found] == [
        ("worker-none", None),
        ("worker-alive", "1"),
        ("worker-silent", "2026-11-23 09:00:00 UTC"),
        ("worker-alive", "1"),
        ("worker-silent", "2026-11-23 09:00:00 UTC"),
    ]


def test_a_worker_is_forgotten_after_a_day(stores: Stores, clock: FakeClock) -> None:
    """One that was killed does not stay for ever."""
    stores.workers.seen("killed", clock.now())
    clock.advance(86_401)
    stores.workers.seen("new", clock.now())

    assert stores.workers.last_seen() == [clock.now()]


@pytest.mark.parametrize(
    ("seen", "google", "code"),
    [
        (None, None, "clock-plausible"),
        (START + 10 * SECOND, None, "clock-plausible"),
        (START + 11 * SECOND, None, "clock-wrong"),
        (None, FakeOutside(time=None), "clock-unknown"),
        (None, FakeOutside(time=START - 10 * SECOND), "clock-right"),
        (None, FakeOutside(time=START + 11 * SECOND), "clock-wrong"),
        (None, FakeOutside(time=START - 11 * SECOND), "clock-wrong"),
    ],
)
def test_a_clock_may_be_ten_seconds_off(
    seen: datetime | None, google: FakeOutside | None, code: str, clock: FakeClock
) -> None:
    """Behind a worker's sign, or to either side of Google's."""
    workers: Any = SimpleNamespace(last_seen=lambda: [seen] if seen else [])

    assert examine_work(workers, clock, google)[1].code == code


def test_a_company_goes_from_connection_to_key() -> None:
    """First nothing, then all three."""
    sent = replace(CONNECTION, last_sent_at=START)

    assert _codes(examine_tenant([], [], START)) == [
        ("to-do", "not-connected"),
        ("to-do", "no-mail-sent"),
        ("to-do", "no-key"),
    ]
    assert {each.condition for each in examine_tenant([sent], [KEY], START)} == {Condition.OK}


def test_what_has_ended_does_not_count() -> None:
    """A disconnected mailbox, a revoked key and an expired one."""
    gone = replace(CONNECTION, status=ConnectionStatus.DISCONNECTED)
    keys = [replace(KEY, revoked_at=START), replace(KEY, expires_at=START)]

    found = examine_tenant([gone], keys, START)

    assert (found[0].code, found[2].code) == ("not-connected", "no-key")


def test_connections_that_all_need_help_are_a_problem() -> None:
    """One that works is enough."""
    broken = replace(CONNECTION, status=ConnectionStatus.NEEDS_RECONNECT)

    assert examine_tenant([broken, broken], [], START)[0].condition is Condition.PROBLEM
    assert examine_tenant([broken, CONNECTION], [], START)[0].condition is Condition.OK


def test_a_page_looks_at_the_server_once_in_a_while(stores: Stores, clock: FakeClock) -> None:
    """Within a quarter of a minute the rows are the remembered ones."""
    installation = FakeInstallation()
    doctor = Doctor(
        settings=Settings(),
        installation=installation,
        workers=stores.workers,
        keys=stores.api_keys,
        clock=clock,
    )

    first = doctor.of_server()
    installation.broken["keyring"] = ConfigurationError("gone")
    again = doctor.of_server()
    clock.advance(REMEMBERED.total_seconds())
    later = doctor.of_server()

    assert first == again
    assert installation.looks == 6
    assert [each.code for each in later if each.condition is Condition.PROBLEM] == ["keyring-unreadable"]
