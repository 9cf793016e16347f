"""Events and tries, told as one story, oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as later

from service.outbox.entry import Attempt, Event
from service.web.problems import advice
from service.web.words import STATES, Word

_EVENTS = {
    "message.queued": Word(later("Accepted and stored"), "quiet"),
    "message.sent": Word(later("Sent: Google accepted the mail"), "good"),
    "message.deferred": Word(later("Will be tried again"), "warn"),
    "message.delayed": Word(later("Delayed"), "warn"),
    "message.waiting": Word(later("Waits for its connection"), "warn"),
    "message.uncertain": Word(later("The outcome is unclear"), "warn"),
    "message.failed": Word(later("Failed for good"), "bad"),
    "message.expired": Word(later("Given up: the time is over"), "bad"),
    "message.cancelled": Word(later("Cancelled"), "quiet"),
    "message.resent": Word(later("Queued again"), "quiet"),
    "message.decided": Word(later("Settled by a person"), "quiet"),
}
_BY_PAGE = "web:"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story.

    Attributes:
        notes: short facts beside the text.
        code: problem code, and ``sentence`` for people; ``None`` when all is well.
        reply: the server's own words, untrusted.
    """

    at: datetime
    text: str
    tone: str
    notes: tuple[str, ...] = ()
    code: str | None = None
    sentence: str | None = None
    reply: str | None = None


def moments(events: list[Event], attempts: list[Attempt]) -> list[Moment]:
    """The story of a message. What happened in the same instant: first the try, then what followed."""
    told = [*(moment for attempt in attempts for moment in _tried(attempt)), *map(_happened, events)]
    return sorted(told, key=lambda moment: moment.at)


def _tried(attempt: Attempt) -> Iterator[Moment]:
    yield Moment(
        attempt.started_at,
        gettext("Try %(number)s began", number=attempt.number),
        "quiet",
        (attempt.transport,),
    )
    if attempt.handed_over_at is not None:
        yield Moment(attempt.handed_over_at, gettext("Handed to Google"), "busy")
    word = STATES[attempt.outcome]
    yield Moment(
        attempt.ended_at,
        gettext("Try %(number)s ended: %(outcome)s", number=attempt.number, outcome=word.text),
        word.tone,
        tuple(_attempt_notes(attempt)),
        attempt.code,
        advice(attempt.code).sentence if attempt.code else None,
        attempt.reply or None,
    )


def _attempt_notes(attempt: Attempt) -> Iterator[str]:
    if attempt.status is not None:
        yield gettext("answer %(status)s", status=attempt.status)
    if attempt.receipt is not None:
        yield gettext("receipt %(receipt)s", receipt=attempt.receipt)


def _happened(event: Event) -> Moment:
    details = dict(event.details)
    word = _EVENTS.get(event.type) or Word(event.type, "quiet")
    actor = details.get("actor")
    notes = (_actor(actor),) if actor else ()
    return Moment(event.at, word.text, word.tone, notes, details.get("code"))


def _actor(actor: str) -> str:
    """Who did it. The session's id says nothing to a reader."""
    return gettext("on this page") if actor.startswith(_BY_PAGE) else actor
