"""Who this installation is at Google Cloud: application default credentials, as google-auth finds them.

They come from the operator's environment alone (metadata server, workload identity federation, or a file that
``GOOGLE_APPLICATION_CREDENTIALS`` names), and never from a tenant.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from google.auth import exceptions, transport
from google.auth.transport import Response
from pydantic import SecretStr

from service.clock import Clock
from service.delegation.keyless import DENIED
from service.errors import DelegationError, TokenEndpointUnavailableError
from service.google.connection import NoAnswerError
from service.google.http import TOKEN_LIMIT_BYTES, TOKEN_TIMEOUT_S, PooledHttp

IAM_SCOPE = "https://www.googleapis.com/auth/iam"
MARGIN = timedelta(minutes=5)


class AmbientWorkload:
    """``Workload`` of the environment; looked for at the first key-less signature. Safe for many threads."""

    def __init__(self, http: PooledHttp, clock: Clock) -> None:
        self._request = _Request(http)
        self._clock = clock
        self._lock = threading.Lock()
        self._credentials: Any = None

    def token(self) -> SecretStr:
        with self._lock:
            if self._credentials is None:
                self._credentials = self._found()
            if not self._is_fresh():
                self._refresh()
            return SecretStr(self._credentials.token)

    def forget(self, rejected: SecretStr) -> None:
        with self._lock:
            if self._credentials is not None and self._credentials.token == rejected.get_secret_value():
                self._credentials.token = None

    def _found(self) -> Any:
        import google.auth  # noqa: PLC0415, only key-less installations pay for it

        try:
            credentials, _project = google.auth.default(scopes=[IAM_SCOPE], request=self._request)
        except exceptions.DefaultCredentialsError:
            words = "This machine has no workload identity."
            raise DelegationError(DENIED, words) from None
        return credentials

    def _is_fresh(self) -> bool:
        expiry = self._credentials.expiry
        if self._credentials.token is None or expiry is None:
            return False
        return bool(expiry.replace(tzinfo=UTC) - MARGIN > self._clock.now())

    def _refresh(self) -> None:
        try:
            self._credentials.refresh(self._request)
        except exceptions.TransportError as error:
            raise TokenEndpointUnavailableError("The workload identity cannot be reached.") from error
        except exceptions.GoogleAuthError as error:
            # Named by its type only: the text may repeat what was sent.
            words = f"The workload identity is refused ({type(error).__name__})."
            raise DelegationError(DENIED, words) from None


@dataclass(frozen=True, slots=True)
class _Answer(Response):
    """What google-auth reads of an HTTP response."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Request(transport.Request):
    """Lets google-auth speak through our pool."""

    def __init__(self, http: PooledHttp) -> None:
        self._http = http

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> _Answer:
        """Make one request."""
        try:
            answer = self._http.call(
                method,
                url,
                headers=headers or {},
                body=body or b"",
                limit_bytes=TOKEN_LIMIT_BYTES,
                timeout_s=min(timeout or TOKEN_TIMEOUT_S, TOKEN_TIMEOUT_S),
            )
        except NoAnswerError as error:
            raise exceptions.TransportError(str(error)) from error  # type: ignore[no-untyped-call]  # typed in part
        return _Answer(answer.status, dict(answer.headers.items()), answer.body)
