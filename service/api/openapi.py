"""The OpenAPI 3.1 document, made of the route table, the body models and the answers' shapes."""

import re
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from service.api import shapes
from service.api.listing import DEFAULT_LIMIT, MAX_LIMIT, MAX_SEARCH
from service.api.problems import PROBLEMS
from service.api.routes import Route
from service.api.schemas import HOST_NAME, NewMessage
from service.domains.dkim import MAX_SELECTOR
from service.mail.rules import MAX_REFERENCE
from service.outbox.entry import State

_REF = "#/components/schemas/{model}"
_ALWAYS = (401, 403, 406, 500, 503)  # every operation may answer these
_OF_BODIES = {400, 408, 409, 413, 415, 422}
_CHECKS = {
    "add_connection",
    "verify_delegation",
    "check_domain",
}  # they ask servers of others, a few at a time
_VERSIONED = {"get_connection": "reroute", "get_delegation": "set_senders"}  # by ETag and If-Match
_PARAMETER = re.compile(r"<(\w+)>")
_IDS = {
    "message_id": "^msg_[0-9a-z]{26}$",
    "connection_id": "^con_[0-9a-z]{26}$",
    "delegation_id": "^dlg_[0-9a-z]{26}$",
    "domain": HOST_NAME,
}
_DESCRIPTION = """Sends mail from connected Gmail and Google Workspace mailboxes.

`202` means that the message is on disk. `sent` means that Google took it, with its receipt. Repeat a request
whose answer was lost with the same `Idempotency-Key`: it is never sent twice. Errors are problems (RFC 9457);
their `code` never changes, their sentences follow `Accept-Language` (`en`, `de`)."""

Schema = dict[str, Any]


def build_document(table: tuple[Route, ...], public_url: str) -> Schema:
    """The whole document."""
    paths: dict[str, Schema] = {}
    for route in table:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postausgang API",
            "version": version("postausgang"),
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(table),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key, `pa_live_…`."}
            },
        },
    }


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": route.name,
        "summary": _summary(route),
        "description": f"Right: {' or '.join(sorted(route.rights))}.",
        "tags": [route.path.split("/")[2]],
        "parameters": [*_path_parameters(route), *_own_parameters(route)],
        "responses": _responses(route),
    }
    if route.body is not None:
        operation["requestBody"] = _request_body(route)
    return operation


def _request_body(route: Route) -> Schema:
    body = route.body
    assert body is not None  # noqa: S101, only asked for routes with one
    content: Schema = {"application/json": {"schema": _ref(body.__name__)}}
    if body is NewMessage:
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": _ref(body.__name__),
                    "attachments": {
                        "type": "array",
                        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                    },
                },
                "additionalProperties": False,
            },
            "encoding": {"message": {"contentType": "application/json"}},
        }
    is_needed = any(field.is_required() for field in body.model_fields.values())
    return {"required": is_needed, "content": content}


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": _IDS[name]},
        }
        for name in _PARAMETER.findall(route.path)
    ]


def _own_parameters(route: Route) -> list[Schema]:
    key = {"type": "string", "pattern": r"^[!-+\--~]{1,255}$"}
    if route.name == "correct_message":
        told = _parameter("Idempotency-Key", key, "header", "New for each correction.")
        return [told | {"required": True}]
    if route.name == "post_message":
        return [
            _parameter(
                "Idempotency-Key",
                key,
                "header",
                "New for each message, the same for a repetition; not needed with `dry_run`.",
            ),
            _parameter("dry_run", {"type": "boolean", "default": False}, "query", "Check, and keep nothing."),
        ]
    if route.name in _VERSIONED.values():
        version = {"type": "string"}
        return [
            _parameter(
                "If-Match", version, "header", "Only if it is still as in the answer with this `ETag`."
            )
        ]
    if route.name == "check_domain":
        name = {"type": "string", "pattern": HOST_NAME, "maxLength": MAX_SELECTOR}
        return [_parameter("selector", name, "query", "Of the DKIM key, where it is not Google's usual one.")]
    return _list_parameters() if route.name == "list_messages" else []


def _list_parameters() -> list[Schema]:
    line = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"}
    instant = {"type": "string", "format": "date-time"}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return [
        _parameter("after", {"type": "string", "pattern": _IDS["message_id"]}, "query", "`next` of a page."),
        _parameter("limit", limit, "query", "Messages a page."),
        _parameter("status", {"type": "string", "enum": list(State)}, "query", "Only these."),
        _parameter(
            "errors_only",
            {"type": "boolean", "default": False},
            "query",
            "Only what needs a person to look: failed, given up, unclear, or refused for a recipient.",
        ),
        _parameter("connection", line | {"maxLength": MAX_SEARCH}, "query", "Only this mailbox's."),
        _parameter("reference", line | {"maxLength": MAX_REFERENCE}, "query", "Only this reference."),
        _parameter(
            "q", line | {"maxLength": MAX_SEARCH}, "query", "Part of recipient, subject or reference."
        ),
        _parameter("since", instant, "query", "Accepted then or later."),
        _parameter("until", instant, "query", "Accepted before."),
    ]


def _parameter(name: str, schema: Schema, where: str, description: str) -> Schema:
    return {"name": name, "in": where, "required": False, "schema": schema, "description": description}


def _responses(route: Route) -> Schema:
    good: Schema = {
        "description": _summary(route),
        "content": {"application/json": {"schema": _ref(route.answer.__name__)}},
    }
    responses: Schema = {str(route.status): good}
    if route.answer is shapes.AcceptedAnswer and route.name != "send_test_mail":
        good["headers"] = {
            "Location": {"schema": {"type": "string"}},
            "Idempotent-Replayed": {"schema": {"const": "true"}},
        }
    if route.name == "post_message":
        responses["200"] = {**good, "description": "With `dry_run`: what would be answered."}
        del responses["200"]["headers"]
    if route.name in _VERSIONED:
        good["headers"] = {
            "ETag": {
                "description": f"Version of what `{_VERSIONED[route.name]}` replaces.",
                "schema": {"type": "string"},
                "required": True,
            }
        }
    for status in sorted(_refusals(route)):
        codes = [code for code, kind in PROBLEMS.items() if kind.status == status]
        responses[str(status)] = {
            "description": f"Problem: {', '.join(codes)}",
            "content": {"application/problem+json": {"schema": _ref("ProblemAnswer")}},
        }
    return responses


def _refusals(route: Route) -> set[int]:
    statuses = set(_ALWAYS)
    if "<" in route.path or route.body is not None:
        statuses.add(404)
    if route.body is not None:
        statuses |= _OF_BODIES
    if route.name.startswith("list_") or route.name in {"check_domain", "get_tenant"}:
        statuses.add(400)  # they look at the query string
    if route.name in _VERSIONED.values():
        statuses.add(412)
    if route.name in _CHECKS:
        statuses.add(429)
    return statuses


def _summary(route: Route) -> str:
    return (route.view.__doc__ or "").partition("\n")[0]


def _schemas(table: tuple[Route, ...]) -> Schema:
    bodies = list(dict.fromkeys(route.body for route in table if route.body is not None))
    _, of_bodies = models_json_schema([(body, "validation") for body in bodies], ref_template=_REF)
    answers = [*dict.fromkeys(route.answer for route in table), shapes.ProblemAnswer]
    named, of_answers = TypeAdapter.json_schemas(
        [(answer.__name__, "serialization", TypeAdapter(answer)) for answer in answers], ref_template=_REF
    )
    schemas: Schema = {name: schema for (name, _), schema in named.items() if "$ref" not in schema}
    schemas |= of_answers["$defs"]
    schemas |= of_bodies["$defs"]
    del schemas["Address"]  # what an address is read into; callers send strings
    return schemas


def _ref(name: str) -> Schema:
    return {"$ref": _REF.format(model=name)}
