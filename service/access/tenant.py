"""A tenant is one company whose mailboxes, messages and keys are kept apart from all others."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from service.errors import InvalidRequestError, Problem
from service.identifiers import new_id

MAX_NAME = 100


class UncertainRule(StrEnum):
    """What is done with a mail whose fate no evidence has settled in time."""

    HOLD = "hold"  # a person decides; nobody ever gets a mail twice unasked
    RESEND = "resend"  # it is sent again; somebody may get it twice


class Choices(TypedDict, total=False):
    """What a tenant may choose, as in ``Tenant``; what is left out stays as it is."""

    uncertain_rule: UncertainRule
    content_days: int | None
    log_days: int | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """One company.

    Attributes:
        uncertain_rule: ``hold`` unless the tenant chose otherwise.
        content_days, log_days: how long content and log are kept; ``None`` for what the operator has set.
    """

    id: str
    name: str
    created_at: datetime
    uncertain_rule: UncertainRule = UncertainRule.HOLD
    content_days: int | None = None
    log_days: int | None = None


def read_name(text: str) -> str:
    """A tenant's name: 1–100 printable characters, as people see it before they trust it with a mailbox.

    Raises:
        InvalidRequestError: the text is none.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= MAX_NAME:
        raise InvalidRequestError(
            Problem("/name", "invalid-length", f"The name has 1 to {MAX_NAME} characters.")
        )
    if not name.isprintable():
        raise InvalidRequestError(Problem("/name", "invalid-characters", "The name is one line of text."))
    return name


def new_tenant(name: str, at: datetime) -> Tenant:
    """A tenant of this name. Raises as ``read_name``."""
    return Tenant(new_id("ten"), read_name(name), at)
