"""``550 5.4.5``: Google's own limit of a day, met by SMTP, where no time is named."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from service.connections.connection import Connection
from service.connections.logins import NewLogin
from service.connections.way import WayKind
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import Installation, ShiftedClock, add_tenant, connect, send_due, state_of, submit
from tests.ways import smtp_settings

ADDRESS = "buchhaltung@muster.example"
HOUR_S = 3600


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """An installation that knows the sandbox's mail servers."""
    return Installation(tmp_path, sandbox, database_url, **smtp_settings(sandbox))


@pytest.fixture
def by_password(services: Services, sandbox: Sandbox) -> Connection:
    """A mailbox that sends by SMTP with an app password."""
    sandbox.google.add_account(ADDRESS)
    password = SecretStr(sandbox.google.app_password(ADDRESS))
    new = NewLogin(add_tenant(services).id, WayKind.APP_PASSWORD, ADDRESS, password=password)
    connection, _ = services.logins.add(new)
    return connection


def test_it_pauses_that_mailbox_only_and_its_mail_flows_by_itself(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, by_password: Connection
) -> None:
    """One mail asks after an hour, then after two; the first that is taken opens the rest."""
    other = connect(services, by_password.tenant_id, "zweite@muster.example")
    limited = [submit(services, by_password)]
    sandbox.google.arm("smtp_daily_limit", account=ADDRESS, times=2)

    send_due(services)
    limited += [submit(services, by_password) for _ in range(2)]
    free = submit(services, other)
    tries = []
    for seconds in (0, HOUR_S - 60, 120, HOUR_S, HOUR_S + 60):
        clock.advance(seconds)
        tries.append(send_due(services))

    # The other mailbox's, none before the hour, one probe, none after another hour, a probe and the rest.
    assert tries == [1, 0, 1, 0, 3]
    assert state_of(services, free) is State.SENT
    assert {state_of(services, entry) for entry in limited} == {State.SENT}
    assert len(sandbox.google.sent()) == 4
