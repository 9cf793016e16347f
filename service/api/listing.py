"""``GET /v1/messages``: filters, and pages by a cursor."""

import heapq
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flask import Request, Response

from service.api.answers import message_answer
from service.api.authentication import Caller
from service.api.faults import InvalidCursorError, InvalidQueryError
from service.api.ports import ApiPorts
from service.api.reading import check_id, read_query
from service.api.replies import language, reply
from service.api.shapes import MessageListAnswer
from service.api.times import TimeError, parse_time
from service.errors import NotFoundError, Problem
from service.mail.rules import MAX_REFERENCE, RuleError, check_line
from service.outbox.entry import Entry, State
from service.outbox.listing import MessageFilter

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_SEARCH = 200
PARAMETERS = ("after", "limit", "status", "errors_only", "connection", "reference", "q", "since", "until")

_LIMIT = re.compile("[0-9]{1,3}")


class MessageList:
    """The view of the list."""

    def __init__(self, ports: ApiPorts) -> None:
        self._outbox = ports.outbox

    def show(self, request: Request, caller: Caller) -> Response:
        """Messages, newest first."""
        values = read_query(request, *PARAMETERS)
        reader = _Reader(values)
        limit, wanted = reader.limit(), reader.filter()
        if reader.problems:
            raise InvalidQueryError(*reader.problems)
        wanted = replace(wanted, before=self._cursor(caller, values.get("after")))
        entries = self._search(caller, wanted, limit + 1)
        has_more = len(entries) > limit
        shown = entries[:limit]
        answer: MessageListAnswer = {
            "object": "list",
            "has_more": has_more,
            "data": [message_answer(entry, language()) for entry in shown],
            "next": shown[-1].id if has_more else None,
        }
        return reply(answer)

    def _cursor(self, caller: Caller, after: str | None) -> str | None:
        if after is None:
            return None
        try:
            entry = self._outbox.get(caller.tenant_id, check_id("msg", after))
        except NotFoundError:
            raise InvalidCursorError from None
        if not caller.may_use(entry.connection_id):
            raise InvalidCursorError
        return after

    def _search(self, caller: Caller, wanted: MessageFilter, limit: int) -> list[Entry]:
        """A key that is for some connections only sees a list made of theirs."""
        if wanted.connection_id is not None:
            caller.check_connection(wanted.connection_id)
        if caller.connection_ids is None or wanted.connection_id is not None:
            return self._outbox.search(caller.tenant_id, wanted, limit)
        found = (
            self._outbox.search(caller.tenant_id, replace(wanted, connection_id=one), limit)
            for one in sorted(caller.connection_ids)
        )
        merged = heapq.merge(*found, key=lambda entry: entry.id, reverse=True)
        return [entry for entry, _ in zip(merged, range(limit), strict=False)]


class _Reader:
    """Reads parameters and gathers what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[Problem] = []

    def limit(self) -> int:
        text = self._values.get("limit", str(DEFAULT_LIMIT))
        if _LIMIT.fullmatch(text) and 1 <= int(text) <= MAX_LIMIT:
            return int(text)
        self._note("limit", "out-of-range", f"The limit is 1 to {MAX_LIMIT}.")
        return DEFAULT_LIMIT

    def filter(self) -> MessageFilter:
        return MessageFilter(
            state=self._state(),
            connection_id=self._line("connection", MAX_SEARCH),
            reference=self._line("reference", MAX_REFERENCE),
            search=self._line("q", MAX_SEARCH),
            errors_only=self._is_set("errors_only"),
            since=self._time("since"),
            until=self._time("until"),
        )

    def _state(self) -> State | None:
        text = self._values.get("status")
        if text is None:
            return None
        if text in set(State):
            return State(text)
        self._note("status", "invalid-choice", f"A status is one of {', '.join(State)}.")
        return None

    def _is_set(self, name: str) -> bool:
        text = self._values.get(name, "false")
        if text not in {"true", "false"}:
            self._note(name, "invalid-choice", f"{name} is true or false.")
        return text == "true"

    def _line(self, name: str, maximum: int) -> str | None:
        text = self._values.get(name)
        try:
            return None if text is None else check_line(text, maximum, "This text")
        except RuleError as error:
            self._note(name, error.code, error.args[0])
            return None

    def _time(self, name: str) -> datetime | None:
        text = self._values.get(name)
        try:
            return None if text is None else parse_time(text)
        except TimeError as error:
            self._note(name, error.code, error.args[0])
            return None

    def _note(self, name: str, code: str, detail: str) -> None:
        self.problems.append(Problem(name, code, detail))
