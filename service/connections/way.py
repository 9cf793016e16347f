"""The ways by which a mailbox can send, and their order: its route."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WayKind(StrEnum):
    """How a mail leaves; the words of the API and of the timeline."""

    GMAIL_API = "gmail_api"
    XOAUTH2 = "smtp_xoauth2"
    DELEGATION = "delegation"
    DELEGATION_XOAUTH2 = "delegation_xoauth2"
    APP_PASSWORD = "app_password"  # noqa: S105, a word of the API
    RELAY = "relay"
    SMTP_SERVER = "smtp_server"

    @property
    def has_envelope(self) -> bool:
        """Whether recipients are named apart from the mail's head (RFC 5321); the Gmail API reads it."""
        return self not in {WayKind.GMAIL_API, WayKind.DELEGATION}

    @property
    def leaves_copy(self) -> bool:
        """Whether the mail stands in Gmail's *Sent*: what goes out by another server leaves no copy."""
        return self not in {WayKind.RELAY, WayKind.SMTP_SERVER}

    @property
    def is_delegated(self) -> bool:
        """Whether an admin allowed it for the whole domain."""
        return self in {WayKind.DELEGATION, WayKind.DELEGATION_XOAUTH2}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of one connection.

    Attributes:
        credential_id: what opens it; the grant, the password, the delegation.
    """

    credential_id: str
    kind: WayKind


class WayStatus(StrEnum):
    """Whether a way can be tried."""

    READY = "ready"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class WayState:
    """A way and what is known of it.

    Attributes:
        status: ``broken`` until its owner mends it.
        code: problem code of its last failure; ``None`` when all is well.
        blocked_until: others are tried first until then; only of a ready way.
    """

    way: Way
    status: WayStatus = WayStatus.READY
    code: str | None = None
    blocked_until: datetime | None = None
