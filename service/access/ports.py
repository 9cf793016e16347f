"""What this room needs from outside: where tenants, keys, sessions and accounts are kept."""

from datetime import datetime
from typing import Protocol, Unpack

from service.access.api_key import ApiKey
from service.access.member import Member, Role
from service.access.session import Session, SessionLink
from service.access.tenant import Choices, Tenant


class TenantStore(Protocol):
    """Keeps tenants."""

    def add(self, tenant: Tenant) -> None:
        """Keep a new tenant."""

    def get(self, tenant_id: str) -> Tenant:
        """One tenant.

        Raises:
            NotFoundError: there is none of this id.
        """

    def choose(self, tenant_id: str, **choices: Unpack[Choices]) -> Tenant:
        """Change these choices and no other one; the tenant as it is then. Raises as ``get``."""

    def change(self, tenant: Tenant, seen: Tenant) -> None:
        """Keep what the tenant has chosen, and its name, if all of it is still as it was ``seen``.

        Raises:
            NotFoundError: as ``get``.
            PreconditionFailedError: it was changed meanwhile.
        """

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
        """The session of this cookie, with the role and the address that its account has now.

        Returns: ``None`` when it is unknown or expired, when its account is gone, or when what made the link
        that opened it is: an API key that is revoked or expired, a person without an account, or a member.
        """

    def set_locale(self, session_id: str, locale: str) -> None:
        """Remember the chosen language, in the account too when there is one."""

    def end(self, session_id: str) -> None:
        """Sign out."""

    def end_all(self, member_id: str) -> None:
        """Sign the person out everywhere: all sessions of all accounts of the same Google account."""

    def add_link(self, link: SessionLink, secret_hash: str, at: datetime) -> None:
        """Keep a one-time link."""

    def find_link(self, secret_hash: str, now: datetime) -> SessionLink | None:
        """An unused link that is not too old, nor of a maker as in ``find``; looking does not use it up."""

    def use_link(self, secret_hash: str, now: datetime) -> SessionLink | None:
        """Use it up; ``None`` where ``find_link`` finds none."""


class MemberStore(Protocol):
    """Keeps accounts. A tenant has one for each address, and one for each Google account."""

    def add(self, member: Member) -> None:
        """Keep a new account.

        Raises:
            MemberExistsError: there is one of this address, or of this Google account.
        """

    def of_tenant(self, tenant_id: str) -> list[Member]:
        """The tenant's accounts, by address."""

    def operators(self) -> list[Member]:
        """The accounts of operators, by address: of those who have signed in with Google once."""

    def of_person(self, subject_id: str, address: str) -> list[Member]:
        """Every account of this Google account or of this address in lower case, oldest first."""

    def of_same_person(self, member_id: str) -> list[Member]:
        """The account and all others of the same Google account, oldest first."""

    def note_sign_in(self, member_id: str, subject_id: str, at: datetime) -> bool:
        """Keep Google's name of the account and the time.

        Returns: ``False`` when the account is gone or has got another subject in the meantime.
        """

    def change_role(self, tenant_id: str, member_id: str, role: Role) -> Member:
        """Change the role; ``SessionStore.find`` tells it from then on.

        Raises:
            NotFoundError: unknown, or of another tenant.
            LastAdminError: the tenant would be left without an admin.
        """

    def remove(self, tenant_id: str, member_id: str) -> None:
        """Remove the account and end its sessions at once. Raises as ``change_role``."""

    def remove_operator(self, address: str) -> None:
        """Remove an operator's account and end its sessions at once.

        Raises:
            NotFoundError: no operator of this address, in lower case, has signed in.
        """
