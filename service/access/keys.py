"""Making, rolling and ending API keys."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from service.access.api_key import ApiKey, Right, generate, hash_key
from service.access.ports import ApiKeyStore
from service.clock import Clock
from service.errors import KeyEndedError

MAX_NAME = 100  # characters


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that shall be made.

    Attributes:
        id: chosen by the caller, so that the same wish twice makes one key.
        connection_ids: the only connections it may use; ``None`` for all of the tenant.
        lifetime: ``None`` for no end.
    """

    id: str
    tenant_id: str
    name: str
    rights: frozenset[Right]
    connection_ids: frozenset[str] | None = None
    lifetime: timedelta | None = None


class ApiKeys:
    """The desk for API keys. A secret is given out once, and never kept."""

    def __init__(self, keys: ApiKeyStore, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def of_tenant(self, tenant_id: str) -> list[ApiKey]:
        """The tenant's keys, oldest first."""
        return self._keys.of_tenant(tenant_id)

    def get(self, tenant_id: str, key_id: str) -> ApiKey:
        """One key. Raises ``NotFoundError``."""
        return self._keys.get(tenant_id, key_id)

    def create(self, new: NewKey) -> tuple[ApiKey, SecretStr]:
        """Make a key; answers it with its secret.

        Raises:
            KeyExistsError: the same wish was fulfilled before.
        """
        key, secret = self._made(new)
        self._keys.add(key)
        return key, secret

    def roll(self, tenant_id: str, key_id: str, new_id: str, overlap: timedelta) -> tuple[ApiKey, SecretStr]:
        """Make a key that may do the same; the old one ends after ``overlap``, if not before.

        The new one lives as long as the old one was meant to, also when that was replaced before.

        Raises:
            NotFoundError: as ``get``.
            KeyEndedError: the old one is not valid any more.
            KeyExistsError: as ``create``.
        """
        old, now = self._keys.get(tenant_id, key_id), self._clock.now()
        if not old.is_valid(now):
            raise KeyEndedError
        key, secret = self._made(
            NewKey(new_id, tenant_id, old.name, old.rights, old.connection_ids, old.lifetime)
        )
        self._keys.replace(old, key, now + overlap)
        return key, secret

    def revoke(self, tenant_id: str, key_id: str) -> None:
        """End a key at once; ending it twice is fine. Raises as ``get``."""
        self._keys.revoke(tenant_id, key_id, self._clock.now())

    def _made(self, new: NewKey) -> tuple[ApiKey, SecretStr]:
        public, secret = generate()
        now = self._clock.now()
        key = ApiKey(
            id=new.id,
            tenant_id=new.tenant_id,
            name=new.name,
            public=public,
            secret_hash=hash_key(secret.get_secret_value()),
            rights=new.rights,
            connection_ids=new.connection_ids,
            created_at=now,
            expires_at=None if new.lifetime is None else now + new.lifetime,
            revoked_at=None,
            last_used_at=None,
            lifetime=new.lifetime,
        )
        return key, secret
