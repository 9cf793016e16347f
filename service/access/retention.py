"""How long mail is kept after its last try: the tenant's choice within the operator's limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from service.access.tenant import Tenant
from service.errors import Problem


class Retention(NamedTuple):
    """Days after the last try: until the content is deleted, and until the log is."""

    content_days: int
    log_days: int


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """What the operator allows.

    Attributes:
        default: for tenants that chose nothing.
        most: no tenant keeps anything longer.
    """

    default: Retention
    most: Retention

    def of(self, tenant: Tenant) -> Retention:
        """What counts for a tenant; the log is never shorter than the content."""
        content = min(tenant.content_days or self.default.content_days, self.most.content_days)
        log = min(tenant.log_days or self.default.log_days, self.most.log_days)
        return Retention(content, max(content, log))

    def problems(self, content_days: int | None, log_days: int | None) -> Iterator[Problem]:
        """What is wrong with a choice; ``None`` chooses what the operator has set, and is always right."""
        chosen = {"content_days": content_days, "log_days": log_days}
        for (name, days), most in zip(chosen.items(), self.most, strict=True):
            if days is not None and not 1 <= days <= most:
                yield Problem(f"/{name}", "out-of-range", f"From 1 to {most} days are allowed here.")
