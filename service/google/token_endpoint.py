"""One request to the token endpoint, judged before any library sees the answer.

google-auth would repeat it on 5xx and guess who is to blame; so only a success gets through to it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.auth import transport

from service.errors import TokenEndpointUnavailableError
from service.google.connection import NoAnswerError
from service.google.http import TOKEN_LIMIT_BYTES, TOKEN_TIMEOUT_S, PooledHttp
from service.google.token_replies import token_answer


@dataclass(frozen=True, slots=True)
class Response:
    """What google-auth reads of an HTTP response."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class TokenEndpoint(transport.Request):
    """Makes the request of one refresh or exchange.

    Attributes:
        fields: what the token endpoint answered, after a success.
    """

    def __init__(self, http: PooledHttp) -> None:
        self._http = http
        self.fields: dict[str, Any] = {}

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, the pool has its own
        **_: object,
    ) -> Response:
        """Make the request.

        Raises:
            TokenError: the leaf that a refusal, or no proper answer, means.
        """
        try:
            answer = self._http.call(
                method,
                url,
                headers=headers or {},
                body=body or b"",
                limit_bytes=TOKEN_LIMIT_BYTES,
                timeout_s=TOKEN_TIMEOUT_S,
            )
        except NoAnswerError as error:
            raise TokenEndpointUnavailableError("The token endpoint does not answer.") from error
        self.fields = token_answer(answer.status, answer.body)
        return Response(answer.status, {}, json.dumps(self.fields).encode())
