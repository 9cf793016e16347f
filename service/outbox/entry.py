"""An entry is one accepted message and all that is known of it.

Kept states: ``queued → sending → sent | deferred | uncertain | failed``, ``cancelled`` before the hand-over,
``expired`` after the give-up time. Two more are views and never kept, so that a dead connection or a
limit changes no row of the backlog: ``scheduled`` (queued for later, not tried yet) and ``waiting``
(open, but its connection needs a person or is held by a limit).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.connections.connection import ConnectionStatus
from service.mail.address import Address


class State(StrEnum):
    """Where a message stands; the words of the API."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    WAITING = "waiting"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN_STATES = frozenset({State.QUEUED, State.DEFERRED})  # still to be tried
FINAL_STATES = frozenset({State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED})


class RecipientKind(StrEnum):
    """Which field a recipient stands in."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"


class RecipientOutcome(StrEnum):
    """What became of one recipient, where it is not what became of the message."""

    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One addressee.

    Attributes:
        outcome: ``None`` while this recipient shares the fate of the message.
        code, reply: why a server did not take this recipient, for good or for now.
    """

    kind: RecipientKind
    address: Address
    outcome: RecipientOutcome | None = None
    code: str | None = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentRecord:
    """What is remembered of an attachment."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted message.

    Attributes:
        state: as shown, with the two views.
        message_id: the Message-ID it was composed with, with angle brackets.
        size_bytes: the composed mail on the wire, without Bcc.
        next_attempt_at: when it is tried (again); only for open states.
        expected_at: when it will probably leave (`pace.forecast_ms`); ``None`` when that needs a person, or
            is past. Two looks at one entry may differ in it.
        attempts: how many tries were recorded.
        code: problem code of the last try or of what it waits for; ``None`` when all is well.
        reply: the server's words at the last try.
        receipt: Google's receipt (the Gmail message id); ``None`` until it was sent, and when a person
            decided that it was.
        reference, metadata: the caller's own, kept as they came.
        content_deleted_at: since when only this log is left (`forget`): it cannot be sent again.
    """

    id: str
    tenant_id: str
    connection_id: str
    state: State
    sender: Address
    recipients: tuple[Recipient, ...]
    subject: str
    attachments: tuple[AttachmentRecord, ...]
    message_id: str
    size_bytes: int
    created_at: datetime
    next_attempt_at: datetime | None
    give_up_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    receipt: str | None = None
    code: str | None = None
    reply: str | None = None
    reference: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    content_deleted_at: datetime | None = None
    expected_at: datetime | None = field(default=None, compare=False)

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in FINAL_STATES


def shown_state(
    kept: State,
    *,
    attempts: int,
    next_attempt_at: datetime | None,
    connection: ConnectionStatus,
    held_until: datetime | None,
    now: datetime,
) -> State:
    """The state that people and programs see, from the kept one and its connection's."""
    if kept not in OPEN_STATES:
        return kept
    if connection is not ConnectionStatus.CONNECTED or (held_until is not None and held_until > now):
        return State.WAITING
    if kept is State.QUEUED and attempts == 0 and next_attempt_at is not None and next_attempt_at > now:
        return State.SCHEDULED
    return kept


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline, written in the transaction of what it tells.

    Attributes:
        type: such as ``message.sent`` or ``connection.needs_reconnect``.
        details: small facts (code, actor, receipt); never a secret or a body.
    """

    type: str
    at: datetime
    tenant_id: str
    message_id: str | None = None
    connection_id: str | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try.

    Attributes:
        transport: which way it took, such as ``gmail_api``.
        handed_over_at: when the last byte was about to leave; ``None`` when it never was.
        outcome: the word for the timeline: ``sent``, ``deferred``, ``waiting``, ``failed`` or ``uncertain``.
        code, status, reply: the catalogue's code, the server's code, the server's words.
        receipt: Google's receipt, when it was sent.
    """

    number: int
    transport: str
    started_at: datetime
    ended_at: datetime
    outcome: State
    handed_over_at: datetime | None = None
    code: str | None = None
    status: int | None = None
    reply: str | None = None
    receipt: str | None = None
