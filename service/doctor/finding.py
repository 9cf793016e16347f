"""One row: what was looked at, how it stands, and what is told of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from service.catalogue.checks import REMARKS, TITLES, Remark
from service.catalogue.words import Words


class Check(StrEnum):
    """What is looked at, in the order in which it is shown."""

    PUBLIC_ADDRESS = "public-address"
    KEYRING = "keyring"
    OAUTH_CLIENT = "oauth-client"
    DATABASE = "database"
    WORKER = "worker"
    CLOCK = "clock"
    NOTICES = "notices"
    TENANT = "tenant"
    CONNECTION = "connection"
    TEST_MAIL = "test-mail"
    API_KEY = "api-key"


class Condition(StrEnum):
    """How it stands."""

    OK = "ok"
    TO_DO = "to-do"
    OPTIONAL = "optional"  # to do, but all works without
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row.

    Attributes:
        code: which of the remarks of ``catalogue.checks`` holds.
        detail: technical words such as a path or a count, the same in every language; never a secret.
        copy: what is to be copied elsewhere to the letter.
    """

    check: Check
    condition: Condition
    code: str
    detail: str | None = None
    copy: str | None = None

    @property
    def title(self) -> Words:
        """What was looked at."""
        return TITLES[self.check]

    @property
    def remark(self) -> Remark:
        """What was found, and what helps."""
        return REMARKS[self.code]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """As they are shown."""
    return sorted(findings, key=lambda each: list(Check).index(each.check))
