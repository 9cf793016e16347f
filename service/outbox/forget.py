"""Forgets what is at rest: the content of a mail after its time, and later its log.

The time is counted from the last try that was planned, so a resend begins it anew. What is unclear is kept:
somebody has still to decide about it, perhaps for the resend.
"""

from datetime import datetime, timedelta
from typing import Protocol

from service.access.ports import TenantStore
from service.access.retention import RetentionLimits
from service.clock import Clock

AT_ONCE = 50  # mails a transaction
PORTIONS = 20  # of one tenant in one run, so that the others come soon


class ForgettingStore(Protocol):
    """Forgets entries that are at rest: sent, failed, cancelled or expired."""

    def forget_content(self, tenant_id: str, before: datetime, at: datetime, limit: int) -> int:
        """Delete the sealed content of entries whose last planned try was not after ``before``.

        At most ``limit``, the oldest first, in one transaction; says how many there were. ``at`` is noted in
        each. What is open, in flight or unclear is never touched.
        """

    def forget_log(self, tenant_id: str, before: datetime, limit: int) -> int:
        """Delete entries without content altogether, with all that is told of them; as ``forget_content``.

        Their idempotency keys are free again.
        """


class Forget:
    """A job of the worker; many workers may do it at once."""

    def __init__(
        self, store: ForgettingStore, tenants: TenantStore, limits: RetentionLimits, clock: Clock
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._limits = limits
        self._clock = clock

    def run_once(self) -> int:
        """Forget what is past its time now; says how many contents and logs there were."""
        count = 0
        for tenant in self._tenants.all():
            kept, now = self._limits.of(tenant), self._clock.now()
            content_before = now - timedelta(days=kept.content_days)
            log_before = now - timedelta(days=kept.log_days)
            for _ in range(PORTIONS):
                done = self._store.forget_content(tenant.id, content_before, now, AT_ONCE)
                done += self._store.forget_log(tenant.id, log_before, AT_ONCE)
                count += done
                if not done:
                    break
        return count
