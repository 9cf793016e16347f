"""Events and tries, told as one story, oldest first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as later

from service.connections.way import WayKind
from service.outbox.entry import Attempt, Event, State
from service.web.browser import BY_PAGE
from service.web.problems import advice
from service.web.words import WAYS, Word, is_google

_EVENTS = {
    "message.queued": Word(later("Accepted and stored"), "quiet"),
    "message.sent": Word(later("Sent: Google accepted the mail"), "good"),
    "message.partly_sent": Word(later("Sent to some recipients; the others are tried again"), "warn"),
    "message.requeued": Word(later("Put back: its connection had stopped"), "warn"),
    "message.deferred": Word(later("Not sent; it will be tried again"), "warn"),
    "message.delayed": Word(later("Delayed"), "warn"),
    "message.waiting": Word(later("Not sent; it waits for its connection"), "warn"),
    "message.uncertain": Word(later("The outcome is unclear"), "warn"),
    "message.failed": Word(later("Failed for good"), "bad"),
    "message.expired": Word(later("Given up: the time is over"), "bad"),
    "message.cancelled": Word(later("Cancelled"), "quiet"),
    "message.resent": Word(later("Queued again"), "quiet"),
    "message.corrected": Word(later("Sent to corrected addresses, as a new message"), "quiet"),
    "message.decided": Word(later("Settled by a person"), "quiet"),
}
_SENT_ELSEWHERE = Word(later("Sent: the mail server accepted the mail"), "good")
_DECISIONS = {"sent": later("it was sent"), "resend": later("it shall be sent again")}
_BY_RULE = "rule"
_KEY = re.compile(r"api-key:(?P<public>\S+) \((?P<name>.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story.

    Attributes:
        notes: short facts beside the text.
        code: problem code, and ``why`` in words; ``None`` when all is well.
        reply: the server's own words, untrusted.
        other_id: the message that this one corrects, or that corrects this one.
    """

    at: datetime
    text: str
    tone: str
    notes: tuple[str, ...] = ()
    code: str | None = None
    why: str | None = None
    reply: str | None = None
    other_id: str | None = None


def moments(events: list[Event], attempts: list[Attempt]) -> list[Moment]:
    """The story of a message. The event that a try ended with is told once, with the try's own facts."""
    ends = {(_ending(attempt), attempt.ended_at) for attempt in attempts}
    told = [
        *(_happened(event) for event in events if (event.type, event.at) not in ends),
        *(moment for attempt in attempts for moment in _tried(attempt)),
    ]
    return sorted(told, key=lambda moment: moment.at)


def _ending(attempt: Attempt) -> str:
    return f"message.{attempt.outcome.value}"


def _tried(attempt: Attempt) -> Iterator[Moment]:
    number = gettext("try %(number)s", number=attempt.number)
    is_by_google = is_google(attempt.transport)
    if attempt.handed_over_at is not None:
        taker = gettext("Handed to Google") if is_by_google else gettext("Handed to the mail server")
        yield Moment(attempt.handed_over_at, taker, "busy", (number, _way(attempt)))
    is_elsewhere = attempt.outcome is State.SENT and not is_by_google
    word = _SENT_ELSEWHERE if is_elsewhere else _EVENTS[_ending(attempt)]
    yield Moment(
        attempt.ended_at,
        word.text,
        word.tone,
        (number, *_attempt_notes(attempt)),
        attempt.code,
        advice(attempt.code).title if attempt.code else None,
        attempt.reply or None,
    )


def _way(attempt: Attempt) -> str:
    """The words for the way that it took."""
    return str(WAYS[WayKind(attempt.transport)] if attempt.transport in set(WayKind) else attempt.transport)


def _attempt_notes(attempt: Attempt) -> Iterator[str]:
    if attempt.handed_over_at is None:
        yield _way(attempt)
    if attempt.status is not None:
        yield gettext("answer %(status)s", status=attempt.status)
    if attempt.receipt is not None:
        yield gettext("receipt %(receipt)s", receipt=attempt.receipt)


def _happened(event: Event) -> Moment:
    details = dict(event.details)
    word = _EVENTS.get(event.type) or Word(event.type, "quiet")
    code = details.get("code")
    return Moment(
        event.at,
        word.text,
        word.tone,
        tuple(_event_notes(details)),
        code,
        advice(code).title if code else None,
        other_id=details.get("corrects") or details.get("corrected_by"),
    )


def _event_notes(details: dict[str, str]) -> Iterator[str]:
    if "corrects" in details:
        yield gettext("to corrected addresses, in place of an earlier message")
    if "decision" in details:
        yield _DECISIONS.get(details["decision"], details["decision"])
    if "actor" in details:
        yield _actor(details["actor"])
    if "found_in" in details:
        yield gettext("found in the mailbox under “Sent”")
    if "receipt" in details:
        yield gettext("receipt %(receipt)s", receipt=details["receipt"])


def _actor(actor: str) -> str:
    """Who did it. A session's id says nothing to a reader."""
    if actor == _BY_RULE:
        return str(gettext("by the rule for unclear mail"))
    if key := _KEY.fullmatch(actor):
        return str(gettext("by key “%(name)s” (%(public)s)", name=key["name"], public=key["public"]))
    if not actor.startswith(BY_PAGE):
        return actor
    person = actor.removeprefix(BY_PAGE)
    return str(gettext("by %(person)s", person=person) if "@" in person else gettext("on this page"))
