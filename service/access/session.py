"""Browser sessions: a random secret in a cookie, its hash in the database."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Session:
    """One browser.

    Attributes:
        tenant_id: whose pages it may see; ``None`` for a visitor who came by a connect link.
        locale: the language that was chosen; ``None`` for the browser's choice.
    """

    id: str
    tenant_id: str | None
    created_at: datetime
    expires_at: datetime
    locale: str | None = None


def new_secret() -> SecretStr:
    """256 random bits for a cookie or a one-time link, URL-safe."""
    return SecretStr(secrets.token_urlsafe(32))


def hash_secret(secret: str) -> str:
    """What is kept of such a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
