"""The contract of ``GrantStore`` and ``DataKeyStore`` on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr

from service.connections.connection import Connection
from service.connections.credential import AccessToken
from service.errors import NotFoundError, SealError
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, make_access, make_grant, make_identity

MINUTE = timedelta(minutes=1)


@pytest.fixture
def grant_id(mailbox: Connection) -> str:
    """The mailbox's grant."""
    return str(mailbox.credential_id)


def test_a_grant_is_given_back_as_it_was_kept(
    stores: Stores, tenant_id: str, clock: FakeClock, database: Database
) -> None:
    """Tokens come back opened, and lie in the database only sealed."""
    grant = make_grant(tenant_id)
    access = make_access(clock.now())
    whole = type(grant)(
        grant.id,
        tenant_id,
        grant.connection_id,
        grant.client_id,
        grant.scopes,
        grant.refresh_token,
        access,
    )
    stores.connections.connect(tenant_id, make_identity(), whole, clock.now())

    assert stores.grants.get_grant(grant.id) == whole
    rows = database.read(lambda c: [tuple(row) for row in c.exec_driver_sql("SELECT * FROM credentials")])
    assert grant.refresh_token.get_secret_value() not in repr(rows)
    assert access.value.get_secret_value() not in repr(rows)


def test_a_token_moved_to_another_column_does_not_open(
    stores: Stores, mailbox: Connection, grant_id: str, clock: FakeClock, database: Database
) -> None:
    """What is sealed is bound to its place."""
    stores.grants.store_access(grant_id, "me", make_access(clock.now()), None, clock.now())
    database.write(lambda c: c.exec_driver_sql("UPDATE credentials SET access_token = refresh_token"))

    with pytest.raises(SealError):
        stores.grants.get_grant(grant_id)


def test_an_unknown_grant_is_not_found(stores: Stores) -> None:
    """A grant that was never there is unknown."""
    with pytest.raises(NotFoundError):
        stores.grants.get_grant("grt_unknown")


def test_one_of_fifty_threads_may_refresh(stores: Stores, grant_id: str, clock: FakeClock) -> None:
    """The lease has one owner at a time."""
    with ThreadPoolExecutor(50) as threads:
        taken = list(
            threads.map(
                lambda n: stores.grants.take_refresh_lease(
                    grant_id, f"owner-{n}", clock.now(), clock.now() + MINUTE
                ),
                range(50),
            )
        )

    assert taken.count(True) == 1


def test_a_refresh_lease_ends_with_time_or_by_its_owner(
    stores: Stores, grant_id: str, clock: FakeClock
) -> None:
    """A dead process does not keep the others from refreshing."""

    def take(owner: str) -> bool:
        return stores.grants.take_refresh_lease(grant_id, owner, clock.now(), clock.now() + MINUTE)

    assert take("a")
    assert not take("b")
    stores.grants.end_refresh_lease(grant_id, "b")
    assert not take("b")
    stores.grants.end_refresh_lease(grant_id, "a")
    assert take("b")
    clock.advance(60)
    assert take("c")


def test_a_fresh_access_token_is_kept_and_ends_the_lease(
    stores: Stores, grant_id: str, clock: FakeClock
) -> None:
    """The old refresh token stays where Google sent no new one."""
    before = stores.grants.get_grant(grant_id)
    access = make_access(clock.now())
    stores.grants.take_refresh_lease(grant_id, "a", clock.now(), clock.now() + MINUTE)

    stores.grants.store_access(grant_id, "a", access, None, clock.now())

    after = stores.grants.get_grant(grant_id)
    assert (after.access, after.refresh_token) == (access, before.refresh_token)
    assert stores.grants.take_refresh_lease(grant_id, "b", clock.now(), clock.now() + MINUTE)


def test_a_new_refresh_token_replaces_the_old_one(stores: Stores, grant_id: str, clock: FakeClock) -> None:
    """A rotated refresh token is the only one that works afterwards."""
    stores.grants.store_access(grant_id, "a", make_access(clock.now()), "1//new", clock.now())

    assert stores.grants.get_grant(grant_id).refresh_token == SecretStr("1//new")


def test_a_late_token_is_kept_and_leaves_the_other_owners_lease(
    stores: Stores, grant_id: str, clock: FakeClock
) -> None:
    """What Google gave is good, whoever holds the lease by now."""
    stores.grants.take_refresh_lease(grant_id, "late", clock.now(), clock.now() + MINUTE)
    clock.advance(60)
    stores.grants.take_refresh_lease(grant_id, "other", clock.now(), clock.now() + MINUTE)
    access = AccessToken(SecretStr("ya29.late"), clock.now() + MINUTE)

    stores.grants.store_access(grant_id, "late", access, "1//rotated", clock.now())

    assert stores.grants.get_grant(grant_id).access == access
    assert not stores.grants.take_refresh_lease(grant_id, "third", clock.now(), clock.now() + MINUTE)


def test_a_revoked_grant_is_marked_and_its_mailbox_needs_the_owner(
    stores: Stores, mailbox: Connection, grant_id: str, clock: FakeClock, database: Database
) -> None:
    """One event, however many threads found out; the grant itself is kept."""
    stores.grants.take_refresh_lease(grant_id, "a", clock.now(), clock.now() + MINUTE)

    for _ in range(2):
        stores.grants.mark_revoked(grant_id, "a", "connection-revoked", clock.now())

    dead = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert (dead.status, dead.status_code) == ("needs_reconnect", "connection-revoked")
    sql = "SELECT type FROM events WHERE type = 'connection.needs_reconnect'"
    assert len(database.read(lambda c: c.exec_driver_sql(sql).all())) == 1
    assert stores.grants.get_grant(grant_id).id == grant_id
    assert stores.grants.take_refresh_lease(grant_id, "b", clock.now(), clock.now() + MINUTE)


def test_an_old_grants_refusal_does_not_touch_a_reconnected_mailbox(
    stores: Stores, mailbox: Connection, grant_id: str, clock: FakeClock
) -> None:
    """The refusal came after the owner had given a new grant."""
    fresh = make_grant(mailbox.tenant_id, mailbox.id)
    again = stores.connections.connect(
        mailbox.tenant_id, make_identity(mailbox.subject_id), fresh, clock.now()
    )

    stores.grants.mark_revoked(grant_id, "a", "connection-revoked", clock.now())

    assert stores.connections.get(mailbox.tenant_id, mailbox.id) == again


def test_the_first_data_key_wins(stores: Stores, clock: FakeClock) -> None:
    """All threads that make a tenant's first key go on with the same one."""
    tenant_id = add_tenant(stores, clock.now())
    assert stores.data_keys.find_data_key(tenant_id) is None

    with ThreadPoolExecutor(20) as threads:
        kept = set(
            threads.map(lambda n: stores.data_keys.add_data_key(tenant_id, bytes([n]) * 40), range(20))
        )

    assert len(kept) == 1
    assert stores.data_keys.find_data_key(tenant_id) in kept


def test_a_data_key_is_replaced_only_where_the_old_one_still_stands(stores: Stores, clock: FakeClock) -> None:
    """Two rotations at once do not undo each other."""
    tenant_id = add_tenant(stores, clock.now())
    stores.data_keys.add_data_key(tenant_id, b"old")

    assert stores.data_keys.replace_data_key(tenant_id, b"old", b"new")
    assert not stores.data_keys.replace_data_key(tenant_id, b"old", b"newer")
    assert stores.data_keys.data_keys() == [(tenant_id, b"new")]


def test_there_is_no_data_key_without_a_tenant(stores: Stores) -> None:
    """A key is kept beside its tenant."""
    with pytest.raises(NotFoundError):
        stores.data_keys.add_data_key("ten_unknown", b"key")
