"""The check of one domain. A person waits for it, so it ends at its deadline, whatever the DNS does."""

import time
from collections.abc import Callable, Generator

from service.domains.dkim import find_key, is_selector
from service.domains.policies import check_dmarc, check_spf, forget_answers
from service.domains.ports import Resolver
from service.domains.report import DomainReport, Finding, Subject
from service.domains.watched import Watched
from service.errors import InvalidRequestError, Problem
from service.stepwise import at_once
from service.turns import Turns

PATIENCE_S = 8.0
LOOKED_AT = (Subject.DKIM, Subject.DMARC, Subject.SPF)
"""The short ones first: a deep SPF record may use up the time."""


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
        """As ``running``, all at once."""
        report, _ = at_once(self.running(tenant_id, domain, selector))
        return report

    def running(
        self, tenant_id: str, domain: str, selector: str | None = None
    ) -> Generator[Finding, None, DomainReport]:
        """What receivers find. What nobody answers is ``UNKNOWN``, never missing.

        Args:
            tenant_id: who asks.
            domain: of a sender.
            selector: of the DKIM key; ``None`` for the one that Google proposes.

        Yields: each finding, in the order of ``LOOKED_AT``.

        Returns: all of them.

        Raises:
            InvalidRequestError: it cannot be a selector.
            ChecksBusyError: other checks are running.
        """
        if selector is not None and not is_selector(selector):
            raise InvalidRequestError(Problem("/selector", "invalid-value", "This cannot be a selector."))
        with self._turns.of(tenant_id):
            forget_answers()
            deadline = self._monotonic() + PATIENCE_S
            found = dict[Subject, Finding]()
            for subject in LOOKED_AT:
                watched = Watched(self._resolver, deadline, self._monotonic)
                found[subject] = _look(subject, domain, selector, watched)
                yield found[subject]
        return DomainReport(domain, tuple(found[subject] for subject in Subject))


def _look(subject: Subject, domain: str, selector: str | None, resolver: Watched) -> Finding:
    match subject:
        case Subject.DKIM:
            return find_key(domain, selector, resolver)
        case Subject.DMARC:
            return check_dmarc(domain, resolver)
        case Subject.SPF:
            return check_spf(domain, resolver)
