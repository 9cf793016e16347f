"""What a verification found, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.connections.delegation import Delegation


class StepName(StrEnum):
    """The steps, in the order in which they are told."""

    KEY = "key_readable"
    CLOCK = "clock"
    CLIENT = "client_known"
    USER = "user_exists"
    SCOPE = "scope_granted"
    MAILBOX = "mailbox_exists"
    READY = "ready"


class StepResult(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        code: problem code of what is wrong, or why nobody can know; ``None`` for what is well.
        scope: of ``SCOPE``: which one.
    """

    name: StepName
    result: StepResult
    code: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole verification.

    Attributes:
        sender: the user whom it was tried for.
    """

    delegation: Delegation
    sender: str
    steps: tuple[Step, ...]

    @property
    def code(self) -> str | None:
        """What keeps mail from being sent; ``None`` when nothing does."""
        return self.steps[-1].code


# Which step each refusal is about. What is not here says nothing about any.
BLAMES: Mapping[str, StepName] = {
    "delegation-key-invalid": StepName.KEY,
    "delegation-keyless-denied": StepName.KEY,
    "key-unavailable": StepName.KEY,
    "clock-skew": StepName.CLOCK,
    "delegation-denied": StepName.CLIENT,
    "delegation-entry-wrong": StepName.CLIENT,
    "delegation-client-invalid": StepName.CLIENT,
    "account-not-allowed": StepName.CLIENT,
    "sender-not-allowed": StepName.USER,
    "delegation-user-unknown": StepName.USER,
    "delegation-scope-missing": StepName.SCOPE,
    "delegation-scope-invalid": StepName.SCOPE,
    "app-blocked-by-admin": StepName.SCOPE,
}
# What a refusal about a step proves of those before it: Google checks the signature and its times first.
PROVES: Mapping[StepName, frozenset[StepName]] = {
    StepName.KEY: frozenset(),
    StepName.CLOCK: frozenset({StepName.KEY}),
    StepName.CLIENT: frozenset({StepName.KEY, StepName.CLOCK}),
    StepName.USER: frozenset({StepName.KEY, StepName.CLOCK}),
    StepName.SCOPE: frozenset({StepName.KEY, StepName.CLOCK, StepName.CLIENT}),
}
