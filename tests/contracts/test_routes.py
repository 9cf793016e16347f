"""The contract of routes on both engines: which way a mail takes, what a failing way leads to, and back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import Way, WayKind, WayState, WayStatus
from service.errors import InvalidRequestError, NotFoundError, PreconditionFailedError, WrongAccountError
from service.identifiers import new_id
from service.outbox.entry import State
from service.outbox.ports import Claim
from service.outbox.verdict import Detour, Reconnect, Verdict
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import (
    add_mail,
    add_tenant,
    claim,
    connect,
    make_attempt,
    make_grant,
    make_identity,
    send,
)

MAIL = "https://mail.google.com/"
SERVER = MailServer("smtp.gmail.com", 465, Encryption.TLS)


def _login(tenant_id: str) -> MailLogin:
    secret = SecretStr("abcdefghijklmnop")
    return MailLogin(new_id("log"), tenant_id, new_id("con"), SERVER, "rechnung@muster.example", secret)


def _add(
    stores: Stores,
    mailbox: Connection,
    clock: FakeClock,
    kind: WayKind = WayKind.APP_PASSWORD,
) -> str:
    """One way more for this mailbox; answers its credential."""
    login = _login(mailbox.tenant_id)
    box = Mailbox(mailbox.address, None, AccountKind.WORKSPACE, mailbox.id)
    stores.connections.add_login(mailbox.tenant_id, box, kind, login, clock.now())
    return login.id


def _kinds(stores: Stores, mailbox: Connection) -> list[WayKind]:
    return [state.way.kind for state in stores.connections.route(mailbox.tenant_id, mailbox.id)]


def _fail(stores: Stores, claimed: Claim, clock: FakeClock, effect: Detour | Reconnect) -> None:
    attempt = make_attempt(claimed, clock.now(), State.DEFERRED, effect.code)
    verdict = Verdict(State.DEFERRED, clock.now(), counts=False, connection=effect)
    assert stores.outbox.record(claimed, attempt, verdict)


def _detour(clock: FakeClock, seconds: int = 300) -> Detour:
    return Detour(clock.now() + timedelta(seconds=seconds), "provider-unavailable")


def test_a_grant_opens_the_gmail_api(stores: Stores, mailbox: Connection) -> None:
    """The route of a fresh consent has one way, and it is ready."""
    assert stores.connections.route(mailbox.tenant_id, mailbox.id) == (
        WayState(Way(str(mailbox.credential_id), WayKind.GMAIL_API)),
    )
    assert stores.connections.routes(mailbox.tenant_id)[mailbox.id][0].status is WayStatus.READY


def test_a_grant_with_the_mail_scope_opens_smtp_behind_it(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """Two ways by one credential."""
    mailbox = connect(stores, tenant_id, clock.now(), MAIL)

    assert _kinds(stores, mailbox) == [WayKind.GMAIL_API, WayKind.XOAUTH2]


def test_a_login_makes_a_mailbox_of_its_address(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """Nobody has told Google's name of the account, and the password comes back as it was kept."""
    login = _login(tenant_id)
    box = Mailbox("Rechnung@muster.example", "Muster GmbH", AccountKind.WORKSPACE)

    made = stores.connections.add_login(tenant_id, box, WayKind.APP_PASSWORD, login, clock.now())

    assert (made.id, made.address, made.status) == (
        login.connection_id,
        "Rechnung@muster.example",
        ConnectionStatus.CONNECTED,
    )
    assert (made.google_subject_id, made.credential_id) == (None, None)
    assert stores.logins.get_login(login.id) == login
    assert "abcdefgh" not in repr(login)


def test_a_login_without_a_password_is_kept_too(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """A relay may know us by our address alone."""
    login = replace(_login(tenant_id), user=None, password=None)
    box = Mailbox("rechnung@muster.example", None, AccountKind.RELAY)

    stores.connections.add_login(tenant_id, box, WayKind.RELAY, login, clock.now())

    assert stores.logins.get_login(login.id).password is None


def test_a_consent_takes_over_the_mailbox_of_its_address(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """From app password to Google: id, history and queue stay, and the password becomes the second way."""
    box = Mailbox("Rechnung@muster.example", None, AccountKind.WORKSPACE)
    old = stores.connections.add_login(tenant_id, box, WayKind.APP_PASSWORD, _login(tenant_id), clock.now())
    entry = add_mail(stores, old, clock.now())
    identity = make_identity("1077", "rechnung@Muster.example")
    assert stores.connections.find(tenant_id, identity) == old

    new = stores.connections.connect(tenant_id, identity, make_grant(tenant_id, old.id), clock.now())

    assert (new.id, new.subject_id) == (old.id, "1077")
    assert _kinds(stores, new) == [WayKind.GMAIL_API, WayKind.APP_PASSWORD]
    assert [each.entry_id for each in claim(stores, clock.now())] == [entry.id]


def test_a_login_of_another_address_does_not_join(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The sender never changes, whichever way a mail takes."""
    box = Mailbox("privat@example.org", None, AccountKind.OTHER, mailbox.id)
    login = _login(mailbox.tenant_id)

    with pytest.raises(WrongAccountError):
        stores.connections.add_login(mailbox.tenant_id, box, WayKind.SMTP_SERVER, login, clock.now())


def test_a_login_of_another_tenant_does_not_join(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Its mailbox is not found."""
    other = add_tenant(stores, clock.now())
    box = Mailbox(mailbox.address, None, AccountKind.WORKSPACE, mailbox.id)

    with pytest.raises(NotFoundError):
        stores.connections.add_login(other, box, WayKind.APP_PASSWORD, _login(other), clock.now())


def test_a_new_app_password_replaces_the_old_one(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """In its place of the route; the old one is forgotten."""
    old = _add(stores, mailbox, clock)
    _add(stores, mailbox, clock, WayKind.SMTP_SERVER)

    new = _add(stores, mailbox, clock)

    assert _kinds(stores, mailbox) == [WayKind.GMAIL_API, WayKind.APP_PASSWORD, WayKind.SMTP_SERVER]
    assert stores.logins.get_login(new).id == new
    with pytest.raises(NotFoundError):
        stores.logins.get_login(old)


def test_a_mail_takes_the_first_way(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """And knows that there is another."""
    _add(stores, mailbox, clock)
    add_mail(stores, mailbox, clock.now())

    [claimed] = claim(stores, clock.now())

    assert claimed.way == Way(str(mailbox.credential_id), WayKind.GMAIL_API)
    assert (claimed.has_next_way, claimed.way_has_failed) == (True, False)


def test_a_way_that_does_not_work_is_left_out_and_comes_back(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The next way at once, without a try that counts; the first one again when its time is over."""
    second = _add(stores, mailbox, clock)
    entry = add_mail(stores, mailbox, clock.now())
    [first_try] = claim(stores, clock.now())

    _fail(stores, first_try, clock, _detour(clock))

    [second_try] = claim(stores, clock.now())
    assert second_try.way == Way(second, WayKind.APP_PASSWORD)
    assert (second_try.has_next_way, second_try.tries) == (False, 0)
    assert send(stores, second_try, clock.now())
    _, attempts = stores.outbox.timeline(entry.tenant_id, entry.id)
    assert [attempt.code for attempt in attempts] == ["provider-unavailable", None]

    add_mail(stores, mailbox, clock.advance(301))
    [again] = claim(stores, clock.now())
    assert (again.way, again.way_has_failed) == (first_try.way, True)
    assert send(stores, again, clock.now())
    assert all(state.code is None for state in stores.connections.route(mailbox.tenant_id, mailbox.id))


def test_where_every_way_is_left_out_the_first_is_tried_all_the_same(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A mail never waits for a detour to end."""
    _add(stores, mailbox, clock)
    add_mail(stores, mailbox, clock.now())
    for _ in range(2):
        [claimed] = claim(stores, clock.now())
        _fail(stores, claimed, clock, _detour(clock))

    [claimed] = claim(stores, clock.now())

    assert (claimed.way.kind, claimed.has_next_way) == (WayKind.GMAIL_API, False)


def test_a_way_that_needs_its_owner_is_not_tried_again(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """While another one works the mailbox stays connected; without one it needs its owner."""
    _add(stores, mailbox, clock)
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())

    _fail(stores, claimed, clock, Reconnect("connection-revoked"))

    assert stores.connections.get(mailbox.tenant_id, mailbox.id).status is ConnectionStatus.CONNECTED
    [next_try] = claim(stores, clock.advance(900))
    assert next_try.way.kind is WayKind.APP_PASSWORD

    _fail(stores, next_try, clock, Reconnect("app-password-rejected"))

    stopped = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert (stopped.status, stopped.status_code) == (
        ConnectionStatus.NEEDS_RECONNECT,
        "app-password-rejected",
    )
    assert claim(stores, clock.now()) == []


def test_a_revoked_grant_leaves_the_other_ways(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """The token endpoint's word breaks all ways of that grant, and no other."""
    _add(stores, mailbox, clock)

    stores.grants.mark_revoked(str(mailbox.credential_id), "me", "connection-revoked", clock.now())

    states = stores.connections.route(mailbox.tenant_id, mailbox.id)
    assert [state.status for state in states] == [WayStatus.BROKEN, WayStatus.READY]
    assert stores.connections.get(mailbox.tenant_id, mailbox.id).status is ConnectionStatus.CONNECTED


def test_mending_a_way_makes_the_waiting_mail_flow(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """An app password for a mailbox whose grant is dead: connected again, mail due at once."""
    entry = add_mail(stores, mailbox, clock.now())
    stores.grants.mark_revoked(str(mailbox.credential_id), "me", "connection-revoked", clock.now())
    assert claim(stores, clock.now()) == []

    _add(stores, mailbox, clock)

    [claimed] = claim(stores, clock.now())
    assert (claimed.entry_id, claimed.way.kind) == (entry.id, WayKind.APP_PASSWORD)


def test_a_failure_of_a_way_that_was_replaced_is_an_old_one(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Reconnected meanwhile: the fresh grant is not blamed."""
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    grant = make_grant(mailbox.tenant_id, mailbox.id)
    identity = make_identity(mailbox.subject_id, mailbox.address)
    stores.connections.connect(mailbox.tenant_id, identity, grant, clock.now())

    _fail(stores, claimed, clock, Reconnect("connection-revoked"))

    [state] = stores.connections.route(mailbox.tenant_id, mailbox.id)
    assert (state.way.credential_id, state.status) == (grant.id, WayStatus.READY)


def test_a_route_can_be_put_into_another_order(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """The next mail takes the new first way."""
    _add(stores, mailbox, clock)
    first, second = (state.way for state in stores.connections.route(mailbox.tenant_id, mailbox.id))

    stores.connections.reroute(mailbox.tenant_id, mailbox.id, [second, first], clock.now())

    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    assert claimed.way == second


def test_what_is_left_out_of_a_route_is_forgotten(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Its secret is gone; a route without any way, or with a foreign one, is refused."""
    login = _add(stores, mailbox, clock)
    first, second = (state.way for state in stores.connections.route(mailbox.tenant_id, mailbox.id))
    for wrong, error in (([], InvalidRequestError), ([first, first], InvalidRequestError)):
        with pytest.raises(error):
            stores.connections.reroute(mailbox.tenant_id, mailbox.id, wrong, clock.now())
    with pytest.raises(NotFoundError):
        stores.connections.reroute(
            mailbox.tenant_id, mailbox.id, [Way("grt_unknown", WayKind.RELAY)], clock.now()
        )

    stores.connections.set_aliases(mailbox.tenant_id, mailbox.id, frozenset({"info@muster.example"}))

    left = stores.connections.reroute(mailbox.tenant_id, mailbox.id, [second], clock.now())

    assert (left.credential_id, left.aliases) == (None, frozenset())
    assert stores.logins.get_login(login).id == login
    with pytest.raises(NotFoundError):
        stores.grants.get_grant(first.credential_id)


def test_a_route_that_was_changed_meanwhile_is_not_overwritten(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Whoever names the route that they saw removes no way that came later."""
    seen = [state.way for state in stores.connections.route(mailbox.tenant_id, mailbox.id)]
    _add(stores, mailbox, clock)
    route = stores.connections.route(mailbox.tenant_id, mailbox.id)

    with pytest.raises(PreconditionFailedError):
        stores.connections.reroute(mailbox.tenant_id, mailbox.id, seen, clock.now(), seen=seen)
    assert stores.connections.route(mailbox.tenant_id, mailbox.id) == route
    now_seen = [state.way for state in route]
    stores.connections.reroute(mailbox.tenant_id, mailbox.id, seen, clock.now(), seen=now_seen)
    assert len(stores.connections.route(mailbox.tenant_id, mailbox.id)) == 1


def test_a_disconnect_forgets_every_way(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """No password stays behind."""
    login = _add(stores, mailbox, clock)

    stores.connections.disconnect(mailbox.tenant_id, mailbox.id, clock.now())

    assert stores.connections.route(mailbox.tenant_id, mailbox.id) == ()
    with pytest.raises(NotFoundError):
        stores.logins.get_login(login)


def test_aliases_may_stand_in_from(stores: Stores, mailbox: Connection) -> None:
    """Whatever the spelling."""
    changed = stores.connections.set_aliases(
        mailbox.tenant_id, mailbox.id, frozenset({"info@muster.example"})
    )

    assert changed.may_send_as("Info@Muster.example")
    assert not changed.may_send_as("chef@muster.example")
    assert stores.connections.get(mailbox.tenant_id, mailbox.id) == changed


def test_a_mailbox_without_any_way_stops_and_stands_before_nobody(
    stores: Stores, database: Database, tenant_id: str, mailbox: Connection, clock: FakeClock
) -> None:
    """It cannot come about by the program; where it does, the state is visible and the others are served."""
    other = connect(stores, tenant_id, clock.now())
    add_mail(stores, mailbox, clock.now())
    entry = add_mail(stores, other, clock.now())
    gone = f"DELETE FROM ways WHERE connection_id = '{mailbox.id}'"  # noqa: S608, a test's own id
    database.write(lambda c: c.exec_driver_sql(gone))

    claims = claim(stores, clock.now())

    assert [each.entry_id for each in claims] == [entry.id]
    stopped = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert stopped.status is ConnectionStatus.NEEDS_RECONNECT
