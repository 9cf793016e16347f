"""Delegated senders by SMTP: XOAUTH2 with a token of the mail scope, where the Gmail API does not work."""

from pathlib import Path

import pytest

from service.connections.connection import Connection
from service.connections.way import WayKind
from service.consent.scopes import MAIL
from service.delegation.setup import Wanted
from service.mail.address import Address
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.fakes.outbox import deliver
from tests.harness import Installation, add_tenant, send_due, state_of, submit

ALICE = "alice@muster.example"


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """An installation that takes the sandbox's mail server for Gmail's."""
    return Installation(
        tmp_path,
        sandbox,
        database_url,
        gmail_smtp=f"tls://localhost:{sandbox.smtps_port}",
        smtp_ca_file=sandbox.ca_path,
        smtp_private_servers=True,
    )


@pytest.fixture
def alice(services: Services, sandbox: Sandbox) -> Connection:
    """A delegated sender whose admin has granted everything."""
    sandbox.google.add_account(ALICE)
    document = sandbox.service_account()
    sandbox.google.delegations.allow("muster.example", document["client_id"], [MAIL])
    wanted = Wanted((Address(ALICE),), frozenset({MAIL}))
    [made] = services.delegations.add_with_key(add_tenant(services).id, document, wanted, "test").made
    return made


def _put_smtp_first(services: Services, alice: Connection) -> None:
    store = services.ground.stores.connections
    route = [state.way for state in store.route(alice.tenant_id, alice.id)]
    store.reroute(alice.tenant_id, alice.id, route[::-1], services.ground.clock.now())


def _ways_of(services: Services, entry_id: str, tenant_id: str) -> list[str]:
    _, attempts = services.ground.stores.outbox.timeline(tenant_id, entry_id)
    return [attempt.transport for attempt in attempts]


def test_a_delegated_sender_sends_by_smtp(services: Services, sandbox: Sandbox, alice: Connection) -> None:
    """The same token opens both ways; the mail is the user's own."""
    _put_smtp_first(services, alice)
    entry = submit(services, alice)

    send_due(services)

    assert state_of(services, entry) is State.SENT
    [mail] = sandbox.google.sent()
    assert (mail["account"], mail["transport"]) == (ALICE, "smtp")
    assert _ways_of(services, entry.id, alice.tenant_id) == [WayKind.DELEGATION_XOAUTH2.value]


def test_the_other_way_takes_over_when_one_is_refused(
    services: Services, sandbox: Sandbox, alice: Connection
) -> None:
    """Certainly not sent by the API, so SMTP takes it at once; once, and by the same sender."""
    sandbox.google.arm("insufficientPermissions", where="send", times=1)
    entry = submit(services, alice)

    send_due(services)

    assert state_of(services, entry) is State.SENT
    assert _ways_of(services, entry.id, alice.tenant_id) == ["delegation", "delegation_xoauth2"]
    assert [mail["account"] for mail in sandbox.google.sent()] == [ALICE]


def test_a_removed_sender_does_not_leave_by_smtp_either(
    services: Services, sandbox: Sandbox, alice: Connection
) -> None:
    """Both ways break; a kept, signed-in session at the mail server is of no use."""
    _put_smtp_first(services, alice)
    submit(services, alice)
    send_due(services)
    [delegation] = services.delegations.all(alice.tenant_id)
    entry = submit(services, alice)
    [claim] = services.ground.stores.outbox.claim(
        "test", services.ground.clock.now(), limit=1, per_mailbox=4, lease_s=30
    )

    services.delegations.set_senders(alice.tenant_id, delegation.id, [], "test")
    deliver(services.delivery, claim)
    send_due(services)

    assert state_of(services, entry) is State.WAITING
    assert len(sandbox.google.sent()) == 1
