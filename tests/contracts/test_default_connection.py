"""The contract of a mailbox's own settings and of the tenant's default, on both engines."""

from datetime import timedelta

import pytest

from service.connections.connection import AccountKind, Connection
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Kept, Mailbox
from service.connections.way import WayKind
from service.errors import ConnectionDisconnectedError, NotFoundError
from service.identifiers import new_id
from service.outbox.entry import State
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, claim, connect, make_attempt, send


def _default(stores: Stores, tenant_id: str) -> str | None:
    found = stores.connections.default(tenant_id)
    return None if found is None else found.id


def test_the_first_mailbox_is_the_default_until_another_is_chosen(
    stores: Stores, tenant_id: str, mailbox: Connection, clock: FakeClock
) -> None:
    """A second one changes nothing by itself."""
    second = connect(stores, tenant_id, clock.now())
    before = _default(stores, tenant_id)

    stores.connections.make_default(tenant_id, second.id)

    assert (before, _default(stores, tenant_id)) == (mailbox.id, second.id)


def test_a_disconnected_default_is_none_and_the_next_to_connect_takes_its_place(
    stores: Stores, tenant_id: str, mailbox: Connection, clock: FakeClock
) -> None:
    """Nobody's mail suddenly leaves from a mailbox that happened to be there as well."""
    connect(stores, tenant_id, clock.now())
    stores.connections.disconnect(tenant_id, mailbox.id, clock.now())
    between = _default(stores, tenant_id)

    third = connect(stores, tenant_id, clock.now())

    assert (between, _default(stores, tenant_id)) == (None, third.id)


def test_a_disconnected_mailbox_cannot_become_the_default(
    stores: Stores, tenant_id: str, mailbox: Connection, clock: FakeClock
) -> None:
    """It could send nothing."""
    stores.connections.disconnect(tenant_id, mailbox.id, clock.now())

    with pytest.raises(ConnectionDisconnectedError):
        stores.connections.make_default(tenant_id, mailbox.id)


def test_a_mailbox_gets_another_name_or_none(stores: Stores, tenant_id: str, mailbox: Connection) -> None:
    """The new name is what the next look finds."""
    named = stores.connections.rename(tenant_id, mailbox.id, "Muster GmbH")
    nameless = stores.connections.rename(tenant_id, mailbox.id, None)

    assert (named.display_name, nameless.display_name) == ("Muster GmbH", None)
    assert stores.connections.get(tenant_id, mailbox.id) == nameless


def test_what_is_kept_of_a_login_shows_no_secret(
    stores: Stores, tenant_id: str, mailbox: Connection, clock: FakeClock
) -> None:
    """When it was set, its server and its user; of a grant only when."""
    granted_at = clock.now()
    clock.advance(60)
    server = MailServer("mail.muster.example", 465, Encryption.TLS)
    login = MailLogin(new_id("log"), tenant_id, mailbox.id, server, "muster-1", None)
    box = Mailbox(mailbox.address, None, AccountKind.WORKSPACE, mailbox.id)
    stores.connections.add_login(tenant_id, box, WayKind.SMTP_SERVER, login, clock.now())

    states, kept = zip(*stores.connections.ways(tenant_id, mailbox.id), strict=True)

    assert states == stores.connections.route(tenant_id, mailbox.id)
    assert kept == (Kept(granted_at), Kept(clock.now(), server, "muster-1"))


def test_mail_waits_that_should_have_left_by_now(
    stores: Stores, tenant_id: str, mailbox: Connection, clock: FakeClock
) -> None:
    """Queued and deferred mail is counted for each mailbox; sent mail and mail of later is not."""
    now, idle = clock.now(), connect(stores, tenant_id, clock.now())
    sent, deferred = add_mail(stores, mailbox, now), add_mail(stores, mailbox, now)
    claims = {one.entry_id: one for one in claim(stores, now)}
    send(stores, claims[sent.id], now)
    failed = make_attempt(claims[deferred.id], now, State.DEFERRED, "google-unavailable")
    verdict = Verdict(State.DEFERRED, now + timedelta(minutes=2))
    stores.outbox.record(claims[deferred.id], failed, verdict)
    add_mail(stores, mailbox, now)
    add_mail(stores, mailbox, now, due=now + timedelta(days=1))
    add_mail(stores, idle, now, due=now + timedelta(days=1))

    assert stores.outbox.waiting(tenant_id, now) == {mailbox.id: 2}
    assert stores.outbox.waiting(tenant_id, now + timedelta(days=1)) == {mailbox.id: 3, idle.id: 1}


@pytest.mark.parametrize("what", ["make_default", "rename", "ways"])
def test_a_mailbox_of_others_is_not_found(
    stores: Stores, mailbox: Connection, clock: FakeClock, what: str
) -> None:
    """Each look-up and change demands the tenant."""
    stranger = add_tenant(stores, clock.now())
    arguments = ("Name",) if what == "rename" else ()

    with pytest.raises(NotFoundError):
        getattr(stores.connections, what)(stranger, mailbox.id, *arguments)
    assert stores.connections.default(stranger) is None
