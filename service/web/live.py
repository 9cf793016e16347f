"""Checks whose steps are told while they run, to a page whose script asks for that.

The answer is one JSON object a line: ``step``, HTML for the page's list, for each step; at the end ``page``,
the whole page that comes of it, and ``address``, where it is found. Whoever leaves in between ends the check:
the server closes the generator.
"""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from flask import Response, current_app, make_response, render_template, request, stream_with_context

from service.errors import ServiceError
from service.stepwise import at_once
from service.web.words import Word

LINES = "application/x-ndjson"

Step = TypeVar("Step")
Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """A step as the list names it.

    Attributes:
        scope: that it is about; ``None`` where it is about no single one.
    """

    title: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The page after a check.

    Attributes:
        address: where the page is found; ``None`` for the form itself.
        status: for a browser that asks for the page alone.
    """

    page: str
    address: str | None = None
    status: int = 200


def is_wanted() -> bool:
    """Whether the page has a script that reads the steps; a browser itself asks for a page."""
    return request.accept_mimetypes.best == LINES


def answered(
    rows: Sequence[Row], steps: Generator[Step, None, Outcome], word: Callable[[Step], Word]
) -> Response | Page:
    """As ``told`` where that is wanted; else the page that comes of it."""
    if is_wanted():
        return told(rows, steps, word)
    outcome, _ = at_once(steps)
    return outcome.page, outcome.status


def told(
    rows: Sequence[Row], steps: Generator[Step, None, Outcome], word: Callable[[Step], Word]
) -> Response:
    """The answer that tells each step as soon as it is through.

    Args:
        rows: what the steps are called, in their order.
        steps: the check.
        word: how a step ended.
    """
    # The header is nginx's: a proxy that gathers the answer would tell all steps at once.
    lines = stream_with_context(_lines(rows, steps, word))
    return Response(lines, mimetype=LINES, headers={"X-Accel-Buffering": "no"})


def _lines(
    rows: Sequence[Row], steps: Generator[Step, None, Outcome], word: Callable[[Step], Word]
) -> Iterator[str]:
    yield _step(running=rows[:1])
    try:
        with closing(steps):  # whoever leaves ends the conversation with the server at once
            for number in count():
                result = word(next(steps))
                yield _step(ended=rows[number], result=result, running=rows[number + 1 : number + 2])
    except StopIteration as end:
        outcome: Outcome = end.value
    except ServiceError as error:
        page = make_response(current_app.handle_user_exception(error))
        outcome = Outcome(page.get_data(as_text=True))
    yield _line(page=outcome.page, address=outcome.address)


def _step(*, running: Sequence[Row], ended: Row | None = None, result: Word | None = None) -> str:
    """What is new in the list: the step that has ended, and the one that runs now."""
    return _line(step=render_template("step.html", ended=ended, result=result, running=running))


def _line(**said: str | None) -> str:
    return json.dumps(said) + "\n"
