"""The check of one domain. A person waits for it, so it ends at its deadline, whatever the DNS does."""

import time
from collections.abc import Callable

from service.domains.dkim import find_key, is_selector
from service.domains.policies import check_dmarc, check_spf, forget_answers
from service.domains.ports import Resolver
from service.domains.report import DomainReport
from service.domains.watched import Watched
from service.errors import InvalidRequestError, Problem
from service.turns import Turns

PATIENCE_S = 8.0


class DomainCheck:
    """Looks at the records by which receivers tell a company's mail from a forger's.

    Args:
        resolver: asks the DNS.
        turns: how many checks may run at once.
        monotonic: seconds, for the deadline.
    """

    def __init__(
        self, resolver: Resolver, turns: Turns, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._resolver = resolver
        self._turns = turns
        self._monotonic = monotonic

    def run(self, tenant_id: str, domain: str, selector: str | None = None) -> DomainReport:
        """What receivers find. What nobody answers is ``UNKNOWN``, never missing.

        Args:
            tenant_id: who asks.
            domain: of a sender.
            selector: of the DKIM key; ``None`` for the one that Google proposes.

        Raises:
            InvalidRequestError: it cannot be a selector.
            ChecksBusyError: other checks are running.
        """
        if selector is not None and not is_selector(selector):
            raise InvalidRequestError(Problem("/selector", "invalid-value", "This cannot be a selector."))
        with self._turns.of(tenant_id):
            return self._look(domain, selector)

    def _look(self, domain: str, selector: str | None) -> DomainReport:
        forget_answers()
        deadline = self._monotonic() + PATIENCE_S
        # The short ones first: a deep SPF record may use up the time.
        dkim = find_key(domain, selector, self._watched(deadline))
        dmarc = check_dmarc(domain, self._watched(deadline))
        spf = check_spf(domain, self._watched(deadline))
        return DomainReport(domain, (spf, dkim, dmarc))

    def _watched(self, deadline: float) -> Watched:
        return Watched(self._resolver, deadline, self._monotonic)
