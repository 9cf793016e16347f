"""A connection is one mailbox of one tenant."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAILTO = "mailto:"  # before an address that stands for an account whose ``sub`` is not known


class AccountKind(StrEnum):
    """What sort of mailbox it is: Google's limits depend on it."""

    CONSUMER = "consumer"
    WORKSPACE = "workspace"
    RELAY = "relay"
    OTHER = "other"


class ConnectionStatus(StrEnum):
    """Whether the mailbox can be used; the words of the API."""

    CONNECTED = "connected"
    NEEDS_RECONNECT = "needs_reconnect"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Connection:
    """One mailbox of one tenant.

    Attributes:
        address: the mailbox's own address.
        subject_id: Google's ``sub``: the account's name that never changes; ``mailto:`` and the address
            where no consent has told it.
        display_name: default display name of From; ``None`` for none.
        status: ``paused`` by a person, ``needs_reconnect`` by Google's refusal.
        status_code: problem code behind ``needs_reconnect``, else ``None``.
        held_until: a limit pauses the mailbox until then; ``None`` when nothing holds it.
        held_code: problem code behind ``held_until``.
        credential_id: the grant of its owner; ``None`` after a disconnect, and where it sends without one.
        scopes: what the grant allows, as Google's full scope URLs.
        locale: the language in which its owner connected it, ``de`` or ``en``; ``None`` where nobody knows.
        last_sent_at: when a mail last left; two looks at one mailbox may differ in it.
        aliases: verified other addresses of the mailbox, lower case; allowed as From, as the own one is.
    """

    id: str
    tenant_id: str
    address: str
    subject_id: str
    display_name: str | None
    status: ConnectionStatus
    status_code: str | None
    held_until: datetime | None
    held_code: str | None
    credential_id: str | None
    scopes: frozenset[str]
    created_at: datetime
    last_sent_at: datetime | None = field(compare=False)
    aliases: frozenset[str] = frozenset()
    account_kind: AccountKind = AccountKind.CONSUMER
    locale: str | None = None

    @property
    def google_subject_id(self) -> str | None:
        """Google's ``sub``, where a consent has told it."""
        return None if self.subject_id.startswith(MAILTO) else self.subject_id

    def may_send_as(self, address: str) -> bool:
        """Whether this may stand in From."""
        return address.lower() == self.address.lower() or address.lower() in self.aliases
