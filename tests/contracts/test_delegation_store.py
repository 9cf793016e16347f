"""The contract of ``DelegationStore``, and what it changes for connections and mail, on both engines."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.credential import Delegate
from service.connections.delegation import SenderCheck
from service.connections.way import WayKind, WayStatus
from service.errors import LeaseLostError, NotFoundError
from service.outbox.entry import State
from service.outbox.verdict import Verdict
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.delegations import (
    ACTOR,
    ALICE,
    BOB,
    SEND,
    add_delegation,
    make_delegation,
    make_key,
)
from tests.fakes.outbox import (
    add_mail,
    add_tenant,
    claim,
    make_access,
    make_attempt,
    make_grant,
    make_identity,
)

MAIL = "https://mail.google.com/"
METADATA = "https://www.googleapis.com/auth/gmail.metadata"


def _mailbox(stores: Stores, tenant_id: str, address: str) -> Connection:
    [found] = [one for one in stores.connections.of_tenant(tenant_id) if one.address == address]
    return found


def _delegate_id(stores: Stores, mailbox: Connection) -> str:
    route = stores.connections.route(mailbox.tenant_id, mailbox.id)
    return next(state.way.credential_id for state in route if state.way.kind is WayKind.DELEGATION)


def _events(database: Database) -> list[tuple[str, dict[str, str]]]:
    sql = "SELECT type, details FROM events WHERE message_id IS NULL ORDER BY id"
    return database.read(lambda c: [(row[0], dict(json.loads(row[1]))) for row in c.exec_driver_sql(sql)])


def test_a_delegation_is_given_back_as_it_was_kept(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """The key comes back opened, and lies in the database only sealed."""
    delegation = make_delegation(tenant_id, clock.now(), ALICE, BOB, scopes=f"{SEND} {MAIL}")
    key = make_key()

    stores.delegations.add_delegation(delegation, key, clock.now(), ACTOR)

    assert stores.delegations.get_delegation(tenant_id, delegation.id) == delegation
    assert stores.delegations.delegations(tenant_id) == [delegation]
    assert stores.delegations.open_key(delegation) == key
    rows = database.read(lambda c: [tuple(row) for row in c.exec_driver_sql("SELECT * FROM delegations")])
    assert "PRIVATE KEY" not in repr(rows)


def test_a_keyless_delegation_has_no_key(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """The operator's identity signs for it."""
    delegation = make_delegation(tenant_id, clock.now(), ALICE, key_id=None)

    stores.delegations.add_delegation(delegation, None, clock.now(), ACTOR)

    assert stores.delegations.open_key(delegation) is None
    assert stores.delegations.get_delegation(tenant_id, delegation.id).is_keyless


def test_each_sender_gets_a_connection_of_its_own(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """A Workspace mailbox that is known by its address, with one way to send."""
    change = stores.delegations.add_delegation(
        make_delegation(tenant_id, clock.now(), BOB, ALICE), make_key(), clock.now(), ACTOR
    )

    assert [made.address for made in change.made] == [ALICE, BOB]
    mailbox = _mailbox(stores, tenant_id, ALICE)
    assert mailbox.account_kind is AccountKind.WORKSPACE
    assert (mailbox.status, mailbox.scopes) == (ConnectionStatus.CONNECTED, frozenset())
    [state] = stores.connections.route(tenant_id, mailbox.id)
    assert (state.way.kind, state.status) == (WayKind.DELEGATION, WayStatus.READY)


def test_the_mail_scope_opens_smtp_as_well(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """The Gmail API comes first: it gives an id that can be looked up."""
    add_delegation(stores, tenant_id, clock.now(), ALICE, scopes=MAIL)

    route = stores.connections.route(tenant_id, _mailbox(stores, tenant_id, ALICE).id)

    assert [state.way.kind for state in route] == [WayKind.DELEGATION, WayKind.DELEGATION_XOAUTH2]
    assert len({state.way.credential_id for state in route}) == 1


def test_a_connected_mailbox_gets_one_way_more(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """The grant of its owner stays in front, and the connection stays the same."""
    grant = make_grant(tenant_id)
    owned = stores.connections.connect(tenant_id, make_identity(address=ALICE), grant, clock.now())

    add_delegation(stores, tenant_id, clock.now(), ALICE)

    route = stores.connections.route(tenant_id, owned.id)
    assert [state.way.kind for state in route] == [WayKind.GMAIL_API, WayKind.DELEGATION]
    assert stores.connections.get(tenant_id, owned.id).scopes == grant.scopes


def test_a_delegate_is_read_as_what_a_token_is_asked_for(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """It is no grant, and its token is kept, leased and given back like a grant's."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    mailbox = _mailbox(stores, tenant_id, ALICE)
    name = _delegate_id(stores, mailbox)
    access = make_access(clock.now())

    assert stores.grants.take_refresh_lease(name, "a", clock.now(), clock.now() + timedelta(minutes=1))
    stores.grants.store_access(name, "a", access, None, clock.now())

    assert stores.grants.get_credential(name) == Delegate(
        name, tenant_id, mailbox.id, delegation.id, ALICE, frozenset({SEND}), access
    )
    with pytest.raises(NotFoundError):
        stores.grants.get_grant(name)


def test_a_removed_sender_stops_and_its_mail_waits(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """One transaction: the way breaks, the token is forgotten, nothing is due any more; others go on."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE, BOB)
    alice = _mailbox(stores, tenant_id, ALICE)
    name = _delegate_id(stores, alice)
    stores.grants.store_access(name, "a", make_access(clock.now()), None, clock.now())
    stopped = add_mail(stores, alice, clock.now())
    going = add_mail(stores, _mailbox(stores, tenant_id, BOB), clock.now())

    change = stores.delegations.set_senders(tenant_id, delegation.id, frozenset({BOB}), clock.now(), ACTOR)

    assert [(one.address, one.status, one.status_code) for one in change.removed] == [
        (ALICE, ConnectionStatus.NEEDS_RECONNECT, "sender-removed")
    ]
    assert [each.entry_id for each in claim(stores, clock.now())] == [going.id]
    assert stores.outbox.get(tenant_id, stopped.id).state is State.WAITING
    with pytest.raises(NotFoundError):
        stores.grants.get_credential(name)
    sql = "SELECT access_token, status FROM credentials WHERE id = :id".replace(":id", f"'{name}'")
    assert database.read(lambda c: [tuple(row) for row in c.exec_driver_sql(sql)]) == [(None, "forgotten")]


def test_mail_in_flight_of_a_removed_sender_is_stopped_at_the_hand_over(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """It was claimed before; the last byte does not leave, and no try is burnt."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    entry = add_mail(stores, _mailbox(stores, tenant_id, ALICE), clock.now())
    [claimed] = claim(stores, clock.now())

    stores.delegations.set_senders(tenant_id, delegation.id, frozenset(), clock.now(), ACTOR)

    with pytest.raises(LeaseLostError):
        stores.outbox.hand_over(claimed, clock.now(), 30)
    kept = stores.outbox.get(tenant_id, entry.id)
    assert (kept.state, kept.attempts) == (State.WAITING, 0)


def test_mail_in_flight_by_a_removed_way_takes_the_other_way(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """The mailbox stays connected by its owner's grant, yet nothing leaves by the delegation."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    mailbox = _mailbox(stores, tenant_id, ALICE)
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    grant = make_grant(tenant_id, mailbox.id)
    stores.connections.connect(tenant_id, make_identity(address=ALICE), grant, clock.now())

    stores.delegations.set_senders(tenant_id, delegation.id, frozenset(), clock.now(), ACTOR)

    with pytest.raises(LeaseLostError):
        stores.outbox.hand_over(claimed, clock.now(), 30)
    [again] = claim(stores, clock.now())
    assert (again.entry_id, again.way.kind) == (entry.id, WayKind.GMAIL_API)
    assert stores.connections.get(tenant_id, mailbox.id).status is ConnectionStatus.CONNECTED


def test_a_sender_that_comes_back_sends_what_waited(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """The same connection, with a fresh delegate."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    mailbox = _mailbox(stores, tenant_id, ALICE)
    entry = add_mail(stores, mailbox, clock.now())
    stores.delegations.set_senders(tenant_id, delegation.id, frozenset(), clock.now(), ACTOR)

    change = stores.delegations.set_senders(
        tenant_id, delegation.id, frozenset({ALICE}), clock.advance(60), ACTOR
    )

    assert [(made.id, made.status) for made in change.made] == [(mailbox.id, ConnectionStatus.CONNECTED)]
    assert [each.entry_id for each in claim(stores, clock.now())] == [entry.id]


def test_the_same_list_again_changes_nothing_but_heals_a_disconnected_sender(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """A mailbox that its owner disconnected is connected again only when an admin says so."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE, BOB)
    both = frozenset({ALICE, BOB})
    unchanged = stores.delegations.set_senders(tenant_id, delegation.id, both, clock.now(), ACTOR)
    stores.connections.disconnect(tenant_id, _mailbox(stores, tenant_id, ALICE).id, clock.now())

    healed = stores.delegations.set_senders(tenant_id, delegation.id, both, clock.now(), ACTOR)

    assert (unchanged.made, unchanged.removed) == ((), ())
    assert [made.address for made in healed.made] == [ALICE]
    assert healed.removed == ()


def test_a_disconnected_mailbox_is_a_sender_no_longer(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """No other change of the list connects it again, its check is forgotten, and it is written down."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE, BOB)
    for sender in (ALICE, BOB):
        check = SenderCheck(sender, clock.now(), None)
        stores.delegations.note_check(tenant_id, delegation.id, check)

    stores.connections.disconnect(tenant_id, _mailbox(stores, tenant_id, ALICE).id, clock.now())

    kept = stores.delegations.get_delegation(tenant_id, delegation.id)
    assert (kept.senders, [one.sender for one in kept.checks]) == (frozenset({BOB}), [BOB])
    told = {"delegation": delegation.id, "account": delegation.account, "removed": ALICE}
    assert ("delegation.senders_changed", told) in _events(database)


def test_a_new_set_up_replaces_the_ways_of_the_old_one(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """A service account is exchanged for another; removing the old one afterwards stops nobody."""
    old = add_delegation(stores, tenant_id, clock.now(), ALICE, scopes=MAIL)
    add_delegation(stores, tenant_id, clock.now(), ALICE)

    change = stores.delegations.remove_delegation(tenant_id, old.id, clock.now(), ACTOR)

    mailbox = _mailbox(stores, tenant_id, ALICE)
    [state] = stores.connections.route(tenant_id, mailbox.id)
    assert (state.way.kind, state.status) == (WayKind.DELEGATION, WayStatus.READY)
    assert change.removed == ()


def test_a_removed_delegation_stops_all_its_senders(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """The key is gone with it."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE, BOB)

    change = stores.delegations.remove_delegation(tenant_id, delegation.id, clock.now(), ACTOR)

    assert {one.status for one in change.removed} == {ConnectionStatus.NEEDS_RECONNECT}
    assert len(change.removed) == 2
    assert stores.delegations.delegations(tenant_id) == []
    with pytest.raises(NotFoundError):
        stores.delegations.open_key(delegation)


def test_another_tenants_delegation_is_not_found(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """Not to be read, opened, changed or removed."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    other = add_tenant(stores, clock.now())
    nobody: frozenset[str] = frozenset()

    for attempt in (
        lambda: stores.delegations.get_delegation(other, delegation.id),
        lambda: stores.delegations.set_senders(other, delegation.id, nobody, clock.now(), ACTOR),
        lambda: stores.delegations.note_check(other, delegation.id, SenderCheck(ALICE, clock.now(), None)),
        lambda: stores.delegations.remove_delegation(other, delegation.id, clock.now(), ACTOR),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert stores.delegations.delegations(other) == []
    assert stores.delegations.get_delegation(tenant_id, delegation.id) == delegation


def test_a_check_is_kept(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """When it was, and what was wrong: the last one of each sender, and of all."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE, BOB)
    first = SenderCheck(BOB, clock.advance(60), "delegation-denied")
    second, third = (SenderCheck(who, clock.advance(60), None) for who in (ALICE, BOB))

    refused = stores.delegations.note_check(tenant_id, delegation.id, first)
    stores.delegations.note_check(tenant_id, delegation.id, second)
    between = stores.delegations.get_delegation(tenant_id, delegation.id)
    checked = stores.delegations.note_check(tenant_id, delegation.id, third)

    assert (refused.checked_at, refused.code, refused.checks) == (first.at, "delegation-denied", (first,))
    assert (between.code, between.checks, between.is_faulty) == (None, (second, first), True)
    assert (checked.checked_at, checked.checks, checked.is_faulty) == (third.at, (second, third), False)
    assert stores.delegations.get_delegation(tenant_id, delegation.id) == checked


def test_the_check_of_a_sender_goes_with_it(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """Who is named again was not checked; who was taken off the list while it was asked for is not either."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE, BOB)
    both = [
        SenderCheck(who, clock.now(), "delegation-denied" if who == BOB else None) for who in (ALICE, BOB)
    ]
    for check in both:
        stores.delegations.note_check(tenant_id, delegation.id, check)

    for senders in ({ALICE}, {ALICE, BOB}):
        change = stores.delegations.set_senders(
            tenant_id, delegation.id, frozenset(senders), clock.now(), ACTOR
        )
        assert (change.delegation.checks, change.delegation.is_faulty) == ((both[0],), False)
    late = SenderCheck("carol@muster.example", clock.now(), None)
    assert stores.delegations.note_check(tenant_id, delegation.id, late).checks == (both[0],)
    assert stores.delegations.get_delegation(tenant_id, delegation.id).checks == (both[0],)


def test_every_change_is_written_down(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """Who did what to whom, without any secret."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    stores.delegations.set_senders(tenant_id, delegation.id, frozenset({BOB}), clock.now(), ACTOR)
    stores.delegations.remove_delegation(tenant_id, delegation.id, clock.now(), ACTOR)

    told = [(kind, details) for kind, details in _events(database) if kind.startswith("delegation.")]

    assert [kind for kind, _ in told] == [
        "delegation.created",
        "delegation.senders_changed",
        "delegation.removed",
    ]
    assert {details["actor"] for _, details in told} == {ACTOR}
    assert (told[1][1]["added"], told[1][1]["removed"]) == (BOB, ALICE)


def test_a_delegation_that_may_look_settles_what_is_unclear(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """Its delegate looks into *Sent*; one that may only send cannot, and is not asked to."""
    add_delegation(stores, tenant_id, clock.now(), ALICE, scopes=f"{SEND} {METADATA}")
    add_delegation(stores, tenant_id, clock.now(), BOB)
    alice = _mailbox(stores, tenant_id, ALICE)
    entry = add_mail(stores, alice, clock.now())
    add_mail(stores, _mailbox(stores, tenant_id, BOB), clock.now())
    for claimed in claim(stores, clock.now()):
        stores.outbox.hand_over(claimed, clock.now(), 30)
        attempt = make_attempt(claimed, clock.now(), State.UNCERTAIN, "answer-lost")
        stores.outbox.record(claimed, attempt, Verdict(State.UNCERTAIN))

    [unclear] = stores.outbox.uncertain(clock.advance(60), 10)

    assert (unclear.entry_id, unclear.credential_id) == (entry.id, _delegate_id(stores, alice))


def test_changes_at_once_leave_the_list_and_the_connections_in_step(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """Eight admins change two set-ups of the same users, while workers claim: who is listed can send."""
    users = [f"user{number}@muster.example" for number in range(6)]
    both = [add_delegation(stores, tenant_id, clock.now(), *users) for _ in range(2)]
    for mailbox in stores.connections.of_tenant(tenant_id):
        add_mail(stores, mailbox, clock.now())

    def change(number: int) -> None:
        delegation = both[number % 2]
        some = frozenset(users[number % 3 :: 2] if number % 4 else users[: number % 6])
        stores.delegations.set_senders(tenant_id, delegation.id, some, clock.now(), ACTOR)
        claim(stores, clock.now(), limit=1)
        stores.outbox.reap(clock.now())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(change, range(32)))

    listed = {
        sender for delegation in stores.delegations.delegations(tenant_id) for sender in delegation.senders
    }
    able = {
        mailbox.address
        for mailbox in stores.connections.of_tenant(tenant_id)
        for state in stores.connections.route(tenant_id, mailbox.id)
        if state.status is WayStatus.READY
    }
    assert able <= listed
