"""What this room needs from outside: answers of the DNS."""

from collections.abc import Sequence
from typing import Protocol

from dns.rdata import Rdata


class Resolver(Protocol):
    """Asks the DNS. The errors are dnspython's, because they tell *there is none* from *nobody knows*."""

    def look_up(self, name: str, kind: str, timeout_s: float) -> Sequence[Rdata]:
        """The records of a name.

        Args:
            name: fully qualified.
            kind: ``TXT``, ``MX`` and so on.
            timeout_s: for the whole answer, whatever is tried for it.

        Returns: at least one record.

        Raises:
            dns.resolver.NXDOMAIN, dns.resolver.NoAnswer: there is none.
            dns.exception.DNSException, OSError: every other one means that nobody knows.
        """
