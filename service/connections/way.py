"""The ways by which a mailbox can send, and their order: its route."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Way:
    """One way of one connection.

    Attributes:
        credential_id: what opens it; the grant, the password, the delegation.
    """

    credential_id: str
    kind: WayKind
