"""What the API needs from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.access.ports import ApiKeyStore, TenantStore
from service.access.retention import RetentionLimits
from service.access.session_links import SessionLinks
from service.clock import Clock
from service.connections.connection import Connection
from service.connections.logins import Logins
from service.connections.ports import ConnectionStore
from service.connections.way import Way
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


class GrantDesk(Protocol):
    """Ends grants; ``service.consent.consent.Consent`` fills it."""

    def disconnect(self, tenant_id: str, connection_id: str) -> Connection:
        """Take the access back at Google and forget it.

        Raises:
            NotFoundError: the tenant has no such connection.
        """

    def reroute(
        self, tenant_id: str, connection_id: str, order: Sequence[Way], seen: Sequence[Way] | None = None
    ) -> Connection:
        """As ``ConnectionStore.reroute``; a grant that is left out is taken back at Google too."""


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
    consent: GrantDesk
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
