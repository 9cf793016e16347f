"""The contract of ``ConnectionStore`` on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.identity import Identity
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.errors import ConnectionDisconnectedError, NotFoundError, WrongAccountError
from service.identifiers import new_id
from service.outbox.entry import State
from service.outbox.verdict import Hold, Verdict
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import (
    LOOK,
    SEND,
    add_mail,
    add_tenant,
    claim,
    connect,
    make_attempt,
    make_grant,
    make_identity,
)


def _events(database: Database) -> list[str]:
    sql = "SELECT type FROM events WHERE message_id IS NULL ORDER BY id"
    return database.read(lambda c: [row[0] for row in c.exec_driver_sql(sql)])


def test_connecting_makes_a_connected_mailbox(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """The row is named by the grant and holds what Google said of the account."""
    identity = Identity("1077", "rechnung@muster.example", "Muster GmbH", "muster.example")
    grant = make_grant(tenant_id, scopes=frozenset({SEND, LOOK}))

    made = stores.connections.connect(tenant_id, identity, grant, clock.now())

    assert made == Connection(
        id=grant.connection_id,
        tenant_id=tenant_id,
        address="rechnung@muster.example",
        subject_id="1077",
        display_name="Muster GmbH",
        status=ConnectionStatus.CONNECTED,
        status_code=None,
        held_until=None,
        held_code=None,
        credential_id=grant.id,
        scopes=frozenset({SEND, LOOK}),
        created_at=clock.now(),
        last_sent_at=None,
        account_kind=AccountKind.WORKSPACE,
    )
    assert stores.connections.get(tenant_id, made.id) == made
    assert stores.connections.find(tenant_id, make_identity("1077")) == made
    assert _events(database) == ["connection.created"]


def test_reconnecting_keeps_id_history_and_queue(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """The same account comes back to the same row, also under another address and another wanted id."""
    entry = add_mail(stores, mailbox, clock.now())
    stores.connections.disconnect(mailbox.tenant_id, mailbox.id, clock.advance(60))
    identity = make_identity(mailbox.subject_id, "neu@muster.example")
    grant = make_grant(mailbox.tenant_id)

    again = stores.connections.connect(mailbox.tenant_id, identity, grant, clock.advance(60))

    assert (again.id, again.created_at) == (mailbox.id, mailbox.created_at)
    assert (again.address, again.credential_id) == ("neu@muster.example", grant.id)
    assert again.status is ConnectionStatus.CONNECTED
    assert stores.grants.get_grant(grant.id).connection_id == mailbox.id
    assert [each.entry_id for each in claim(stores, clock.now())] == [entry.id]
    assert _events(database) == [
        "connection.created",
        "connection.disconnected",
        "connection.reconnected",
    ]


def test_the_language_of_who_connected_last_is_kept(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """By a consent or by a login; where nobody says it, the known one stays, and at first there is none."""
    identity = make_identity()
    told: list[str | None] = []

    for locale in (None, "de", None, "en"):
        made = stores.connections.connect(tenant_id, identity, make_grant(tenant_id), clock.now(), locale)
        told.append(made.locale)
    server = MailServer("mail.muster.example", 465, Encryption.TLS)
    for locale in ("de", None):
        mailbox = Mailbox(made.address, None, AccountKind.WORKSPACE, made.id, locale)
        login = MailLogin(new_id("log"), tenant_id, made.id, server, None, None)
        made = stores.connections.add_login(tenant_id, mailbox, WayKind.SMTP_SERVER, login, clock.now())
        told.append(made.locale)

    assert told == [None, "de", "de", "en", "de", "de"]
    assert stores.connections.get(tenant_id, made.id).locale == "de"


def test_reconnecting_ends_a_limits_hold(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """The limit may be over by then; if it is not, the next mail finds out."""
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    hold = Hold(clock.now() + timedelta(hours=1), "quota-reached")
    attempt = make_attempt(claimed, clock.now(), State.WAITING, "quota-reached")
    stores.outbox.record(claimed, attempt, Verdict(State.DEFERRED, clock.now(), connection=hold))
    grant = make_grant(mailbox.tenant_id, mailbox.id)

    again = stores.connections.connect(
        mailbox.tenant_id, make_identity(mailbox.subject_id), grant, clock.now()
    )

    assert (again.status, again.held_until, again.held_code) == ("connected", None, None)
    assert len(claim(stores, clock.now())) == 1


@pytest.mark.parametrize("is_revoked", [False, True])
def test_reconnecting_leaves_a_persons_pause(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database, *, is_revoked: bool
) -> None:
    """The grant is renewed, also one that Google refused meanwhile; its mail flows when a person says so."""
    add_mail(stores, mailbox, clock.now())
    stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    if is_revoked:
        stores.grants.mark_revoked(str(mailbox.credential_id), "me", "connection-revoked", clock.now())
    grant = make_grant(mailbox.tenant_id, mailbox.id, scopes=frozenset({SEND, LOOK}))

    again = stores.connections.connect(
        mailbox.tenant_id, make_identity(mailbox.subject_id), grant, clock.now()
    )

    assert (again.status, again.status_code) == (ConnectionStatus.PAUSED, None)
    assert (again.credential_id, again.scopes) == (grant.id, grant.scopes)
    assert claim(stores, clock.advance(60)) == []
    resumed = stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())
    assert (resumed.status, resumed.status_code) == (ConnectionStatus.CONNECTED, None)
    assert len(claim(stores, clock.now())) == 1
    assert _events(database) == [
        "connection.created",
        "connection.paused",
        *(["connection.needs_reconnect"] if is_revoked else []),
        "connection.reconnected",
        "connection.resumed",
    ]


def test_a_pause_ends_with_the_connection(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """What was paused and then disconnected is connected anew, and sends."""
    add_mail(stores, mailbox, clock.now())
    stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    stores.connections.disconnect(mailbox.tenant_id, mailbox.id, clock.now())

    again = stores.connections.connect(
        mailbox.tenant_id, make_identity(mailbox.subject_id), make_grant(mailbox.tenant_id), clock.now()
    )

    assert again.status is ConnectionStatus.CONNECTED
    assert len(claim(stores, clock.now())) == 1


def test_the_earlier_grant_is_replaced(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """A mailbox sends with one grant."""
    grant = make_grant(mailbox.tenant_id, mailbox.id)

    stores.connections.connect(mailbox.tenant_id, make_identity(mailbox.subject_id), grant, clock.now())

    assert stores.grants.get_grant(grant.id).refresh_token == grant.refresh_token
    with pytest.raises(NotFoundError):
        stores.grants.get_grant(str(mailbox.credential_id))


def test_another_account_does_not_take_over_a_mailbox(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A row belongs to one Google account, and to one tenant."""
    stranger = add_tenant(stores, clock.now())
    grant = make_grant(mailbox.tenant_id, mailbox.id)

    with pytest.raises(WrongAccountError):
        stores.connections.connect(mailbox.tenant_id, make_identity(), grant, clock.now())
    with pytest.raises(NotFoundError):
        stores.connections.connect(stranger, make_identity(mailbox.subject_id), grant, clock.now())
    assert stores.connections.get(mailbox.tenant_id, mailbox.id) == mailbox


def test_two_tenants_connect_the_same_account_apart(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Each tenant has its own row."""
    other = add_tenant(stores, clock.now())

    made = stores.connections.connect(
        other, make_identity(mailbox.subject_id), make_grant(other), clock.now()
    )

    assert made.id != mailbox.id
    assert stores.connections.find(other, make_identity(mailbox.subject_id)) == made
    assert stores.connections.find(mailbox.tenant_id, make_identity(mailbox.subject_id)) == mailbox


def test_twenty_consents_of_one_account_at_once_make_one_mailbox(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """The account decides which row it is; one grant is left."""
    identity = make_identity()
    grants = [make_grant(tenant_id) for _ in range(20)]

    with ThreadPoolExecutor(20) as threads:
        made = list(
            threads.map(lambda g: stores.connections.connect(tenant_id, identity, g, clock.now()), grants)
        )

    assert len({each.id for each in made}) == 1
    [kept] = stores.connections.of_tenant(tenant_id)
    assert stores.grants.get_grant(str(kept.credential_id)).connection_id == kept.id


def test_lists_show_what_is_not_disconnected_oldest_first(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A disconnected mailbox is left out, but still found by its account."""
    second = connect(stores, mailbox.tenant_id, clock.advance(1))
    third = connect(stores, mailbox.tenant_id, clock.advance(1))
    gone = stores.connections.disconnect(mailbox.tenant_id, second.id, clock.now())

    assert stores.connections.of_tenant(mailbox.tenant_id) == [mailbox, third]
    assert stores.connections.find(mailbox.tenant_id, make_identity(second.subject_id)) == gone
    assert stores.connections.find(mailbox.tenant_id, make_identity("unknown")) is None


def test_a_paused_mailbox_holds_its_mail_until_it_is_resumed(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """Pause and resume, each with one event, however often they are asked for."""
    add_mail(stores, mailbox, clock.now())

    paused = [stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now()) for _ in range(2)]
    while_paused = claim(stores, clock.now())
    resumed = [stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now()) for _ in range(2)]

    assert [each.status for each in paused] == [ConnectionStatus.PAUSED] * 2
    assert while_paused == []
    assert resumed == [mailbox, mailbox]
    assert len(claim(stores, clock.now())) == 1
    assert _events(database) == ["connection.created", "connection.paused", "connection.resumed"]


def test_resume_flows_also_past_a_limits_hold(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """A person may end a hold before its time."""
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    hold = Hold(clock.now() + timedelta(hours=1), "quota-reached")
    attempt = make_attempt(claimed, clock.now(), State.WAITING, "quota-reached")
    stores.outbox.record(claimed, attempt, Verdict(State.DEFERRED, clock.now(), connection=hold))

    resumed = stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())

    assert (resumed.held_until, resumed.held_code) == (None, None)
    assert len(claim(stores, clock.now())) == 1


def test_a_pause_does_not_mend_a_dead_grant(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """After the pause the mailbox still needs its owner."""
    stores.grants.mark_revoked(str(mailbox.credential_id), "me", "connection-revoked", clock.now())

    paused = stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    resumed = stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())

    assert (paused.status, paused.status_code) == ("paused", None)
    assert (resumed.status, resumed.status_code) == ("needs_reconnect", "connection-revoked")


def test_disconnecting_forgets_the_grant_and_keeps_the_rest(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """Row, history and waiting mail stay; no token does, not even sealed."""
    entry = add_mail(stores, mailbox, clock.now())

    gone = [stores.connections.disconnect(mailbox.tenant_id, mailbox.id, clock.now()) for _ in range(2)]

    assert gone[0] == gone[1] == stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert (gone[0].status, gone[0].credential_id) == (ConnectionStatus.DISCONNECTED, None)
    assert stores.outbox.get(mailbox.tenant_id, entry.id).state is State.WAITING
    with pytest.raises(NotFoundError):
        stores.grants.get_grant(str(mailbox.credential_id))
    tokens = "SELECT refresh_token, access_token FROM credentials"
    assert database.read(lambda c: [tuple(row) for row in c.exec_driver_sql(tokens)]) == [(None, None)]
    assert _events(database) == ["connection.created", "connection.disconnected"]


def test_a_disconnected_mailbox_can_neither_pause_nor_resume(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """It has to be connected first."""
    stores.connections.disconnect(mailbox.tenant_id, mailbox.id, clock.now())

    for change in (stores.connections.pause, stores.connections.resume):
        with pytest.raises(ConnectionDisconnectedError):
            change(mailbox.tenant_id, mailbox.id, clock.now())


def test_another_tenants_mailbox_is_not_found(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Every look-up demands the tenant."""
    stranger = add_tenant(stores, clock.now())

    with pytest.raises(NotFoundError):
        stores.connections.get(stranger, mailbox.id)
    for change in (stores.connections.pause, stores.connections.resume, stores.connections.disconnect):
        with pytest.raises(NotFoundError):
            change(stranger, mailbox.id, clock.now())
    assert stores.connections.of_tenant(stranger) == []
    assert stores.connections.get(mailbox.tenant_id, mailbox.id) == mailbox


def test_an_account_is_connected_while_any_tenant_holds_its_grant(stores: Stores) -> None:
    """Ending a grant at Google ends all of the account's, so every tenant counts."""
    one, other = add_tenant(stores, START), add_tenant(stores, START)
    mailbox = connect(stores, one, START)
    again = make_identity(mailbox.subject_id)
    second = stores.connections.connect(other, again, make_grant(other), START)

    stores.connections.disconnect(one, mailbox.id, START)
    held = stores.connections.is_connected(mailbox.subject_id)
    stores.connections.disconnect(other, second.id, START)

    assert held
    assert not stores.connections.is_connected(mailbox.subject_id)


def test_addresses_are_told_for_all_ever_connected(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """By address, also of what was disconnected: its messages are still looked for."""
    grant = make_grant(mailbox.tenant_id)
    early = stores.connections.connect(
        mailbox.tenant_id, make_identity(address="anfang@muster.example"), grant, clock.now()
    )
    stores.connections.disconnect(mailbox.tenant_id, early.id, clock.now())
    connect(stores, add_tenant(stores, clock.now()), clock.now())

    found = stores.connections.addresses(mailbox.tenant_id)

    assert list(found.items()) == [(early.id, "anfang@muster.example"), (mailbox.id, mailbox.address)]
