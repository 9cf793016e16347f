"""The shapes of all answers; the OpenAPI document is made of the same."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads these shapes; before Python 3.12 it needs this one

from service.connections.connection import AccountKind, ConnectionStatus
from service.connections.ports import ProbeName
from service.connections.way import WayKind, WayStatus
from service.outbox.entry import RecipientOutcome, State


class WarningAnswer(TypedDict):
    """What is no fault but should be known."""

    pointer: str
    code: str
    detail: str


class ExplanationAnswer(TypedDict):
    """What one of the answer's codes means, and what to do, in the caller's language."""

    code: str
    title: str
    detail: str
    next_step: str


class AdviceAnswer(TypedDict):
    """The same of a code that need not be there: then all are ``null``."""

    code: str | None
    title: str | None
    detail: str | None
    next_step: str | None


class AttachmentAnswer(TypedDict):
    """A file as it was taken."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    content_id: str | None


class AcceptedAnswer(TypedDict):
    """A message that is on disk and owed (or with ``dry_run`` would be)."""

    object: Literal["message"]
    id: NotRequired[str]
    status: State
    connection: str
    created_at: str
    expected_at: str | None
    give_up_at: str
    size_bytes: int
    code: str | None
    problems: list[ExplanationAnswer]
    reference: str | None
    attachments: list[AttachmentAnswer]
    warnings: list[WarningAnswer]
    dry_run: NotRequired[bool]


class RecipientAnswer(TypedDict):
    """A recipient who does not share the message's fate."""

    address: str
    status: RecipientOutcome | None
    code: str | None
    reply: str | None


MessageAnswer = TypedDict(
    "MessageAnswer",
    {
        "object": Literal["message"],
        "id": str,
        "status": State,
        "connection": str,
        "from": str,
        "to": list[str],
        "cc": list[str],
        "bcc": list[str],
        "subject": str,
        "reference": str | None,
        "metadata": dict[str, str],
        "attachments": list[AttachmentAnswer],
        "message_id": str,
        "size_bytes": int,
        "created_at": str,
        "expected_at": str | None,
        "give_up_at": str,
        "sent_at": str | None,
        "receipt": str | None,
        "content_deleted_at": str | None,
        "attempt_count": int,
        "code": str | None,
        "reply": str | None,
        "recipients": list[RecipientAnswer],
        "problems": list[ExplanationAnswer],
    },
)


class EventAnswer(TypedDict):
    """One line of the timeline."""

    type: str
    at: str
    details: dict[str, str]


class AttemptAnswer(TypedDict):
    """One try."""

    number: int
    transport: str
    started_at: str
    ended_at: str
    handed_over_at: str | None
    outcome: State
    code: str | None
    status: int | None
    reply: str | None
    receipt: str | None


class WholeMessageAnswer(MessageAnswer):
    """A message with its timeline."""

    events: list[EventAnswer]
    attempts: list[AttemptAnswer]


class MessageListAnswer(TypedDict):
    """A page of messages, newest first; ``next`` is the ``after`` of the next page."""

    object: Literal["list"]
    has_more: bool
    data: list[MessageAnswer]
    next: str | None


class WayAnswer(TypedDict):
    """One way to send; the first that works is taken."""

    kind: WayKind
    status: WayStatus
    code: str | None
    blocked_until: str | None


class ConnectionAnswer(TypedDict):
    """One mailbox."""

    object: Literal["connection"]
    id: str
    address: str
    display_name: str | None
    is_default: bool
    status: ConnectionStatus
    code: str | None
    held_until: str | None
    held_code: str | None
    access: list[str]
    senders: list[str]
    scopes: list[str]
    account_kind: AccountKind
    ways: list[WayAnswer]
    problems: list[ExplanationAnswer]
    sent_24h: int
    limit_24h: int | None
    created_at: str
    last_sent_at: str | None


class StepAnswer(TypedDict):
    """One step of the first conversation with a mail server."""

    name: ProbeName
    reply: str


class NewConnectionAnswer(ConnectionAnswer):
    """A mailbox, and how the conversation with its mail server went."""

    steps: list[StepAnswer]


class ConnectionListAnswer(TypedDict):
    """All connections, oldest first."""

    object: Literal["list"]
    has_more: Literal[False]
    data: list[ConnectionAnswer]


class ConnectLinkAnswer(TypedDict):
    """A link for a mailbox owner; ``url`` is shown this one time."""

    object: Literal["connect_link"]
    id: str
    url: str
    purpose: str
    expected_address: str | None
    connection: str | None
    return_url: str | None
    locale: str | None
    access: list[str]
    expires_at: str


class RetentionAnswer(TypedDict):
    """What counts, in days after the last try, and the most that the operator allows."""

    content_days: int
    log_days: int
    content_days_most: int
    log_days_most: int


class TenantAnswer(TypedDict):
    """The company of the key; `content_days` and `log_days` are its own choice, or `null`."""

    object: Literal["tenant"]
    id: str
    name: str
    uncertain_rule: Literal["hold", "resend"]
    content_days: int | None
    log_days: int | None
    retention: RetentionAnswer
    created_at: str


class FaultAnswer(TypedDict):
    """One fault; ``pointer`` is a JSON pointer into the body, ``parameter`` a name in the query."""

    pointer: NotRequired[str]
    parameter: NotRequired[str]
    code: str
    detail: str


class ProblemAnswer(TypedDict):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    next_step: str
    code: str
    request_id: str
    errors: NotRequired[list[FaultAnswer]]
    size_bytes: NotRequired[int]
    limit_bytes: NotRequired[int]
