"""An incident is one time that a connection, or one way of it, began to need its owner.

It is opened and ended in the very transaction that changes the connection, so nothing is told twice and
nothing is forgotten. Its mails follow from it by the two rules below.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_REMINDER = timedelta(days=1)  # after the notice
SECOND_REMINDER = timedelta(days=3)  # after the notice


class IncidentKind(StrEnum):
    """What needs the owner."""

    STOPPED = "stopped"  # the connection: its mail waits
    DEGRADED = "degraded"  # one way of its route: the mail takes the others


class Step(StrEnum):
    """Which mail of an incident it is."""

    NOTICE = "notice"
    REMINDER = "reminder"
    LAST_REMINDER = "last-reminder"
    SOLVED = "solved"


_STEPS = (Step.NOTICE, Step.REMINDER, Step.LAST_REMINDER)
_PAUSES = {Step.NOTICE: FIRST_REMINDER, Step.REMINDER: SECOND_REMINDER - FIRST_REMINDER}


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident of one connection.

    Attributes:
        number: from 1, of this connection.
        code: problem code behind it, such as ``connection-revoked``.
        mails: how many mails have asked the owner so far.
        tries: how many mails were entrusted to anything; more than ``mails`` where one was taken back.
        ended_at: since when it is over; ``None`` while it lasts.
        unsent_at: since when a mail of it finds no way to its owner; ``None`` when all is well.
    """

    connection_id: str
    tenant_id: str
    number: int
    kind: IncidentKind
    code: str
    opened_at: datetime
    mails: int = 0
    tries: int = 0
    ended_at: datetime | None = None
    unsent_at: datetime | None = None

    @property
    def step(self) -> Step:
        """The mail that is due when the incident is."""
        return Step.SOLVED if self.ended_at is not None else _STEPS[min(self.mails, len(_STEPS) - 1)]

    @property
    def key(self) -> str:
        """Names this mail of this incident for ever, so that it is kept once."""
        return f"postausgang:notice:{self.connection_id}:{self.number}:{self.step}:{self.tries}"


def next_at(incident: Incident, mailed_at: datetime) -> datetime | None:
    """When the next mail is due after the present one; ``None`` for never.

    Only a connection that stands still is worth a reminder.
    """
    pause = _PAUSES.get(incident.step)
    if pause is None or incident.kind is IncidentKind.DEGRADED:
        return None
    return mailed_at + pause
