"""Who asks: an API key in ``Authorization: Bearer``, and what it may do."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Request

from service.access.api_key import ApiKey, Right, hash_key, public_part
from service.access.ports import ApiKeyStore
from service.clock import Clock
from service.errors import ForbiddenError, StorageError, UnauthenticatedError

FRESH = timedelta(seconds=1)  # after which a revoked key is no longer believed
TOUCH_EVERY = timedelta(minutes=1)
_MOST_KEYS = 10_000
_SCHEME = "bearer "
_IN_QUERY = ("pa_live_", "pa_test_", "api_key=", "access_token=")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and for which tenant."""

    key: ApiKey

    @property
    def tenant_id(self) -> str:
        """Whose things may be seen."""
        return self.key.tenant_id

    @property
    def actor(self) -> str:
        """For the timeline."""
        return f"api-key:{self.key.public} ({self.key.name})"

    @property
    def connection_ids(self) -> frozenset[str] | None:
        """The only connections it may use; ``None`` for all of the tenant."""
        return self.key.connection_ids

    def may_use(self, connection_id: str) -> bool:
        """Whether the key may use this connection."""
        return self.connection_ids is None or connection_id in self.connection_ids

    def check_connection(self, connection_id: str) -> None:
        """Refuse a connection that the key is not for, whether there is one or not.

        Raises:
            ForbiddenError: it may not use it.
        """
        if not self.may_use(connection_id):
            raise ForbiddenError


class Authentication:
    """Reads keys. A key once looked up is believed for a second."""

    def __init__(self, keys: ApiKeyStore, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._known: dict[str, tuple[datetime, ApiKey]] = {}
        self._touched: dict[str, datetime] = {}

    def caller(self, request: Request, rights: frozenset[Right]) -> Caller:
        """The caller of a request, who needs one of these rights.

        Raises:
            UnauthenticatedError: no key, or one that is malformed, unknown, revoked, expired or in the query.
            ForbiddenError: the key has none of the rights.
        """
        key = self._key(request.environ)
        if key.rights.isdisjoint(rights):
            raise ForbiddenError
        return Caller(key)

    def needs_touch(self, caller: Caller) -> bool:
        """Whether the key's last use is to be noted; ``True`` once a minute."""
        now = self._clock.now()
        before = self._touched.get(caller.key.id)
        if before is not None and now - before < TOUCH_EVERY:
            return False
        _bound(self._touched)
        self._touched[caller.key.id] = now
        return True

    def touch(self, caller: Caller) -> None:
        """Note the last use; called when the answer has left."""
        try:
            self._keys.touch(caller.key.id, self._clock.now())
        except StorageError as error:
            log.warning("last use of a key not noted", key=caller.key.id, error=error.code)

    def _key(self, environ: dict[str, str]) -> ApiKey:
        query = environ.get("QUERY_STRING", "")
        if query and any(mark in query for mark in _IN_QUERY):
            raise UnauthenticatedError
        header = environ.get("HTTP_AUTHORIZATION", "")
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise UnauthenticatedError
        secret = header[len(_SCHEME) :].strip()
        public = public_part(secret)
        now = self._clock.now()
        key = None if public is None else self._find(public, now)
        if key is None or not hmac.compare_digest(hash_key(secret), key.secret_hash) or not key.is_valid(now):
            raise UnauthenticatedError
        return key

    def _find(self, public: str, now: datetime) -> ApiKey | None:
        known = self._known.get(public)
        if known is not None and timedelta(0) <= now - known[0] < FRESH:
            return known[1]
        key = self._keys.find(public)
        if key is not None:
            _bound(self._known)
            self._known[public] = (now, key)
        return key


def _bound(table: dict[str, Any]) -> None:
    """Forget everything rather than grow without end."""
    if len(table) >= _MOST_KEYS:
        table.clear()
