"""A dead connection holds its mail, burns no tries, and flows again after reconnecting."""

from sqlalchemy import text

from service.connections.connection import Connection, ConnectionStatus
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.fakes.outbox import deliver
from tests.harness import ShiftedClock, connect, send_due, state_of, submit


def test_a_revoked_grant_holds_all_mail_until_the_owner_reconnects(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """invalid_grant: the connection needs its owner, its mail waits, and all of it flows afterwards."""
    sandbox.google.revoke(mailbox.address)
    clock.advance(4000)  # the access token is over, too
    first, second = submit(services, mailbox), submit(services, mailbox)

    send_due(services)

    assert _status(services, mailbox) is ConnectionStatus.NEEDS_RECONNECT
    assert {state_of(services, first), state_of(services, second)} == {State.WAITING}
    assert sandbox.google.sent() == []

    again = connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id)
    send_due(services)

    assert again.id == mailbox.id
    assert {state_of(services, first), state_of(services, second)} == {State.SENT}
    assert len(sandbox.google.sent()) == 2


def test_the_owner_is_asked_once(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """One event tells that the connection newly failed, however many mails meet it."""
    sandbox.google.revoke(mailbox.address)
    clock.advance(4000)
    for _ in range(5):
        submit(services, mailbox)

    send_due(services)
    send_due(services)

    told = services.ground.database.read(
        lambda connection: (
            connection.execute(
                text("SELECT type FROM events WHERE connection_id = :id AND message_id IS NULL"),
                {"id": mailbox.id},
            )
            .scalars()
            .all()
        )
    )
    assert told.count("connection.needs_reconnect") == 1
    assert _status(services, mailbox) is ConnectionStatus.NEEDS_RECONNECT


def test_a_reconnect_under_a_claim_burns_no_try(
    services: Services, sandbox: Sandbox, mailbox: Connection
) -> None:
    """Mail that was leased with the grant that a reconnect replaced flows at once with the new one."""
    entry = submit(services, mailbox)
    store = services.ground.stores.outbox
    [claimed] = store.claim("test", services.ground.clock.now(), limit=1, per_mailbox=1, lease_s=30)
    connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id)

    deliver(services.delivery, claimed)
    send_due(services)

    assert state_of(services, entry) is State.SENT
    assert _status(services, mailbox) is ConnectionStatus.CONNECTED
    assert len(sandbox.google.sent()) == 1


def test_a_refused_oauth_client_blames_nobody_but_the_operator(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """invalid_client: the mail is held, nobody is told to reconnect, and it flows once that is mended."""
    clock.advance(4000)
    sandbox.google.arm("invalid_client", where="token", times=1)
    entry = submit(services, mailbox)

    send_due(services)

    held = services.ground.stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert held.status is ConnectionStatus.CONNECTED
    assert held.held_code == "oauth-client-invalid"
    assert state_of(services, entry) is State.WAITING

    clock.advance(600)
    send_due(services)

    assert state_of(services, entry) is State.SENT


def _status(services: Services, mailbox: Connection) -> ConnectionStatus:
    return services.ground.stores.connections.get(mailbox.tenant_id, mailbox.id).status
