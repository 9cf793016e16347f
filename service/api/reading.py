"""Bodies and query strings become checked values, or one error that names every fault."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.api.body import Body
from service.api.faults import InvalidQueryError, NotAcceptableError, UnsupportedMediaTypeError
from service.api.json_body import parse_object
from service.api.schemas import RequestModel
from service.errors import InvalidRequestError, NotFoundError, PreconditionFailedError, Problem

SMALL_BODY_BYTES = 64 * 1024
MULTIPART = "multipart/form-data"
_JSON = "application/json"
_MOST_FAULTS = 100

_ID_BODY = re.compile("[0-9a-z]{26}")
_KINDS = {"msg": "message", "con": "connection", "dlg": "delegation"}

Model = TypeVar("Model", bound=RequestModel)

_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown-field",
    "string_unicode": "invalid-characters",
    "string_too_long": "invalid-length",
    "string_too_short": "invalid-length",
    "string_pattern_mismatch": "invalid-value",
    "too_long": "too-many",
    "too_short": "invalid-length",
    "greater_than_equal": "out-of-range",
    "less_than_equal": "out-of-range",
    "literal_error": "invalid-choice",
    "enum": "invalid-choice",
}


def check_accept(request: Request) -> None:
    """See that the caller takes JSON.

    Raises:
        NotAcceptableError: they do not.
    """
    wanted = request.environ.get("HTTP_ACCEPT")
    if wanted and wanted != "*/*" and not request.accept_mimetypes.best_match([_JSON]):
        raise NotAcceptableError


def media_type(request: Request, *allowed: str) -> str:
    """The media type of the body, one of the allowed ones.

    Raises:
        UnsupportedMediaTypeError: another one, another charset, or compressed.
    """
    if request.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError
    given = request.environ.get("CONTENT_TYPE", "")
    if given == _JSON and _JSON in allowed:
        return _JSON
    if request.mimetype not in allowed:
        raise UnsupportedMediaTypeError
    if request.mimetype == _JSON and request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaTypeError
    return request.mimetype


def read_small(request: Request, model: type[Model], *, may_be_empty: bool = False) -> Model:
    """The body of a route that takes a few fields.

    Raises:
        RequestError: it is no JSON.
        InvalidRequestError: its fields are not valid.
    """
    raw = Body(request.environ, SMALL_BODY_BYTES).read()
    if not raw and may_be_empty:
        return model()
    media_type(request, _JSON)
    return read_model(model, parse_object(raw))


def read_model(model: type[Model], payload: dict[str, Any], *more: Problem) -> Model:
    """The fields of a body.

    Raises:
        InvalidRequestError: with every fault, and ``more``.
    """
    try:
        checked = model.model_validate(payload)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        problems = [_problem(fault, payload) for fault in faults[:_MOST_FAULTS]]
        raise InvalidRequestError(*problems, *more) from None
    if more:
        raise InvalidRequestError(*more)
    return checked


def read_query(request: Request, *allowed: str) -> Mapping[str, str]:
    """The parameters of the query string, each at most once.

    Raises:
        InvalidQueryError: an unknown one, or one twice.
    """
    problems = []
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if name not in allowed:
            problems.append(Problem(name, "unknown-field", "There is no such parameter."))
        elif len(given) > 1:
            problems.append(Problem(name, "given-twice", "This parameter came twice."))
        values[name] = given[0]
    if problems:
        raise InvalidQueryError(*problems[:_MOST_FAULTS])
    return values


def _problem(fault: ErrorDetails, payload: dict[str, Any]) -> Problem:
    kind = fault["type"]
    location = fault["loc"]
    if location and location[-1] == "[key]":
        location = location[:-1]
    if len(location) > 1 and isinstance(payload.get(str(location[0])), str):
        location = location[:1]  # a single address was given where a list may stand
    code = _CODES.get(kind) or ("wrong-type" if kind.endswith("_type") else kind)
    detail = "" if kind in _CODES or code == "wrong-type" else fault["msg"]
    return Problem(pointer(*location), code if "_" not in code else "invalid-value", detail)


def must_match(request: Request, version: str) -> bool:
    """Whether the caller wants a change only of what they have seen (``If-Match``, RFC 9110 §13.1.1).

    Raises:
        PreconditionFailedError: they have seen another version.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return False
    if version not in request.if_match:
        raise PreconditionFailedError
    return True


def check_id(prefix: str, value: str) -> str:
    """An id that could be one of ours; anything else is not even looked for.

    Raises:
        NotFoundError: it could not.
    """
    if not value.startswith(f"{prefix}_") or not _ID_BODY.fullmatch(value, len(prefix) + 1):
        raise NotFoundError(_KINDS[prefix])
    return value


def pointer(*steps: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
