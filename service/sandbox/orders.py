"""Orders to the control API: JSON objects, read with all that can be wrong with them told."""

from types import UnionType
from typing import Any

from flask import Response, jsonify, request

from service.errors import InvalidRequestError, Problem


def read_order(known: set[str]) -> dict[str, Any]:
    """The JSON object of the request. Other media types are refused: a foreign page could post those."""
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        raise wrong("", "A JSON object is needed, as application/json.")
    if body.keys() - known:
        raise wrong("", f"Only these names are known: {', '.join(sorted(known))}.")
    return body


def read_typed(types: "dict[str, type | UnionType]") -> dict[str, Any]:
    """The same, where every name has its type."""
    order = read_order(set(types))
    for name, value in order.items():
        if not isinstance(value, types[name]):
            raise wrong(f"/{name}", "This is of the wrong type.")
    return order


def texts_of(body: dict[str, Any], name: str) -> list[str]:
    """A list of texts, empty when absent."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise wrong(f"/{name}", "A list of texts is needed.")
    return value


def text_of(body: dict[str, Any], name: str) -> str:
    """A text that has to be there."""
    value = body.get(name)
    if not isinstance(value, str):
        raise wrong(f"/{name}", "A text is needed.")
    return value


def wrong(pointer: str, detail: str) -> InvalidRequestError:
    """What to raise."""
    return InvalidRequestError(Problem(pointer, "invalid", detail))


def refuse(error: InvalidRequestError) -> tuple[Response, int]:
    """The answer to an order that cannot be read."""
    problems = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in error.problems]
    return jsonify(problems=problems), 400
