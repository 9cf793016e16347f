"""Stand-ins for ``connections.ports.GrantStore`` and the sides of Google that give access tokens."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import SecretStr

from service.clock import Clock
from service.connections.credential import AccessToken, Delegate, Grant, TokenCredential
from service.connections.identity import Identity
from service.consent.issuing import Issuers, Refresh
from service.consent.ports import AuthorizationServer, Issuer, TokenAnswer
from service.consent.scopes import SENDING
from service.errors import ConsentError, DelegationError, NotFoundError, TokenError


def issuing(server: AuthorizationServer) -> Issuer[TokenCredential]:
    """An issuer for an installation that has grants only."""
    return Issuers(grants=Refresh(server), delegates=NoDelegates())


class NoDelegates:
    """An issuer that knows no delegation."""

    def issue(self, credential: Delegate) -> TokenAnswer:
        """Never a token."""
        raise DelegationError("delegation-denied", credential.delegation_id)


class FakeGrantStore:
    """Keeps grants in memory, as the port says; no delegates.

    Attributes:
        revoked: grant id → code and time of those that were marked.
        stored: who kept a token, and when.
    """

    def __init__(self, *grants: Grant) -> None:
        self._grants = {grant.id: grant for grant in grants}
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()
        self.revoked: dict[str, tuple[str, datetime]] = {}
        self.stored: list[tuple[str, datetime]] = []

    def get_grant(self, grant_id: str) -> Grant:
        with self._lock:
            if grant_id not in self._grants:
                raise NotFoundError("grant")
            return self._grants[grant_id]

    def get_credential(self, credential_id: str) -> TokenCredential:
        return self.get_grant(credential_id)

    def take_refresh_lease(self, grant_id: str, owner: str, now: datetime, until: datetime) -> bool:
        with self._lock:
            holder, ends_at = self._leases.get(grant_id, (owner, now))
            if holder != owner and ends_at > now:
                return False
            self._leases[grant_id] = (owner, until)
            return True

    def store_access(
        self, grant_id: str, owner: str, access: AccessToken, refresh_token: str | None, now: datetime
    ) -> None:
        with self._lock:
            grant = replace(self._grants[grant_id], access=access)
            if refresh_token is not None:
                grant = replace(grant, refresh_token=SecretStr(refresh_token))
            self._grants[grant_id] = grant
            self._leases.pop(grant_id, None)
            self.stored.append((owner, now))

    def end_refresh_lease(self, grant_id: str, owner: str) -> None:
        with self._lock:
            if self._leases.get(grant_id, ("", None))[0] == owner:
                del self._leases[grant_id]

    def mark_revoked(self, grant_id: str, owner: str, code: str, now: datetime) -> None:
        self.revoked[grant_id] = (code, now)
        self.end_refresh_lease(grant_id, owner)

    def is_leased(self, grant_id: str) -> bool:
        """Whether somebody holds the lease."""
        return grant_id in self._leases


class FakeAuthorizationServer:
    """Gives numbered tokens and counts its calls.

    Attributes:
        failure: what the next calls raise instead.
        answer: what an exchange gives.
        identity: whom every ID token names.
        refreshed: the refresh tokens that were used.
        revoked: the tokens that were revoked.
        rotated: the new refresh token that a refresh gives.
        gate: a refresh waits for it.
    """

    client_id = "client"

    def __init__(self, clock: Clock, origin: str = "https://accounts.example") -> None:
        self._clock = clock
        self._origin = origin
        self.failure: TokenError | ConsentError | None = None
        self.answer = TokenAnswer(
            SecretStr("access-0"),
            clock.now() + timedelta(hours=1),
            SecretStr("refresh-0"),
            SENDING,
            "id-token",
        )
        self.identity = Identity("sub-1", "rechnung@muster.example", "Muster GmbH")
        self.refreshed: list[str] = []
        self.identified: list[tuple[str, str]] = []
        self.rotated: SecretStr | None = None
        self.revoked: list[str] = []
        self.exchanged: list[tuple[str, str]] = []
        self.asked: list[dict[str, object]] = []
        self.gate = threading.Event()
        self.gate.set()

    def authorization_url(
        self, *, state: str, nonce: str, verifier: str, scopes: frozenset[str], login_hint: str | None
    ) -> str:
        self.asked.append(
            {"state": state, "nonce": nonce, "verifier": verifier, "scopes": scopes, "login_hint": login_hint}
        )
        return f"{self._origin}/auth?state={state}"

    def sign_in_url(self, *, state: str, nonce: str, verifier: str) -> str:
        self.asked.append({"state": state, "nonce": nonce, "verifier": verifier})
        return f"{self._origin}/auth?state={state}"

    def exchange(self, *, code: str, verifier: str) -> TokenAnswer:
        if self.failure is not None:
            raise self.failure
        self.exchanged.append((code, verifier))
        return self.answer

    def identify(self, id_token: str, *, nonce: str) -> Identity:
        self.identified.append((id_token, nonce))
        return self.identity

    def refresh(self, refresh_token: SecretStr) -> TokenAnswer:
        self.refreshed.append(refresh_token.get_secret_value())
        self.gate.wait(20)
        if self.failure is not None:
            raise self.failure
        return TokenAnswer(
            SecretStr(f"access-{len(self.refreshed)}"),
            self._clock.now() + timedelta(hours=1),
            self.rotated,
            frozenset(),
        )

    def revoke(self, token: SecretStr) -> None:
        if self.failure is not None:
            raise self.failure
        self.revoked.append(token.get_secret_value())
