"""What this room needs from outside: where set-ups are kept, and Google's word on a signed request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from service.connections.delegation import Delegation, SenderChange, SenderCheck, ServiceKey
from service.consent.ports import TokenAnswer


class DelegationStore(Protocol):
    """Keeps set-ups, keys sealed. Every look-up demands the tenant: another tenant's row is not found.

    A sender's connection gets the delegation's ways at the end of its route, or is made. A sender that is
    removed loses them in the same transaction: the ways break with the code ``sender-removed``, the kept
    access token is forgotten, and what is about to leave is held (``OutboxStore.hand_over``).
    """

    def add_delegation(
        self, delegation: Delegation, key: ServiceKey | None, at: datetime, actor: str
    ) -> SenderChange:
        """Keep a new set-up and connect its senders, with the event ``delegation.created``."""

    def get_delegation(self, tenant_id: str, delegation_id: str) -> Delegation:
        """One set-up.

        Raises:
            NotFoundError: unknown, removed, or of another tenant.
        """

    def delegations(self, tenant_id: str) -> list[Delegation]:
        """The tenant's set-ups, oldest first."""

    def open_key(self, delegation: Delegation) -> ServiceKey | None:
        """The key, opened; ``None`` where the set-up is key-less.

        Raises:
            NotFoundError: the set-up was removed.
            SealError: it cannot be opened.
        """

    def set_senders(
        self,
        tenant_id: str,
        delegation_id: str,
        senders: frozenset[str],
        at: datetime,
        actor: str,
        *,
        seen: frozenset[str] | None = None,
    ) -> SenderChange:
        """Replace the allow-list (lower case), with the event ``delegation.senders_changed``.

        A sender whose connection was disconnected since is connected again. Raises as ``get_delegation``,
        and ``PreconditionFailedError`` where the list is no longer as it was ``seen``.
        """

    def note_check(self, tenant_id: str, delegation_id: str, check: SenderCheck) -> Delegation:
        """Keep how the last verification ended; of a sender, while it is on the allow-list.

        Raises as ``get_delegation``.
        """

    def remove_delegation(self, tenant_id: str, delegation_id: str, at: datetime, actor: str) -> SenderChange:
        """Forget the key and all its senders, with the event ``delegation.removed``.

        Raises as ``get_delegation``.
        """


@dataclass(frozen=True, slots=True)
class Impersonation:
    """What is signed (RFC 7523 §3): a service account's wish to act for one user.

    Attributes:
        key: ``None`` where the operator's workload identity signs.
        subject: the user; checked against the allow-list by whoever makes this.
        scopes: full scope URLs, at least one.
    """

    account: str
    key: ServiceKey | None = field(repr=False)
    subject: str
    scopes: frozenset[str]


class DelegationServer(Protocol):
    """Google's token endpoint for service accounts. No call repeats itself."""

    def impersonate(self, wish: Impersonation) -> TokenAnswer:
        """Sign the wish and trade it for the user's access token (RFC 7523 §2.1).

        Raises:
            DelegationError, AppBlockedError, ClockSkewError: only an admin or the operator can mend it.
            TokenEndpointUnavailableError: no usable answer; nobody is to blame.
        """


class MailboxProbe(Protocol):
    """Looks whether a user has a mailbox."""

    def address(self, token: SecretStr) -> str:
        """The mailbox's own address; needs ``gmail.metadata`` or more.

        Raises:
            DeliveryError: one of its leaves; ``gmail-not-enabled`` for a user without a mailbox.
        """
