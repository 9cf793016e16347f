"""Which domains a tenant may have checked: this service is nobody's tool to look into the DNS."""

from collections.abc import Iterable

from service.connections.connection import Connection
from service.connections.delegation import Delegation
from service.connections.logins import CONSUMER_DOMAINS


def own_domains(connections: Iterable[Connection], delegations: Iterable[Delegation]) -> list[str]:
    """The domains of a tenant's senders, in lower case and in order; Gmail's are nobody's to set up."""
    found = {connection.address.lower().rpartition("@")[2] for connection in connections}
    found.update(*(delegation.domains for delegation in delegations))
    return sorted(found - CONSUMER_DOMAINS)
