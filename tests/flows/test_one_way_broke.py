"""One of two ways of a mailbox broke: its mail takes the other, and its owner is told once, by that way."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from service.connections.connection import Connection, ConnectionStatus
from service.connections.logins import NewLogin
from service.connections.way import WayKind
from service.consent.ladder import Access, scopes_of
from service.outbox.entry import State
from service.sandbox.post import INBOX
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.flows.conftest import ADDRESS
from tests.harness import Installation, ShiftedClock, add_tenant, connect, send_due, state_of, submit
from tests.ways import smtp_settings

DEGRADED = f"Ein Versandweg ist ausgefallen: {ADDRESS} neu verbinden"


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """One that knows the sandbox's mail servers."""
    return Installation(tmp_path, sandbox, database_url, **smtp_settings(sandbox))


@pytest.fixture
def two_ways(services: Services, sandbox: Sandbox) -> Connection:
    """A mailbox with a grant, and with an app password behind it."""
    mailbox = connect(services, add_tenant(services).id, ADDRESS)
    password = SecretStr(sandbox.google.app_password(ADDRESS))
    new = NewLogin(
        mailbox.tenant_id, WayKind.APP_PASSWORD, ADDRESS, password=password, connection_id=mailbox.id
    )
    connection, _ = services.logins.add(new)
    assert connection.id == mailbox.id
    return connection


def test_the_owner_of_a_degraded_mailbox_is_told_once(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, two_ways: Connection
) -> None:
    """The invoice goes by the password; the notice, too; days later there is no reminder."""
    sandbox.google.revoke(ADDRESS)
    clock.advance(4000)
    entry = submit(services, two_ways)
    send_due(services)

    for _ in range(5):
        services.notices.run_once()
        send_due(services)
        clock.advance(86_400)

    known = services.ground.stores.connections.get(two_ways.tenant_id, two_ways.id)
    assert known.status is ConnectionStatus.CONNECTED
    assert state_of(services, entry) is State.SENT
    assert [mail.subject for mail in sandbox.google.post.box(ADDRESS, INBOX)] == [DEGRADED]


def test_a_lost_answer_by_smtp_is_found_by_the_message_id(
    services: Services, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    """The grant of the SMTP step may search; SMTP keeps the Message-ID that we wrote."""
    tenant_id = add_tenant(services).id
    mailbox = connect(services, tenant_id, ADDRESS, scopes=scopes_of([Access.SMTP]))
    [api, smtp] = services.ground.stores.connections.route(tenant_id, mailbox.id)
    services.ground.stores.connections.reroute(tenant_id, mailbox.id, [smtp.way, api.way], clock.now())
    sandbox.google.arm("smtp_cut_taken", account=ADDRESS)
    entry = submit(services, mailbox)
    send_due(services)
    before = state_of(services, entry)

    found = services.reconcile.run_once()

    assert (before, found, state_of(services, entry)) == (State.UNCERTAIN, 1, State.SENT)
    assert len(sandbox.google.sent()) == 1
