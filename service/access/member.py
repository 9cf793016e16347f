"""People with an account here, and what each may do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each may also do what those before it may."""

    MEMBER = "member"  # sees mailboxes and mail, connects, decides about single mails
    ADMIN = "admin"  # also sets the tenant up: passwords, delegation, keys, members
    OPERATOR = "operator"  # of every tenant, one at a time; adds tenants


@dataclass(frozen=True, slots=True)
class Member:
    """One person's account; somebody who works for two tenants has two.

    Attributes:
        tenant_id: ``None`` for an operator, who belongs to no tenant.
        address: in lower case; how the person was invited.
        subject_id: Google's name of the account, known from the first sign-in on. From then on it counts
            and the address does not: an address can be given to another person, a subject cannot.
        locale: the language that was chosen; ``None`` for the browser's choice.
        last_seen_at: the last sign-in.
    """

    id: str
    tenant_id: str | None
    address: str
    role: Role
    created_at: datetime
    subject_id: str | None = None
    locale: str | None = None
    last_seen_at: datetime | None = None
