"""Google's public certificates, kept as long as Google says."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock

from google.auth import jwt, transport

from service.clock import Clock
from service.errors import TokenEndpointUnavailableError
from service.google.connection import NoAnswerError
from service.google.http import TOKEN_LIMIT_BYTES, TOKEN_TIMEOUT_S, PooledHttp
from service.google.token_endpoint import Response

_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
_MAX_AGE_S = 86_400
_UNKNOWN_KEY_PAUSE_S = 60  # a forged token must not make us ask Google each time
_OK = 200


class Certificates(transport.Request):
    """Answers google-auth's request for certificates with the kept ones."""

    def __init__(self, http: PooledHttp, url: str, clock: Clock) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._lock = Lock()
        self._body = b""
        self._key_ids: frozenset[str] = frozenset()
        self._ask_again_at = self._fresh_until = datetime.min.replace(tzinfo=UTC)

    def prepare(self, id_token: str) -> None:
        """Have certificates that are fresh, and the one that this token names where Google has it.

        Raises:
            TokenEndpointUnavailableError: they cannot be fetched.
        """
        key_id = _key_id(id_token)
        with self._lock:
            now = self._clock.now()
            if now >= self._fresh_until or (key_id not in self._key_ids and now >= self._ask_again_at):
                self._fetch(now)

    def __call__(self, *_: object, **__: object) -> Response:
        """The kept certificates, whatever is asked."""
        return Response(_OK, {}, self._body)

    def _fetch(self, now: datetime) -> None:
        try:
            answer = self._http.call(
                "GET", self._url, headers={}, limit_bytes=TOKEN_LIMIT_BYTES, timeout_s=TOKEN_TIMEOUT_S
            )
        except NoAnswerError as error:
            raise TokenEndpointUnavailableError("Google's certificates cannot be fetched.") from error
        key_ids = _key_ids(answer.body) if answer.status == _OK else frozenset()
        if not key_ids:
            raise TokenEndpointUnavailableError(f"Google's certificates cannot be fetched ({answer.status}).")
        named = _MAX_AGE.search(str(answer.headers.get("Cache-Control", "")))
        age_s = min(int(named[1]), _MAX_AGE_S) if named else 0
        self._body, self._key_ids = answer.body, key_ids
        self._fresh_until = now + timedelta(seconds=age_s)
        self._ask_again_at = now + timedelta(seconds=_UNKNOWN_KEY_PAUSE_S)


def _key_id(id_token: str) -> object:
    try:
        header = jwt.decode_header(id_token)  # type: ignore[no-untyped-call]  # typed in part
    except ValueError:
        return None  # the check that follows refuses it
    key_id = header.get("kid") if isinstance(header, Mapping) else None
    return key_id if isinstance(key_id, str) else None


def _key_ids(body: bytes) -> frozenset[str]:
    """The key ids of a ``{"key id": "PEM certificate"}`` document; empty when it is none."""
    try:
        document = json.loads(body)
    except ValueError:
        return frozenset()
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        return frozenset()
    return frozenset(document)
