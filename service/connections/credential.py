"""What opens a mailbox: for now the grant that its owner gave at Google."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A short-lived key to Google's APIs (RFC 6749 §1.4)."""

    value: SecretStr
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """One person's consent: a refresh token and what it allows.

    Attributes:
        client_id: the OAuth client that it was given to; another client cannot use it.
        scopes: what was really granted, as full scope URLs.
        access: the newest access token, ``None`` before the first refresh.
    """

    id: str
    tenant_id: str
    connection_id: str
    client_id: str
    scopes: frozenset[str]
    refresh_token: SecretStr
    access: AccessToken | None
