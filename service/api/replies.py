"""Answers: JSON with an id of the request, for good news and for problems."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from flask import Response, request
from werkzeug.datastructures import Headers, LanguageAccept
from werkzeug.http import parse_accept_header

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
LANGUAGES = ("en", "de")


class _Whole(Response):
    """Its headers are complete, and ASCII: werkzeug's look through them would cost 2 % of a post."""

    def get_wsgi_headers(self, _environ: Mapping[str, object]) -> Headers:
        """They are sent as they are."""
        return self.headers


def reply(
    body: Mapping[str, object],
    status: int = 200,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    content_type: str = "application/json",
    request_id: str | None = None,
) -> Response:
    """One JSON object."""
    return _Whole(
        _ENCODE(body).encode(),
        status,
        [("X-Request-Id", request_id or new_request_id()), *headers],
        content_type=content_type,
    )


def new_request_id() -> str:
    """By this the operator finds the request in the log."""
    return f"req_{secrets.token_hex(12)}"


def language() -> str:
    """``de`` or ``en``, as the caller wishes."""
    return _spoken(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))


@lru_cache(maxsize=256)  # a program asks in the same words each time
def _spoken(wishes: str) -> str:
    for wish, quality in parse_accept_header(wishes, LanguageAccept):  # the dearest first
        spoken = wish.partition("-")[0].lower()
        if quality and spoken in LANGUAGES:
            return spoken
    return LANGUAGES[0]


def rfc3339(instant: datetime) -> str:
    """An instant in UTC with milliseconds and ``Z``."""
    return f"{instant.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def rfc3339_or_none(instant: datetime | None) -> str | None:
    """The same, where there may be none."""
    return None if instant is None else rfc3339(instant)
