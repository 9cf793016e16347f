"""Tokens for delegates: nobody is named to Google whom the tenant has not named to us."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from service.connections.credential import Delegate
from service.connections.delegation import Delegation
from service.consent.issuing import Issuers, Refresh
from service.consent.refresh import AccessTokens
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.errors import DelegationError, NotFoundError
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.delegations import (
    ACCOUNT,
    ACTOR,
    ALICE,
    BOB,
    SEND,
    FakeDelegationServer,
    add_delegation,
    make_delegation,
    make_key,
)
from tests.fakes.grants import FakeAuthorizationServer
from tests.fakes.outbox import add_tenant


@pytest.fixture
def tenant_id(stores: Stores, clock: FakeClock) -> str:
    """A company."""
    return add_tenant(stores, clock.now())


@pytest.fixture
def google(clock: FakeClock) -> FakeDelegationServer:
    return FakeDelegationServer(clock)


@pytest.fixture
def issuer(stores: Stores, google: FakeDelegationServer, tenant_id: str) -> DelegateTokens:
    """Key-less for one account of the tenant."""
    keyless = KeylessAccounts(frozenset({(tenant_id, ACCOUNT)}))
    return DelegateTokens(delegations=stores.delegations, server=google, keyless=keyless)


def _delegate(delegation: Delegation, address: str = ALICE) -> Delegate:
    return Delegate("dgt_1", delegation.tenant_id, "con_1", delegation.id, address, frozenset({SEND}), None)


def test_a_wish_names_the_account_its_key_and_the_user(
    issuer: DelegateTokens, stores: Stores, google: FakeDelegationServer, tenant_id: str, clock: FakeClock
) -> None:
    """As they are kept at this moment."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)

    answer = issuer.issue(_delegate(delegation))

    [wish] = google.wishes
    assert (wish.account, wish.subject, wish.scopes) == (ACCOUNT, ALICE, frozenset({SEND}))
    assert wish.key == make_key()
    assert answer.access_token == SecretStr("ya29.delegated-1")


def test_the_list_is_read_anew_each_time(
    issuer: DelegateTokens, stores: Stores, google: FakeDelegationServer, tenant_id: str, clock: FakeClock
) -> None:
    """A delegate that was read before the removal gets nothing after it."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    delegate = _delegate(delegation)
    stores.delegations.set_senders(tenant_id, delegation.id, frozenset({BOB}), clock.now(), ACTOR)

    with pytest.raises(DelegationError) as raised:
        issuer.issue(delegate)

    assert raised.value.code == "sender-not-allowed"
    assert google.wishes == []


def test_a_removed_set_up_and_another_tenants_sign_for_nobody(
    issuer: DelegateTokens, stores: Stores, google: FakeDelegationServer, tenant_id: str, clock: FakeClock
) -> None:
    """However the delegate came to name it."""
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    foreign = replace(_delegate(delegation), tenant_id=add_tenant(stores, clock.now()))
    with pytest.raises(DelegationError):
        issuer.issue(foreign)
    stores.delegations.remove_delegation(tenant_id, delegation.id, clock.now(), ACTOR)

    with pytest.raises(DelegationError):
        issuer.issue(_delegate(delegation))

    assert google.wishes == []


def test_a_keyless_account_is_signed_for_only_for_its_tenant(
    issuer: DelegateTokens, stores: Stores, google: FakeDelegationServer, tenant_id: str, clock: FakeClock
) -> None:
    """The operator's identity could sign for the accounts of all of them."""
    other = add_tenant(stores, clock.now())
    own, foreign = (make_delegation(name, clock.now(), ALICE, key_id=None) for name in (tenant_id, other))
    for delegation in (own, foreign):
        stores.delegations.add_delegation(delegation, None, clock.now(), ACTOR)

    issuer.issue(_delegate(own))
    with pytest.raises(DelegationError) as raised:
        issuer.issue(_delegate(foreign))

    assert raised.value.code == "delegation-keyless-denied"
    assert [wish.key for wish in google.wishes] == [None]


def test_a_delegates_token_is_kept_and_shared_like_a_grants(
    issuer: DelegateTokens, stores: Stores, google: FakeDelegationServer, tenant_id: str, clock: FakeClock
) -> None:
    """Two processes make one call; after the removal neither finds it any more."""
    server = FakeAuthorizationServer(clock)
    both = [
        AccessTokens(
            grants=stores.grants,
            issuer=Issuers(grants=Refresh(server), delegates=issuer),
            clock=clock,
        )
        for _ in range(2)
    ]
    delegation = add_delegation(stores, tenant_id, clock.now(), ALICE)
    [mailbox] = stores.connections.of_tenant(tenant_id)
    [state] = stores.connections.route(tenant_id, mailbox.id)
    name = state.way.credential_id

    assert {tokens.token(name) for tokens in both} == {SecretStr("ya29.delegated-1")}
    assert len(google.wishes) == 1
    assert server.refreshed == []
    stores.delegations.set_senders(tenant_id, delegation.id, frozenset(), clock.now(), ACTOR)
    clock.advance(3600)
    for tokens in both:
        with pytest.raises(NotFoundError):
            tokens.token(name)
    assert len(google.wishes) == 1
