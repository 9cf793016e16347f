"""The shapes of the answers about domain-wide delegation."""

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads these shapes; before Python 3.12 it needs this one

from service.api.shapes import AdviceAnswer
from service.connections.connection import ConnectionStatus
from service.delegation.report import StepName, StepResult


class SenderCheckAnswer(AdviceAnswer):
    """How the last verification for one sender ended; the texts are those of its code."""

    sender: str
    ready: bool
    checked_at: str


class DelegationAnswer(TypedDict):
    """One set-up, with what the admin pastes into the console; never its key."""

    object: Literal["delegation"]
    id: str
    account: str
    client_id: str
    key_id: str | None
    keyless: bool
    senders: list[str]
    domains: list[str]
    scopes: list[str]
    admin_console_path: str
    scopes_to_paste: str
    code: str | None
    checked_at: str | None
    checks: list[SenderCheckAnswer]
    created_at: str


class DelegationListAnswer(TypedDict):
    """All set-ups, oldest first."""

    object: Literal["list"]
    has_more: Literal[False]
    data: list[DelegationAnswer]


class SenderAnswer(TypedDict):
    """A connection that a change of the senders touched, as it is now."""

    connection: str
    address: str
    status: ConnectionStatus
    code: str | None


class SenderChangeAnswer(DelegationAnswer):
    """A set-up after its senders changed."""

    made: list[SenderAnswer]
    removed: list[SenderAnswer]


class CheckStepAnswer(AdviceAnswer):
    """One step of a verification; the texts are those of its code."""

    name: StepName
    result: StepResult
    scope: str | None


class DelegationCheckAnswer(DelegationAnswer):
    """A set-up and what Google just said of it."""

    sender: str
    ready: bool
    steps: list[CheckStepAnswer]
