"""What this room needs from outside: where tenants, keys, sessions and login links are kept."""

from datetime import datetime
from typing import Protocol

from service.access.api_key import ApiKey
from service.access.session import Session
from service.access.tenant import Tenant, UncertainRule


class TenantStore(Protocol):
    """Keeps tenants."""

    def add(self, tenant: Tenant) -> None:
        """Keep a new tenant."""

    def get(self, tenant_id: str) -> Tenant:
        """One tenant.

        Raises:
            NotFoundError: there is none of this id.
        """

    def set_uncertain_rule(self, tenant_id: str, rule: UncertainRule) -> Tenant:
        """Choose what is done with unclear mail, from now on. Raises as ``get``."""

    def change(self, tenant: Tenant) -> None:
        """Keep what the tenant has chosen, and its name. Raises as ``get``."""

    def all(self) -> list[Tenant]:
        """All tenants, oldest first."""


class ApiKeyStore(Protocol):
    """Keeps API keys as hashes."""

    def add(self, key: ApiKey) -> None:
        """Keep a new key.

        Raises:
            KeyExistsError: there is one of this id.
        """

    def get(self, tenant_id: str, key_id: str) -> ApiKey:
        """One key, also one that has ended.

        Raises:
            NotFoundError: unknown, or of another tenant.
        """

    def replace(self, old: ApiKey, new: ApiKey, until: datetime) -> None:
        """Keep ``new`` as ``add`` does, and let ``old`` end then, if it does not before; both or neither."""

    def find(self, public: str) -> ApiKey | None:
        """The key of this public part, revoked and expired ones too."""

    def of_tenant(self, tenant_id: str) -> list[ApiKey]:
        """The tenant's keys, oldest first."""

    def revoke(self, tenant_id: str, key_id: str, at: datetime) -> None:
        """End a key at once; ending it twice is fine.

        Raises:
            NotFoundError: unknown, or of another tenant.
        """

    def touch(self, key_id: str, at: datetime) -> None:
        """Note the last use; callers do this at most once a minute and key."""


class SessionStore(Protocol):
    """Keeps browser sessions by the hash of their cookie, and the one-time links that open them."""

    def add(self, session: Session, secret_hash: str) -> None:
        """Keep a new session."""

    def find(self, secret_hash: str, now: datetime) -> Session | None:
        """The session of this cookie; ``None`` when unknown or expired."""

    def set_locale(self, session_id: str, locale: str) -> None:
        """Remember the chosen language."""

    def end(self, session_id: str) -> None:
        """Sign out."""

    def add_login_link(self, tenant_id: str, secret_hash: str, expires_at: datetime, at: datetime) -> None:
        """Keep a one-time login link."""

    def use_login_link(self, secret_hash: str, now: datetime) -> str | None:
        """Use it up: its tenant id, or ``None`` when unknown, used or too old."""
