"""What opens a mailbox: the grant that its owner gave at Google, or a login at a mail server."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

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


class Encryption(StrEnum):
    """How a mail server is spoken to; never in clear text."""

    TLS = "tls"  # implicit, usually port 465 (RFC 8314 §3.3)
    STARTTLS = "starttls"  # required, usually port 587 (RFC 3207)


@dataclass(frozen=True, slots=True)
class MailServer:
    """A submission server.

    Attributes:
        host: a DNS name; the certificate must name it.
    """

    host: str
    port: int
    encryption: Encryption

    @classmethod
    def parse(cls, url: str) -> Self:
        """The server of ``tls://host:465`` or ``starttls://host:587``. Raises ``ValueError``."""
        parts = urlsplit(url)
        if not parts.hostname or parts.port is None or parts.path or parts.query or parts.username:
            raise ValueError("a mail server reads tls://host:465 or starttls://host:587")
        return cls(parts.hostname, parts.port, Encryption(parts.scheme))


@dataclass(frozen=True, slots=True)
class MailLogin:
    """An account at a mail server.

    Attributes:
        user: ``None`` where the server knows us by our address (Workspace relay by IP).
        password: an app password without its spaces, or any other one; ``None`` together with ``user``.
    """

    id: str
    tenant_id: str
    connection_id: str
    server: MailServer
    user: str | None
    password: SecretStr | None
