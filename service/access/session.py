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
        maker_id: the account of the operator or admin whose link has let in, and with which the session
            ends; ``None`` for others, also for links of the command line.
    """

    role: Role
    tenant_id: str | None
    member_id: str | None = None
    pages: frozenset[Page] | None = None
    return_url: str | None = None
    key_id: str | None = None
    maker_id: str | None = None

    @property
    def answerable_id(self) -> str | None:
        """The account with which a link ends that is made here: its own, else that of who let it in."""
        return self.member_id or self.maker_id


@dataclass(frozen=True, slots=True)
class Session:
    """One browser.

    Attributes:
        standing: ``None`` for a visitor, who came by a connect link or is on the way to sign in.
        locale: the language that was chosen; ``None`` for the browser's choice.
        address: of the account; ``None`` for whom a link has let in.
        made_by_operator: address of the operator whose link opened it; ``None`` for others.
    """

    id: str
    standing: Standing | None
    created_at: datetime
    expires_at: datetime
    locale: str | None = None
    address: str | None = None
    made_by_operator: str | None = None

    @property
    def tenant_id(self) -> str | None:
        """Whose pages it sees; ``None`` for none."""
        return self.standing.tenant_id if self.standing else None

    def is_current(self, operators: frozenset[str]) -> bool:
        """Whether it still counts: who is no longer in the settings is no operator, and lets nobody in.

        Args:
            operators: the addresses that the settings name now, in lower case.
        """
        is_operator = self.standing is not None and self.standing.role is Role.OPERATOR
        relied_on = {self.made_by_operator, self.address if is_operator else None}
        return relied_on - {None} <= operators


@dataclass(frozen=True, slots=True)
class SessionLink:
    """A link that opens one session, once.

    Attributes:
        standing: of the session that it opens.
        locale: ``de``, ``en`` or ``None`` for the browser's choice.
        made_by_operator: address of the operator who made it; ``None`` for others.
    """

    standing: Standing
    expires_at: datetime
    locale: str | None = None
    made_by_operator: str | None = None


def new_secret() -> SecretStr:
    """256 random bits for a cookie or a one-time link, URL-safe."""
    return SecretStr(secrets.token_urlsafe(32))


def hash_secret(secret: str) -> str:
    """What is kept of such a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
