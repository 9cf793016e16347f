"""What the API needs from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from service.access.ports import ApiKeyStore, TenantStore
from service.access.retention import RetentionLimits
from service.access.session_links import SessionLinks
from service.clock import Clock
from service.connections.connection import Connection
from service.connections.logins import Logins
from service.connections.ports import ConnectionStore
from service.consent.links import ConnectLinks
from service.delegation.check import DelegationCheck
from service.delegation.setup import DelegationSetup
from service.domains.check import DomainCheck
from service.mail.attachment import Spool
from service.outbox.correct import Correct
from service.outbox.entry import Entry
from service.outbox.ports import OutboxStore
from service.outbox.submit import Submit
from service.outbox.trial import Trial
from service.settings import Settings


class DisconnectDesk(Protocol):
    """Ends grants; ``service.consent.consent.Consent`` fills it."""

    def disconnect(self, tenant_id: str, connection_id: str) -> Connection:
        """Take the access back at Google and forget it.

        Raises:
            NotFoundError: the tenant has no such connection.
        """


@dataclass(frozen=True, slots=True)
class ApiPorts:
    """All that the API is made of.

    Attributes:
        retention: how long a tenant may keep its mail.
        test_mail: queues a test mail.
        spool: keeps uploads until the mail is composed.
    """

    keys: ApiKeyStore
    tenants: TenantStore
    connections: ConnectionStore
    outbox: OutboxStore
    submit: Submit
    correct: Correct
    consent: DisconnectDesk
    links: ConnectLinks
    session_links: SessionLinks
    logins: Logins
    delegations: DelegationSetup
    delegation_check: DelegationCheck
    domain_check: DomainCheck
    retention: RetentionLimits
    test_mail: Callable[[Trial], Entry]
    spool: Spool
    clock: Clock
    settings: Settings
