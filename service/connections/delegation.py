"""Domain-wide delegation: a service account that may act for users of a Workspace domain.

Google grants it for *every* user of the domain. Whom we act for is our own allow-list: ``senders``.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from service.connections.connection import Connection


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A private key of a service account.

    Attributes:
        id: Google's name for it (``private_key_id``).
        private_key: PEM, RSA.
    """

    id: str
    private_key: SecretStr


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """How the last verification for one sender ended.

    Attributes:
        code: problem code; ``None`` when all was well.
    """

    sender: str
    at: datetime
    code: str | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """One tenant's set-up; the key itself is opened only to sign.

    Attributes:
        account: the service account's e-mail address.
        client_id: its numeric id, which the admin enters in the console.
        key_id: of the kept key; ``None`` where the operator's workload identity signs (key-less).
        senders: whom mail may be sent as, lower case; nobody else is ever named to Google.
        scopes: what the admin is asked to grant, as full scope URLs.
        checked_at: of the last verification; ``None`` before the first one.
        code: problem code of the last verification; ``None`` when all was well.
        checks: of the senders that were verified, by sender; none for another one.
    """

    id: str
    tenant_id: str
    account: str
    client_id: str
    key_id: str | None
    senders: frozenset[str]
    scopes: frozenset[str]
    created_at: datetime
    checked_at: datetime | None = None
    code: str | None = None
    checks: tuple[SenderCheck, ...] = ()

    @property
    def is_keyless(self) -> bool:
        """Whether the operator's workload identity signs in the account's name."""
        return self.key_id is None

    @property
    def is_faulty(self) -> bool:
        """Whether a verification failed and none has gone well since, for the same sender."""
        return any(check.code for check in self.checks) if self.checks else self.code is not None

    @property
    def domains(self) -> frozenset[str]:
        """Of its senders: those whose admin has to grant it."""
        return frozenset(sender.rpartition("@")[2] for sender in self.senders)

    def allows(self, address: str) -> bool:
        """Whether mail may be sent as this user."""
        return address.lower() in self.senders


@dataclass(frozen=True, slots=True)
class SenderChange:
    """What a change of the allow-list meant.

    Attributes:
        made: connections that got the delegation's ways to send, by address.
        removed: connections that lost it.
    """

    delegation: Delegation
    made: tuple[Connection, ...] = ()
    removed: tuple[Connection, ...] = ()
