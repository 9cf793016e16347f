"""The filters of the list of messages: read from the address, said at their fields where they are wrong."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as later
from werkzeug.datastructures import MultiDict

from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from service.web.times import Times

MAX_SEARCH = 200
_NAMES = ("q", "status", "connection", "from", "to", "errors")
_CURSOR = re.compile("msg_[0-9a-z]{26}")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for.

    Attributes:
        given: the filters as they came, by name, without empty ones.
        faults: what is wrong, by the name of the field.
        wanted: for the store; without what is wrong.
    """

    given: dict[str, str]
    faults: dict[str, str]
    wanted: MessageFilter

    @property
    def has_more(self) -> bool:
        """Whether anything beside the search is set."""
        return any(name != "q" for name in self.given)


def read_filters(query: "MultiDict[str, str]", times: Times) -> Filters:
    """The filters of an address; a cursor that is none leads to the first page."""
    given = {name: text for name in _NAMES if (text := query.get(name, "").strip())}
    reader = _Reader(given, times)
    since, until = reader.day("from"), reader.day("to", after=_DAY)
    if since is not None and until is not None and until <= since:
        reader.faults["to"] = later("The period ends before it begins.")
    before = query.get("before", "")
    wanted = MessageFilter(
        state=reader.state(),
        connection_id=given.get("connection"),
        search=reader.search(),
        errors_only="errors" in given,
        since=since,
        until=until,
        before=before if _CURSOR.fullmatch(before) else None,
    )
    return Filters(given, reader.faults, wanted)


@dataclass(slots=True)
class _Reader:
    given: dict[str, str]
    times: Times
    faults: dict[str, str] = field(default_factory=dict)

    def state(self) -> State | None:
        text = self.given.get("status")
        if text is None or text in set(State):
            return None if text is None else State(text)
        self.faults["status"] = later("There is no such status.")
        return None

    def search(self) -> str | None:
        text = self.given.get("q")
        if text is not None and len(text) > MAX_SEARCH:
            self.faults["q"] = later("What is searched for has at most 200 characters.")
            return None
        return text

    def day(self, name: str, after: timedelta = timedelta()) -> datetime | None:
        """When a day begins, or the one so much after it, in UTC."""
        text = self.given.get(name)
        if text is None:
            return None
        try:
            return self.times.begin_of(date.fromisoformat(text) + after)
        except (ValueError, OverflowError):
            self.faults[name] = later("This is no date such as 2026-11-23.")
            return None
