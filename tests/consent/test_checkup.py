"""The daily check of grants: one that proves nothing must not keep the others from being checked."""

from datetime import timedelta

import pytest

from service.consent.checkup import AGAIN, AGE, Checkup
from service.consent.refresh import AccessTokens
from service.errors import AccountNotAllowedError, AppBlockedError, TokenError
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.grants import FakeAuthorizationServer, issuing
from tests.fakes.outbox import add_tenant, connect

CLIENT_ID = "client.apps.googleusercontent.com"  # of the grants that ``connect`` makes


@pytest.mark.parametrize("refusal", [AppBlockedError, AccountNotAllowedError])
def test_a_grant_that_an_admin_blocks_keeps_none_from_being_checked(
    stores: Stores, clock: FakeClock, refusal: type[TokenError]
) -> None:
    """It is put off for an hour; the next run takes the next grant, whose death would be known too late."""
    tenant_id = add_tenant(stores, clock.now())
    blocked = connect(stores, tenant_id, clock.now())
    clock.advance(1)
    living = connect(stores, tenant_id, clock.now())
    clock.advance((AGE + timedelta(minutes=1)).total_seconds())
    server, alive = FakeAuthorizationServer(clock), list[str]()
    server.client_id = CLIENT_ID
    tokens = AccessTokens(grants=stores.grants, issuer=issuing(server), clock=clock)
    checkup = Checkup(grants=stores.grant_checks, tokens=tokens, clock=clock, then=alive.append)

    server.failure = refusal()
    first = checkup.run_once()
    server.failure = None
    second = checkup.run_once()
    clock.advance(AGAIN.total_seconds() + 1)
    third = checkup.run_once()

    assert (first, second, third) == (0, 1, 1)
    assert alive == [living.credential_id, blocked.credential_id]
