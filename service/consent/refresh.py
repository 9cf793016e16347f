"""Access tokens: fresh ones for whoever sends, refreshed by one at a time over all threads and processes."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from pydantic import SecretStr

from service.clock import Clock
from service.connections.credential import AccessToken, TokenCredential
from service.connections.ports import GrantStore
from service.consent.ports import Issuer
from service.errors import GrantRevokedError, TokenEndpointUnavailableError, TokenError

MARGIN_S = 60.0  # a token is used no longer than until then before its end
LEASE_S = 60.0  # a refresher that is silent for longer has died: its request ends long before
POLL_S = 0.05
MAX_WAIT_S = 70.0  # longer than a lease: after a death the next one takes over

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Slot:
    """What one process knows of one credential."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    access: AccessToken | None = None
    failures: int = 0
    failure: TokenError | None = None


class AccessTokens:
    """Gives access tokens. Safe to be used by many threads at once.

    The order of a refresh is its safety: lease → read again → issue → store → use. A token is kept in
    its own transaction before anybody uses it, and a failure marks the grant but never deletes it.
    How a token is had depends on the credential, and is the issuer's business alone.
    """

    def __init__(
        self,
        *,
        grants: GrantStore,
        issuer: Issuer[TokenCredential],
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._grants = grants
        self._issuer = issuer
        self._clock = clock
        self._pause = pause
        self._owner = f"refresh-{secrets.token_hex(8)}"
        self._slots: dict[str, _Slot] = {}
        self._slots_lock = threading.Lock()

    def token(self, credential_id: str) -> SecretStr:
        """An access token with at least ``MARGIN_S`` to live.

        Raises:
            GrantRevokedError: only the owner can mend it; the grant is marked.
            AccessBlockedError: only the operator or an admin can mend it; nothing is marked.
            TokenEndpointUnavailableError: nobody is to blame; nothing is marked.
            NotFoundError: the credential was replaced or forgotten.
            SealError, StorageError: the credential cannot be read or kept.
        """
        slot = self._slot(credential_id)
        access = slot.access
        if access is not None and self._is_fresh(access):
            return access.value
        return self._take_turn(slot, credential_id, None)

    def renewed(self, credential_id: str, rejected: SecretStr) -> SecretStr:
        """Another token than the one that Google has just refused. Raises as ``token``."""
        return self._take_turn(self._slot(credential_id), credential_id, rejected)

    def _take_turn(self, slot: _Slot, credential_id: str, rejected: SecretStr | None) -> SecretStr:
        failures = slot.failures
        with slot.lock:
            if slot.failure is not None and slot.failures != failures:
                # It failed while this thread waited for it: asking again at once would be no better.
                raise type(slot.failure)(*slot.failure.args)
            access = slot.access
            if access is None or access.value == rejected or not self._is_fresh(access):
                try:
                    slot.access = access = self._obtain(credential_id, rejected)
                except TokenError as error:
                    slot.failures, slot.failure = slot.failures + 1, error
                    raise
            return access.value

    def _slot(self, credential_id: str) -> _Slot:
        with self._slots_lock:
            return self._slots.setdefault(credential_id, _Slot())

    def _is_fresh(self, access: AccessToken) -> bool:
        return access.expires_at - timedelta(seconds=MARGIN_S) > self._clock.now()

    def _obtain(self, credential_id: str, rejected: SecretStr | None) -> AccessToken:
        """The stored token where it will do, else a new one; one refresher at a time over all processes."""
        for _ in range(int(MAX_WAIT_S / POLL_S)):
            access = self._usable(self._grants.get_credential(credential_id), rejected)
            if access is not None:
                return access
            now = self._clock.now()
            until = now + timedelta(seconds=LEASE_S)
            if self._grants.take_refresh_lease(credential_id, self._owner, now, until):
                return self._refresh_leased(credential_id, rejected)
            self._pause(POLL_S)
        raise TokenEndpointUnavailableError("Another process is getting this token for too long.")

    def _refresh_leased(self, credential_id: str, rejected: SecretStr | None) -> AccessToken:
        try:
            credential = self._grants.get_credential(credential_id)
            access = self._usable(credential, rejected)
            if access is None:
                return self._issue(credential)
        except GrantRevokedError as error:
            self._grants.mark_revoked(credential_id, self._owner, error.code, self._clock.now())
            log.warning("grant revoked", grant=credential_id)
            raise
        except BaseException:
            self._grants.end_refresh_lease(credential_id, self._owner)
            raise
        self._grants.end_refresh_lease(credential_id, self._owner)
        return access

    def _issue(self, credential: TokenCredential) -> AccessToken:
        answer = self._issuer.issue(credential)
        access = AccessToken(answer.access_token, answer.expires_at)
        rotated = answer.refresh_token.get_secret_value() if answer.refresh_token else None
        self._grants.store_access(credential.id, self._owner, access, rotated, self._clock.now())
        log.info("token issued", credential=credential.id)
        return access

    def _usable(self, credential: TokenCredential, rejected: SecretStr | None) -> AccessToken | None:
        access = credential.access
        if access is None or access.value == rejected or not self._is_fresh(access):
            return None
        return access
