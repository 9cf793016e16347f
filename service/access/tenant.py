"""A tenant is one company whose mailboxes, messages and keys are kept apart from all others."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tenant:
    """One company."""

    id: str
    name: str
    created_at: datetime
