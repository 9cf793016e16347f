"""A connection is one mailbox of one tenant."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
        address: the mailbox's own address, and the only allowed From.
        subject_id: Google's ``sub``: the account's name that never changes.
        display_name: default display name of From; ``None`` for none.
        status: ``paused`` by a person, ``needs_reconnect`` by Google's refusal.
        status_code: problem code behind ``needs_reconnect``, else ``None``.
        held_until: a limit pauses the mailbox until then; ``None`` when nothing holds it.
        held_code: problem code behind ``held_until``.
        credential_id: the grant that it sends with; ``None`` after a disconnect.
        scopes: what the grant allows, as Google's full scope URLs.
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
    last_sent_at: datetime | None
