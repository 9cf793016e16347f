"""Errors become problems (RFC 9457): one code, one title, one sentence, and never what was sent."""

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from service.api.faults import BodyIncompleteError, BodyTimeoutError, BodyTooLargeError, InvalidQueryError
from service.api.problems import PROBLEMS, VALIDATION
from service.api.replies import language, new_request_id, reply
from service.api.sentences import sentence
from service.catalogue import INTERNAL, advice
from service.errors import (
    InvalidRequestError,
    MessageTooLargeError,
    Problem,
    ServiceError,
    UnauthenticatedError,
)

MOST_ERRORS = 100  # that one answer names
MOST_POINTER = 200  # characters: a pointer may hold a name that the caller chose
_SERVER_FAULT = 500
_OF_FLASK = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "timeout",
    413: "too-large",
    415: "unsupported-media-type",
}
_CLOSE = ("Connection", "close")

log = structlog.get_logger(__name__)


class Refusals:
    """Turns what the rooms and Flask raise into answers."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def register(self, blueprint: Blueprint) -> None:
        """Catch what this blueprint's views raise, and what has no view below ``/v1``."""
        blueprint.register_error_handler(ServiceError, self.expected)
        blueprint.register_error_handler(HTTPException, self.http)
        blueprint.register_error_handler(InternalServerError, self.broken)
        blueprint.app_errorhandler(HTTPException)(self.elsewhere)
        blueprint.app_errorhandler(ServiceError)(self.expected)

    def expected(self, error: ServiceError) -> Response:
        """A problem for an error of ours."""
        if isinstance(error, InvalidRequestError):
            return self._invalid(error)
        facts: dict[str, object] = {}
        headers: tuple[tuple[str, str], ...] = ()
        if isinstance(error, MessageTooLargeError):
            facts = {"size_bytes": error.size_bytes, "limit_bytes": error.limit_bytes}
        elif isinstance(error, BodyTooLargeError):
            facts = {"limit_bytes": error.limit_bytes}
        elif isinstance(error, UnauthenticatedError):
            headers = (("WWW-Authenticate", 'Bearer realm="postausgang"'),)
        if isinstance(error, BodyTooLargeError | BodyTimeoutError | BodyIncompleteError):
            headers = (_CLOSE,)  # the rest of the body would be taken for the next request
        return self._answer(error.code, headers=headers, facts=facts)

    def http(self, error: HTTPException) -> Response:
        """A problem for what Flask itself refuses."""
        status = error.code or _SERVER_FAULT
        code = _OF_FLASK.get(status, INTERNAL if status >= _SERVER_FAULT else "bad-request")
        headers: tuple[tuple[str, str], ...] = ()
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            headers = (("Allow", ", ".join(sorted(error.valid_methods))),)
        return self._answer(code, headers=headers)

    def broken(self, _error: InternalServerError) -> Response:
        """A problem for a fault of ours; Flask has written the trace to the log."""
        return self._answer(INTERNAL)

    def elsewhere(self, error: HTTPException) -> Response | HTTPException:
        """The same for addresses below ``/v1`` that there are not; other ones keep their own answer."""
        return self.http(error) if request.path.startswith("/v1/") else error

    def _invalid(self, error: InvalidRequestError) -> Response:
        in_query = isinstance(error, InvalidQueryError)
        codes = {problem.code for problem in error.problems}
        alone = codes.pop() if len(codes) == 1 else VALIDATION
        spoken = language()
        errors = [_named(problem, spoken, in_query=in_query) for problem in error.problems[:MOST_ERRORS]]
        return self._answer(
            alone if alone in PROBLEMS else VALIDATION,
            status=400 if in_query else None,
            facts={"errors": errors},
        )

    def _answer(
        self,
        code: str,
        *,
        status: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        facts: dict[str, object] | None = None,
    ) -> Response:
        code = code if code in PROBLEMS else INTERNAL
        kind, told, spoken, request_id = PROBLEMS[code], advice(code), language(), new_request_id()
        status = status or kind.status
        if status >= _SERVER_FAULT:
            log.error("request failed", request=request_id, code=code, path=request.url_rule)
        if kind.retry_after_s:
            headers = (*headers, ("Retry-After", str(kind.retry_after_s)))
        body = {
            "type": f"{self._public_url}/problems/{code}",
            "title": told.title.in_language(spoken),
            "status": status,
            "detail": told.sentence.in_language(spoken),
            "next_step": told.next_step.in_language(spoken),
            "code": code,
            **(facts or {}),
            "request_id": request_id,
        }
        headers = (*headers, ("Content-Language", spoken), ("Vary", "Accept-Language"))
        return reply(
            body, status, headers=headers, content_type="application/problem+json", request_id=request_id
        )


def _named(problem: Problem, spoken: str, *, in_query: bool) -> dict[str, str]:
    where = problem.pointer[:MOST_POINTER]
    return {
        "parameter" if in_query else "pointer": where,
        "code": problem.code,
        "detail": sentence(problem.code, spoken, problem.detail),
    }
