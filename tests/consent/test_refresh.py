"""Access tokens: one refresh at a time, and every failure blames the right one."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from service.connections.credential import AccessToken, Grant
from service.consent.refresh import LEASE_S, MARGIN_S, AccessTokens
from service.errors import (
    GrantRevokedError,
    NotFoundError,
    OAuthClientError,
    ServiceError,
    TokenEndpointUnavailableError,
)
from service.storage.stores import Stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.grants import FakeAuthorizationServer, FakeGrantStore, issuing
from tests.fakes.outbox import add_tenant, make_grant, make_identity

GRANT = Grant("grt_1", "ten_1", "con_1", "client", frozenset(), SecretStr("refresh-1"), None)


@pytest.fixture
def server(clock: FakeClock) -> FakeAuthorizationServer:
    return FakeAuthorizationServer(clock)


@pytest.fixture
def grants() -> FakeGrantStore:
    return FakeGrantStore(GRANT)


@pytest.fixture
def tokens(grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock) -> AccessTokens:
    return AccessTokens(grants=grants, issuer=issuing(server), clock=clock)


class CountingLock:
    """A lock that opens a gate as soon as so many threads have come to it."""

    def __init__(self, expected: int, gate: threading.Event) -> None:
        self._expected = expected
        self._gate = gate
        self._counting = threading.Lock()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._counting:
            self._expected -= 1
            if self._expected == 0:
                self._gate.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def in_threads(count: int, call: Callable[[], SecretStr]) -> list[str]:
    """What each of many threads that start together got: a token, or the name of an error."""
    got: list[str] = []
    together = threading.Barrier(count)

    def run() -> None:
        together.wait(20)
        try:
            got.append(call().get_secret_value())
        except ServiceError as error:
            got.append(type(error).__name__)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_fifty_threads_make_one_token_call(tokens: AccessTokens, server: FakeAuthorizationServer) -> None:
    """Whoever comes while a refresh runs waits for it and uses its token."""
    assert in_threads(50, lambda: tokens.token("grt_1")) == ["access-1"] * 50
    assert server.refreshed == ["refresh-1"]


def test_fifty_threads_over_the_real_store_make_one_token_call(
    stores: Stores, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """The same on SQLite and on PostgreSQL, and with two processes' worth of caches."""
    tenant_id = add_tenant(stores, clock.now())
    grant = replace(make_grant(tenant_id), client_id="client")
    stores.connections.connect(tenant_id, make_identity(), grant, clock.now())
    both = [AccessTokens(grants=stores.grants, issuer=issuing(server), clock=clock) for _ in range(2)]
    turns = iter(both * 25)

    got = in_threads(50, lambda: next(turns).token(grant.id))

    assert got == ["access-1"] * 50
    assert len(server.refreshed) == 1
    assert stores.grants.get_grant(grant.id).access == AccessToken(
        SecretStr("access-1"), clock.now() + timedelta(hours=1)
    )


def test_a_token_is_used_until_a_minute_before_its_end(
    tokens: AccessTokens, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """Then, and not before, it is refreshed."""
    tokens.token("grt_1")
    clock.advance(3600 - MARGIN_S - 1)
    assert tokens.token("grt_1") == SecretStr("access-1")

    clock.advance(1)

    assert tokens.token("grt_1") == SecretStr("access-2")
    assert len(server.refreshed) == 2


def test_a_token_that_another_process_stored_is_used(
    server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """A fresh token in the store needs no call and no lease."""
    access = AccessToken(SecretStr("stored"), START + timedelta(hours=1))
    tokens = AccessTokens(
        grants=FakeGrantStore(replace(GRANT, access=access)), issuer=issuing(server), clock=clock
    )

    assert tokens.token("grt_1") == SecretStr("stored")
    assert not server.refreshed


def test_a_rotated_refresh_token_is_kept_before_the_access_token_is_used(
    tokens: AccessTokens, grants: FakeGrantStore, server: FakeAuthorizationServer
) -> None:
    """Without a new one the old one stays."""
    tokens.token("grt_1")
    assert grants.get_grant("grt_1").refresh_token == SecretStr("refresh-1")
    server.rotated = SecretStr("refresh-2")

    tokens.renewed("grt_1", SecretStr("access-1"))

    assert grants.get_grant("grt_1").refresh_token == SecretStr("refresh-2")
    assert not grants.is_leased("grt_1")


def test_a_rejected_token_is_renewed_once_for_all(
    tokens: AccessTokens, server: FakeAuthorizationServer
) -> None:
    """Fifty threads whose token was refused share one new one."""
    rejected = tokens.token("grt_1")

    assert in_threads(50, lambda: tokens.renewed("grt_1", rejected)) == ["access-2"] * 50
    assert len(server.refreshed) == 2


def test_a_token_that_was_renewed_meanwhile_is_not_renewed_again(
    tokens: AccessTokens, grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """Another process has already stored a newer token than the refused one."""
    rejected = tokens.token("grt_1")
    newer = AccessToken(SecretStr("newer"), clock.now() + timedelta(hours=1))
    grants.store_access("grt_1", "other", newer, None, clock.now())

    assert tokens.renewed("grt_1", rejected) == SecretStr("newer")
    assert len(server.refreshed) == 1


def test_invalid_grant_marks_the_grant(
    tokens: AccessTokens, grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """Only the owner can mend it; the grant is marked, not deleted."""
    server.failure = GrantRevokedError()

    with pytest.raises(GrantRevokedError):
        tokens.token("grt_1")

    assert grants.revoked == {"grt_1": ("connection-revoked", clock.now())}
    assert grants.get_grant("grt_1") == GRANT
    assert not grants.is_leased("grt_1")


@pytest.mark.parametrize("failure", [OAuthClientError(), TokenEndpointUnavailableError("503")])
def test_other_failures_mark_nothing(
    tokens: AccessTokens, grants: FakeGrantStore, server: FakeAuthorizationServer, failure: ServiceError
) -> None:
    """The operator or nobody is to blame; the lease ends and the next call tries again."""
    server.failure = failure  # type: ignore[assignment]  # both are token errors

    with pytest.raises(type(failure)):
        tokens.token("grt_1")

    assert not grants.revoked
    assert not grants.is_leased("grt_1")
    server.failure = None
    assert tokens.token("grt_1") == SecretStr("access-2")


def test_threads_that_waited_for_a_failure_do_not_repeat_it(
    tokens: AccessTokens, server: FakeAuthorizationServer
) -> None:
    """Fifty threads during an outage make one call, and all of them hear of it."""
    server.failure = TokenEndpointUnavailableError("503")
    server.gate.clear()
    tokens._slot("grt_1").lock = CountingLock(50, server.gate)  # type: ignore[assignment]  # used as one

    got = in_threads(50, lambda: tokens.token("grt_1"))

    assert got == ["TokenEndpointUnavailableError"] * 50
    assert len(server.refreshed) == 1


def test_a_grant_of_another_client_is_not_tried(
    grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """A mix-up of client files holds the mail; it must not look like a revoked grant."""
    other = FakeGrantStore(replace(GRANT, client_id="another"))
    tokens = AccessTokens(grants=other, issuer=issuing(server), clock=clock)

    with pytest.raises(OAuthClientError):
        tokens.token("grt_1")

    assert not server.refreshed
    assert not other.revoked


def test_a_grant_that_is_gone_is_said(tokens: AccessTokens) -> None:
    """Reconnected or disconnected since the claim."""
    with pytest.raises(NotFoundError):
        tokens.token("grt_gone")


def test_a_loser_waits_for_the_winners_token(
    grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """While another process holds the lease, the store is asked again and again, and nothing is called."""
    grants.take_refresh_lease("grt_1", "other", clock.now(), clock.now() + timedelta(seconds=LEASE_S))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            access = AccessToken(SecretStr("theirs"), clock.now() + timedelta(hours=1))
            grants.store_access("grt_1", "other", access, None, clock.now())

    tokens = AccessTokens(grants=grants, issuer=issuing(server), clock=clock, pause=pause)

    assert tokens.token("grt_1") == SecretStr("theirs")
    assert len(pauses) == 3
    assert max(pauses) <= 0.05
    assert not server.refreshed


def test_a_dead_refresher_is_succeeded(
    grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """After its lease ran out somebody else refreshes."""
    grants.take_refresh_lease("grt_1", "dead", clock.now(), clock.now() + timedelta(seconds=LEASE_S))

    def pause(seconds: float) -> None:
        clock.advance(seconds)

    tokens = AccessTokens(grants=grants, issuer=issuing(server), clock=clock, pause=pause)

    assert tokens.token("grt_1") == SecretStr("access-1")
    assert len(server.refreshed) == 1


def test_nobody_waits_for_ever(
    grants: FakeGrantStore, server: FakeAuthorizationServer, clock: FakeClock
) -> None:
    """A lease that is renewed again and again by others ends the wait with a passing error."""
    grants.take_refresh_lease("grt_1", "other", clock.now(), clock.now() + timedelta(hours=1))
    tokens = AccessTokens(grants=grants, issuer=issuing(server), clock=clock, pause=lambda _: None)

    with pytest.raises(TokenEndpointUnavailableError):
        tokens.token("grt_1")


def test_an_end_of_the_store_ends_the_lease(
    tokens: AccessTokens, grants: FakeGrantStore, server: FakeAuthorizationServer
) -> None:
    """Whatever goes wrong in the middle, the next one need not wait for the lease to run out."""
    server.failure = NotFoundError("grant")  # type: ignore[assignment]  # stands for any other error

    with pytest.raises(NotFoundError):
        tokens.token("grt_1")

    assert not grants.is_leased("grt_1")
