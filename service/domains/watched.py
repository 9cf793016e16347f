"""A resolver that keeps to one deadline, and remembers whether an answer stayed out."""

from collections.abc import Callable, Sequence
from typing import Any

import dns.exception
import dns.name
import dns.resolver
from dns.rdata import Rdata

from service.domains.ports import Resolver

LOOK_UP_S = 2.0
# Not worth a round trip: SPF's own type is withdrawn (RFC 7208 §3.1), and an alias beside a record is rare.
_NOT_ASKED = frozenset({"SPF", "CNAME"})
_NO_NAME = (dns.exception.SyntaxError, dns.name.NameTooLong, dns.name.IDNAException)
_THERE_IS_NONE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class Watched(dns.resolver.Resolver):
    """Looks like dnspython's own, which is what checkdmarc takes.

    Attributes:
        is_incomplete: something that was asked was not answered. checkdmarc calls that *not found*.
    """

    def __init__(self, resolver: Resolver, deadline: float, monotonic: Callable[[], float]) -> None:
        super().__init__(configure=False)
        self.lifetime = LOOK_UP_S
        self.is_incomplete = False
        self._resolver = resolver
        self._deadline = deadline
        self._monotonic = monotonic

    def resolve(self, qname: Any, rdtype: Any = "TXT", *_: Any, **__: Any) -> Any:
        """The records of a name; checkdmarc only walks through them."""
        name, kind = str(qname), str(rdtype)
        if kind in _NOT_ASKED:
            raise dns.resolver.NoAnswer
        try:
            return self._look_up(name, kind)
        except _THERE_IS_NONE:
            raise
        except _NO_NAME as error:  # a record refers to what cannot be a name
            raise dns.resolver.NXDOMAIN from error
        except dns.exception.DNSException:
            self.is_incomplete = True
            raise
        except OSError as error:
            self.is_incomplete = True
            raise dns.exception.DNSException(str(error)) from error  # type: ignore[no-untyped-call]

    def _look_up(self, name: str, kind: str) -> Sequence[Rdata]:
        left = min(self._deadline - self._monotonic(), LOOK_UP_S)
        if left <= 0:
            raise dns.resolver.LifetimeTimeout(timeout=0.0, errors=[])  # type: ignore[no-untyped-call]
        return self._resolver.look_up(name, kind, left)
