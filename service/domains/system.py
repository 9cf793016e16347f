"""The system's DNS: adapter of ``domains.ports.Resolver``."""

from collections.abc import Sequence

import dns.resolver
from dns.rdata import Rdata


class SystemResolver:
    """Asks the name servers of this machine, or others that are named.

    Args:
        servers: addresses; empty for those of the system.
        port: where they listen.
    """

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        self._servers = list(servers)
        self._port = port

    def look_up(self, name: str, kind: str, timeout_s: float) -> Sequence[Rdata]:
        # Made anew each time: the system's settings may have changed, and a machine may have none.
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers, resolver.port = self._servers, self._port
        resolver.timeout = min(resolver.timeout, timeout_s / 2)  # a lost datagram is asked for again
        return list(resolver.resolve(name, kind, lifetime=timeout_s, search=False))
