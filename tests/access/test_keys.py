"""API keys: made, rolled and ended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.access.api_key import Right, hash_key, public_part
from service.access.keys import ApiKeys, NewKey
from service.errors import KeyEndedError, KeyExistsError, NotFoundError
from service.identifiers import new_id
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant

DAY = timedelta(days=1)


@pytest.fixture
def keys(stores: Stores, clock: FakeClock) -> ApiKeys:
    """The desk over the stores of each engine."""
    return ApiKeys(stores.api_keys, clock)


@pytest.fixture
def wanted(stores: Stores, clock: FakeClock) -> NewKey:
    """A key for 90 days that may only send, from one connection."""
    tenant_id = add_tenant(stores, clock.now())
    return NewKey(new_id("key"), tenant_id, "ERP", frozenset({Right.SEND}), frozenset({"con_1"}), 90 * DAY)


def test_a_key_is_made_with_its_secret(keys: ApiKeys, wanted: NewKey, clock: FakeClock) -> None:
    """The secret finds the row and proves it; only its hash is kept."""
    key, secret = keys.create(wanted)
    plain = secret.get_secret_value()

    assert keys.get(wanted.tenant_id, key.id) == key
    assert (public_part(plain), hash_key(plain)) == (key.public, key.secret_hash)
    assert (key.expires_at, key.rights, key.connection_ids) == (
        clock.now() + 90 * DAY,
        wanted.rights,
        wanted.connection_ids,
    )
    assert plain not in repr((key, secret))


def test_the_same_wish_twice_makes_one_key(keys: ApiKeys, wanted: NewKey) -> None:
    """Whoever loads the page again gets no second key."""
    key, _ = keys.create(wanted)

    with pytest.raises(KeyExistsError):
        keys.create(wanted)
    assert keys.of_tenant(wanted.tenant_id) == [key]


def test_a_rolled_key_has_a_successor_that_may_do_the_same(
    keys: ApiKeys, wanted: NewKey, clock: FakeClock
) -> None:
    """For as long as the old one was meant to live; the old one is valid a day more."""
    old, _ = keys.create(wanted)
    clock.advance(30 * 86_400)

    new, _ = keys.roll(wanted.tenant_id, old.id, new_id("key"), DAY)
    ended = keys.get(wanted.tenant_id, old.id)

    assert (new.name, new.rights, new.connection_ids) == (old.name, old.rights, old.connection_ids)
    assert new.expires_at == clock.now() + 90 * DAY
    assert ended.expires_at == clock.now() + DAY
    assert ended.is_valid(clock.now() + DAY - timedelta(milliseconds=1))
    assert not ended.is_valid(clock.now() + DAY)


@pytest.mark.parametrize("lifetime", [90 * DAY, None])
def test_a_key_that_is_rolled_again_brings_one_that_lives_as_long(
    keys: ApiKeys, wanted: NewKey, clock: FakeClock, lifetime: timedelta | None
) -> None:
    """The overlap is the end of the replaced key, and no measure for those that come after it."""
    old, _ = keys.create(replace(wanted, lifetime=lifetime))
    keys.roll(wanted.tenant_id, old.id, new_id("key"), DAY)
    clock.advance(3600)

    new, _ = keys.roll(wanted.tenant_id, old.id, new_id("key"), 7 * DAY)
    ended = keys.get(wanted.tenant_id, old.id)

    assert new.expires_at == (lifetime and clock.now() + lifetime)
    assert ended.expires_at == clock.now() + DAY - timedelta(hours=1)
    assert keys.get(wanted.tenant_id, new.id) == new


def test_rolling_at_once_ends_the_old_key_now(keys: ApiKeys, wanted: NewKey, clock: FakeClock) -> None:
    """No overlap at all."""
    old, _ = keys.create(wanted)
    keys.roll(wanted.tenant_id, old.id, new_id("key"), timedelta(0))

    assert not keys.get(wanted.tenant_id, old.id).is_valid(clock.now())


def test_what_has_ended_cannot_be_rolled(
    keys: ApiKeys, wanted: NewKey, stores: Stores, clock: FakeClock
) -> None:
    """A revoked key, and one of another tenant, bring no new one."""
    old, _ = keys.create(wanted)
    other = add_tenant(stores, clock.now())

    with pytest.raises(NotFoundError):
        keys.roll(other, old.id, new_id("key"), DAY)
    keys.revoke(wanted.tenant_id, old.id)
    with pytest.raises(KeyEndedError):
        keys.roll(wanted.tenant_id, old.id, new_id("key"), DAY)
    assert len(keys.of_tenant(wanted.tenant_id)) == 1
