"""Checks whose steps are told while they run, to a page whose script asks for that.

The answer is one JSON object a line: ``step``, HTML for the page's list, for each step; at the end ``page``,
the whole page that comes of it, and ``address``, where it is found. Whoever leaves in between ends the check:
the server closes the generator.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from flask import Response, current_app, make_response, render_template, request, stream_with_context

from service.connections.ports import ProbeName, ProbeStep
from service.errors import ServiceError

LINES = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The page after a check.

    Attributes:
        address: where the page is found; ``None`` for the form itself.
    """

    page: str
    address: str | None = None


def is_wanted() -> bool:
    """Whether the page has a script that reads the steps; a browser itself asks for a page."""
    return request.accept_mimetypes.best == LINES


def told(steps: Generator[ProbeStep, None, Outcome]) -> Response:
    """The answer that tells each step as soon as it is through."""
    # The header is nginx's: a proxy that gathers the answer would tell all steps at once.
    return Response(stream_with_context(_lines(steps)), mimetype=LINES, headers={"X-Accel-Buffering": "no"})


def _lines(steps: Generator[ProbeStep, None, Outcome]) -> Iterator[str]:
    yield _step(None)
    try:
        with closing(steps):  # whoever leaves ends the conversation with the server at once
            while True:
                yield _step(next(steps).name)
    except StopIteration as end:
        outcome: Outcome = end.value
    except ServiceError as error:
        page = make_response(current_app.handle_user_exception(error))
        outcome = Outcome(page.get_data(as_text=True))
    yield _line(page=outcome.page, address=outcome.address)


def _step(passed: ProbeName | None) -> str:
    """What is new in the list: the step that went well, and the one that runs now."""
    order = list(ProbeName)
    running = order[order.index(passed) + 1 :] if passed else order
    return _line(step=render_template("step.html", passed=passed, running=running[:1]))


def _line(**said: str | None) -> str:
    return json.dumps(said) + "\n"
