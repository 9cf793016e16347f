"""Incidents on both engines: opened and ended with the connection, each mail owed once."""

from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.errors import IdempotencyKeyReusedError, LeaseLostError
from service.identifiers import new_id
from service.notices.incident import Incident, IncidentKind, Step
from service.notices.ports import Telling
from service.outbox.entry import Entry
from service.outbox.listing import MessageFilter
from service.outbox.ports import Accepted
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import CONTENT, add_mail, make_entry, make_grant, make_identity

HOUR = timedelta(hours=1)
WAY = "connection"


def test_a_revoked_grant_owes_one_notice(stores: Stores, clock: FakeClock, mailbox: Connection) -> None:
    """However often it is marked, there is one incident, and its lease lets one worker have it."""
    _revoke(stores, mailbox, clock.now())
    _revoke(stores, mailbox, clock.now())

    [taken] = _take(stores, clock.now())
    second = _take(stores, clock.now())

    assert (taken.kind, taken.step, taken.code) == (
        IncidentKind.STOPPED,
        Step.NOTICE,
        "connection-revoked",
    )
    assert second == []


def test_a_lease_that_ran_out_is_owed_again_by_the_same_key(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """A worker that died in between costs the rest of its lease, and the key keeps the outbox from a copy."""
    _revoke(stores, mailbox, clock.now())
    [first] = _take(stores, clock.now())

    clock.advance(301)
    [again] = _take(stores, clock.now())

    assert again.key == first.key


def test_each_mail_has_a_key_of_its_own(stores: Stores, clock: FakeClock, mailbox: Connection) -> None:
    """Notice, reminders, solved; and the next incident begins anew."""
    keys = []
    for _ in range(2):
        _revoke(stores, mailbox, clock.now())
        keys += [_mailed(stores, clock) for _ in range(3)]
        mailbox = _reconnect(stores, mailbox, clock.now())
        keys.append(_mailed(stores, clock))

    assert len(set(keys)) == 8
    assert all(len(key) < 256 and key.isascii() for key in keys)


def test_ended_while_its_notice_is_on_the_way_it_still_says_that_it_is_solved(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """The owner reconnects by another way in the very second that the notice leaves."""
    _revoke(stores, mailbox, clock.now())
    [taken] = _take(stores, clock.now())
    _reconnect(stores, mailbox, clock.now())

    stores.incidents.mailed(Telling(taken, clock.now(), clock.now() + HOUR), WAY)

    [solved] = _take(stores, clock.now())
    assert solved.step is Step.SOLVED


def test_a_notice_is_kept_and_told_in_one(stores: Stores, clock: FakeClock, mailbox: Connection) -> None:
    """It is ordinary mail, and the incident knows it: withdrawn, it is found and owed again."""
    _revoke(stores, mailbox, clock.now())
    [taken] = _take(stores, clock.now())
    entry = make_entry(mailbox, clock.now())

    kept = _keep(stores, taken, entry).entry
    told = stores.incidents.open_of_tenant(mailbox.tenant_id)[mailbox.id]
    stores.outbox.cancel(mailbox.tenant_id, kept.id, clock.now(), "test")

    assert (kept.id, told.mails, told.tries) == (entry.id, 1, 1)
    assert stores.incidents.stuck(20) == [(told, entry.id)]


def test_what_another_worker_told_meanwhile_is_not_kept(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """By another way, after this one's lease had run out: it has kept no mail, and changes nothing."""
    _revoke(stores, mailbox, clock.now())
    [taken] = _take(stores, clock.now())
    _mailed_by_another(stores, clock)

    with pytest.raises(LeaseLostError):
        _keep(stores, taken, make_entry(mailbox, clock.now()))

    assert stores.outbox.search(mailbox.tenant_id, MessageFilter(), 20) == []
    assert stores.incidents.open_of_tenant(mailbox.tenant_id)[mailbox.id].mails == 1


def test_what_another_worker_kept_meanwhile_is_not_kept_twice(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """Nor is it counted twice by whoever says so again."""
    _revoke(stores, mailbox, clock.now())
    [taken] = _take(stores, clock.now())
    first = _keep(stores, taken, make_entry(mailbox, clock.now())).entry

    with pytest.raises(IdempotencyKeyReusedError):
        _keep(stores, taken, make_entry(mailbox, clock.now()))
    stores.incidents.mailed(Telling(taken, clock.now(), None), WAY)

    kept = stores.outbox.search(mailbox.tenant_id, MessageFilter(), 20)
    assert [one.id for one in kept] == [first.id]
    assert stores.incidents.open_of_tenant(mailbox.tenant_id)[mailbox.id].mails == 1


def test_without_a_way_it_stays_owed_and_keeps_since_when(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """The page can tell since when nobody could be told; a mail that goes out clears it."""
    _revoke(stores, mailbox, clock.now())
    [taken] = _take(stores, clock.now())
    began = clock.now()
    stores.incidents.unsent(taken, began, began + timedelta(minutes=5))
    assert _take(stores, clock.now()) == []

    clock.advance(300)
    [again] = _take(stores, clock.now())
    stores.incidents.unsent(again, clock.now(), clock.now())
    shown = stores.incidents.open_of_tenant(mailbox.tenant_id)[mailbox.id]
    _mailed(stores, clock)

    assert (again.unsent_at, shown.unsent_at) == (began, began)
    assert stores.incidents.open_of_tenant(mailbox.tenant_id)[mailbox.id].unsent_at is None


def test_a_disconnect_ends_it_without_a_word(stores: Stores, clock: FakeClock, mailbox: Connection) -> None:
    """Nothing was solved, and nobody is to be told."""
    _revoke(stores, mailbox, clock.now())
    _mailed(stores, clock)

    stores.connections.disconnect(mailbox.tenant_id, mailbox.id, clock.now())
    clock.advance(10 * 86_400)

    assert _take(stores, clock.now()) == []
    assert stores.incidents.open_of_tenant(mailbox.tenant_id) == {}


def test_one_way_of_two_that_broke_is_told_once_and_by_another_kind(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """Its mail takes the other way: no reminder; when it is mended, no further mail."""
    _add_password(stores, mailbox, clock.now())
    _revoke(stores, mailbox, clock.now())

    [taken] = _take(stores, clock.now())
    status = stores.connections.get(mailbox.tenant_id, mailbox.id).status
    stores.incidents.mailed(Telling(taken, clock.now(), None), WAY)
    clock.advance(5 * 86_400)
    later = _take(stores, clock.now())
    _reconnect(stores, mailbox, clock.now())

    assert (taken.kind, status, later) == (IncidentKind.DEGRADED, ConnectionStatus.CONNECTED, [])
    assert _take(stores, clock.now()) == []
    assert stores.incidents.open_of_tenant(mailbox.tenant_id) == {}


def test_a_broken_way_that_is_taken_out_of_the_route_is_over(
    stores: Stores, clock: FakeClock, mailbox: Connection
) -> None:
    """Whoever does without it is not asked to mend it."""
    _add_password(stores, mailbox, clock.now())
    _revoke(stores, mailbox, clock.now())
    route = stores.connections.route(mailbox.tenant_id, mailbox.id)

    stores.connections.reroute(mailbox.tenant_id, mailbox.id, [route[1].way], clock.now())

    assert _take(stores, clock.now()) == []


def test_only_open_mail_is_counted(stores: Stores, clock: FakeClock, mailbox: Connection) -> None:
    """The number in the notice is what waits."""
    add_mail(stores, mailbox, clock.now())
    cancelled = add_mail(stores, mailbox, clock.now())
    stores.outbox.cancel(mailbox.tenant_id, cancelled.id, clock.now(), "test")

    assert stores.incidents.waiting(mailbox.id) == 1


def _revoke(stores: Stores, mailbox: Connection, at: datetime) -> None:
    present = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert present.credential_id is not None
    stores.grants.mark_revoked(present.credential_id, "test", "connection-revoked", at)


def _reconnect(stores: Stores, mailbox: Connection, at: datetime) -> Connection:
    grant = make_grant(mailbox.tenant_id, mailbox.id)
    identity = make_identity(mailbox.subject_id, mailbox.address)
    return stores.connections.connect(mailbox.tenant_id, identity, grant, at)


def _add_password(stores: Stores, mailbox: Connection, at: datetime) -> None:
    server = MailServer("smtp.gmail.com", 465, Encryption.TLS)
    login = MailLogin(
        new_id("log"), mailbox.tenant_id, mailbox.id, server, mailbox.address, SecretStr("abcd efgh")
    )
    box = Mailbox(mailbox.address, None, AccountKind.WORKSPACE, mailbox.id)
    stores.connections.add_login(mailbox.tenant_id, box, WayKind.APP_PASSWORD, login, at)


def _take(stores: Stores, now: datetime) -> list[Incident]:
    return stores.incidents.take(now, now + timedelta(minutes=5), 20)


def _mailed(stores: Stores, clock: FakeClock) -> str:
    """Take what is due and say that it left; the next mail is due at once."""
    [taken] = _take(stores, clock.now())
    stores.incidents.mailed(Telling(taken, clock.now(), clock.now()), WAY)
    return taken.key


def _mailed_by_another(stores: Stores, clock: FakeClock) -> None:
    clock.advance(301)
    _mailed(stores, clock)


def _keep(stores: Stores, incident: Incident, entry: Entry) -> Accepted:
    telling = Telling(incident, entry.created_at, entry.created_at + HOUR)
    key = {"idempotency_key": incident.key, "fingerprint": entry.id}
    return stores.incidents.keep(telling, WAY, entry, CONTENT, **key)
