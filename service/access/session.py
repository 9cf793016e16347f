"""Browser sessions: a random secret in a cookie, its hash in the database; and the links that open them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import SecretStr

from service.access.member import Role


class Page(StrEnum):
    """The parts of the pages that a session may be limited to, as the menu names them."""

    CONNECTIONS = "connections"
    MESSAGES = "messages"
    DEVELOPERS = "developers"
    SETTINGS = "settings"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Standing:
    """As whom somebody is here, and what of it is shown.

    Attributes:
        tenant_id: whose pages are seen; ``None`` for an operator who has not chosen a tenant yet.
        member_id: the account; ``None`` for whom a link has let in.
        pages: the only ones that are shown; ``None`` for all that the role may see.
        return_url: where the application that made the link wants the browser at the end.
        key_id: the API key whose link has let in, and with which the session ends; ``None`` for others.
    """

    role: Role
    tenant_id: str | None
    member_id: str | None = None
    pages: frozenset[Page] | None = None
    return_url: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One browser.

    Attributes:
        standing: ``None`` for a visitor, who came by a connect link or is on the way to sign in.
        locale: the language that was chosen; ``None`` for the browser's choice.
        address: of the account; ``None`` for whom a link has let in.
    """

    id: str
    standing: Standing | None
    created_at: datetime
    expires_at: datetime
    locale: str | None = None
    address: str | None = None

    @property
    def tenant_id(self) -> str | None:
        """Whose pages it sees; ``None`` for none."""
        return self.standing.tenant_id if self.standing else None

    def is_current(self, operators: frozenset[str]) -> bool:
        """Whether it still counts: who is no longer in the settings is no operator any more.

        Args:
            operators: the addresses that the settings name now, in lower case.
        """
        is_operator = self.standing is not None and self.standing.role is Role.OPERATOR
        return not is_operator or self.address is None or self.address in operators


@dataclass(frozen=True, slots=True)
class SessionLink:
    """A link that opens one session, once.

    Attributes:
        standing: of the session that it opens.
        locale: ``de``, ``en`` or ``None`` for the browser's choice.
    """

    standing: Standing
    expires_at: datetime
    locale: str | None = None


def new_secret() -> SecretStr:
    """256 random bits for a cookie or a one-time link, URL-safe."""
    return SecretStr(secrets.token_urlsafe(32))


def hash_secret(secret: str) -> str:
    """What is kept of such a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
