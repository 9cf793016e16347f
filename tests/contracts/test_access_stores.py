"""The contract of ``TenantStore``, ``ApiKeyStore`` and of sessions in ``SessionStore`` on both engines."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.access.api_key import ApiKey, Right
from service.access.member import Role
from service.access.session import Session, Standing
from service.access.tenant import Tenant, UncertainRule, new_tenant
from service.errors import KeyExistsError, NotFoundError, PreconditionFailedError
from service.identifiers import new_id
from service.storage.stores import Stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import add_tenant

HOUR = timedelta(hours=1)


@pytest.fixture
def api_key(stores: Stores, tenant_id: str, clock: FakeClock) -> ApiKey:
    """A key of the tenant."""
    key = ApiKey(
        id=new_id("key"),
        tenant_id=tenant_id,
        name="Buchhaltung",
        public="0123456789",
        secret_hash="cd" * 32,
        rights=frozenset({Right.SEND, Right.READ}),
        connection_ids=frozenset({"con_1", "con_2"}),
        created_at=clock.now(),
        expires_at=clock.now() + HOUR,
        revoked_at=None,
        last_used_at=None,
        lifetime=HOUR,
    )
    stores.api_keys.add(key)
    return key


@pytest.fixture
def session(stores: Stores, tenant_id: str, clock: FakeClock) -> Session:
    """A browser with the secret hash ``cookie``."""
    standing = Standing(Role.ADMIN, tenant_id)
    session = Session(new_id("ses"), standing, clock.now(), clock.now() + HOUR, "de")
    stores.sessions.add(session, "cookie")
    return session


def test_tenants_are_listed_oldest_first(stores: Stores, clock: FakeClock) -> None:
    """Each comes back as it was kept."""
    tenants = [Tenant(new_id("ten"), name, clock.advance(1)) for name in ("Muster GmbH", "Größe & Söhne")]
    for tenant in tenants:
        stores.tenants.add(tenant)

    assert stores.tenants.all() == tenants
    assert stores.tenants.get(tenants[1].id) == tenants[1]
    with pytest.raises(NotFoundError):
        stores.tenants.get("ten_unknown")


def test_a_key_is_found_by_its_public_part(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """Whole, also when it has expired; an unknown part finds nothing."""
    clock.advance(7200)

    assert stores.api_keys.find(api_key.public) == api_key
    assert stores.api_keys.find("unknown") is None


def test_a_key_may_be_for_every_connection(stores: Stores, api_key: ApiKey) -> None:
    """``None`` means all connections, an empty set none of them."""
    for public, only in (("all", None), ("none", frozenset[str]())):
        stores.api_keys.add(replace(api_key, id=new_id("key"), public=public, connection_ids=only))

        found = stores.api_keys.find(public)

        assert found is not None
        assert found.connection_ids == only


def test_keys_are_listed_by_tenant_oldest_first(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """Another tenant's keys are not seen."""
    newer = replace(api_key, id=new_id("key"), public="newer", created_at=clock.advance(1))
    stores.api_keys.add(newer)

    assert stores.api_keys.of_tenant(api_key.tenant_id) == [api_key, newer]
    assert stores.api_keys.of_tenant(add_tenant(stores, clock.now())) == []


def test_a_revoked_key_is_found_as_such(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """Ending it twice is fine, the first time counts."""
    first = clock.advance(1)
    stores.api_keys.revoke(api_key.tenant_id, api_key.id, first)
    stores.api_keys.revoke(api_key.tenant_id, api_key.id, clock.advance(1))

    assert stores.api_keys.find(api_key.public) == replace(api_key, revoked_at=first)


def test_a_key_of_another_tenant_cannot_be_revoked(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """It is not found, and goes on working."""
    with pytest.raises(NotFoundError):
        stores.api_keys.revoke(add_tenant(stores, clock.now()), api_key.id, clock.now())
    with pytest.raises(NotFoundError):
        stores.api_keys.revoke(api_key.tenant_id, "key_unknown", clock.now())
    assert stores.api_keys.find(api_key.public) == api_key


def test_the_last_use_only_moves_forward(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """Processes that note it out of order do not turn it back."""
    late = clock.now() + HOUR
    stores.api_keys.touch(api_key.id, late)
    stores.api_keys.touch(api_key.id, clock.now())

    assert stores.api_keys.find(api_key.public) == replace(api_key, last_used_at=late)


def test_a_key_is_got_by_its_tenant(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """Another tenant's key is as unknown as one that there never was."""
    assert stores.api_keys.get(api_key.tenant_id, api_key.id) == api_key
    for tenant_id, key_id in (
        (add_tenant(stores, clock.now()), api_key.id),
        (api_key.tenant_id, "key_unknown"),
    ):
        with pytest.raises(NotFoundError):
            stores.api_keys.get(tenant_id, key_id)


def test_no_two_keys_have_one_id(stores: Stores, api_key: ApiKey) -> None:
    """The first one stays as it is."""
    with pytest.raises(KeyExistsError):
        stores.api_keys.add(replace(api_key, public="other"))
    assert stores.api_keys.of_tenant(api_key.tenant_id) == [api_key]


def test_a_replaced_key_ends_when_it_was_told_to(stores: Stores, api_key: ApiKey, clock: FakeClock) -> None:
    """But never later than before, and not at all when the new one cannot be kept."""
    new = replace(api_key, id=new_id("key"), public="new")
    soon, later = clock.now() + HOUR / 2, clock.now() + 2 * HOUR

    stores.api_keys.replace(api_key, new, later)
    unchanged = stores.api_keys.get(api_key.tenant_id, api_key.id)
    with pytest.raises(KeyExistsError):
        stores.api_keys.replace(api_key, new, soon)
    still = stores.api_keys.get(api_key.tenant_id, api_key.id)
    stores.api_keys.replace(api_key, replace(new, id=new_id("key"), public="newest"), soon)
    ended = stores.api_keys.get(api_key.tenant_id, api_key.id)

    assert unchanged == still == api_key
    assert ended == replace(api_key, expires_at=soon)
    assert len(stores.api_keys.of_tenant(api_key.tenant_id)) == 3


def test_a_tenant_changes_its_choices(stores: Stores, tenant_id: str) -> None:
    """Name, rule and times come back; what was chosen can be taken back; unknown tenants are refused."""
    before = stores.tenants.get(tenant_id)
    chosen = replace(
        before, name="Größe KG", uncertain_rule=UncertainRule.RESEND, content_days=7, log_days=90
    )

    stores.tenants.change(chosen, before)

    assert stores.tenants.get(tenant_id) == chosen
    stores.tenants.change(before, chosen)
    assert stores.tenants.get(tenant_id) == before
    with pytest.raises(NotFoundError):
        stores.tenants.change(replace(before, id="ten_unknown"), before)


@pytest.mark.parametrize(
    "meanwhile",
    [{"name": "Größe KG"}, {"uncertain_rule": UncertainRule.RESEND}, {"content_days": 7}, {"log_days": 90}],
)
def test_a_tenant_that_was_changed_meanwhile_keeps_that(
    stores: Stores, tenant_id: str, meanwhile: dict[str, Any]
) -> None:
    """Whoever saw other choices overwrites nothing."""
    seen = stores.tenants.get(tenant_id)
    kept = replace(seen, **meanwhile)
    stores.tenants.change(kept, seen)

    with pytest.raises(PreconditionFailedError):
        stores.tenants.change(replace(seen, name="Andere AG"), seen)
    assert stores.tenants.get(tenant_id) == kept


def test_a_session_is_found_by_its_cookie_until_it_expires(
    stores: Stores, session: Session, clock: FakeClock
) -> None:
    """An unknown cookie or an old session finds nothing."""
    assert stores.sessions.find("cookie", clock.now()) == session
    assert stores.sessions.find("unknown", clock.now()) is None
    assert stores.sessions.find("cookie", session.expires_at) is None


def test_a_visitor_has_a_session_without_a_tenant(stores: Stores, clock: FakeClock) -> None:
    """Who came by a connect link belongs to nobody yet."""
    visitor = Session(new_id("ses"), None, clock.now(), clock.now() + HOUR)
    stores.sessions.add(visitor, "visitor")

    assert stores.sessions.find("visitor", clock.now()) == visitor


def test_a_session_remembers_its_language_and_ends(
    stores: Stores, session: Session, clock: FakeClock
) -> None:
    """Signing out removes it, and signing out twice is fine."""
    stores.sessions.set_locale(session.id, "en")

    assert stores.sessions.find("cookie", clock.now()) == replace(session, locale="en")
    stores.sessions.end(session.id)
    stores.sessions.end(session.id)
    assert stores.sessions.find("cookie", clock.now()) is None


def test_a_choice_leaves_the_others_and_the_name_as_they_are(stores: Stores) -> None:
    """Also those that somebody else made meanwhile; what is taken back is nothing again."""
    tenant = new_tenant("Muster GmbH", START)
    stores.tenants.add(tenant)
    stores.tenants.change(replace(tenant, name="Muster AG", content_days=14, log_days=90), tenant)

    assert stores.tenants.choose(tenant.id, uncertain_rule=UncertainRule.RESEND) == replace(
        tenant, name="Muster AG", content_days=14, log_days=90, uncertain_rule=UncertainRule.RESEND
    )
    assert stores.tenants.choose(tenant.id, content_days=None, log_days=60) == replace(
        tenant, name="Muster AG", log_days=60, uncertain_rule=UncertainRule.RESEND
    )
    assert stores.tenants.choose(tenant.id) == stores.tenants.get(tenant.id)


def test_an_unknown_tenant_chooses_nothing(stores: Stores) -> None:
    """There is none of this id."""
    with pytest.raises(NotFoundError):
        stores.tenants.choose("ten_unknown", log_days=60)
