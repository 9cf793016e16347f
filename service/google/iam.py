"""IAM's ``signJwt``: lets the operator's workload identity sign for a service account that has no key file.

google-auth's ``impersonated_credentials`` does the same, but to addresses that it knows by heart, with
repetitions of its own, and by the machine's clock.
Source: https://cloud.google.com/iam/docs/reference/credentials/rest (2026-11), ``signJwt``.
"""

import json
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

import structlog
from pydantic import SecretStr

from service.delegation.keyless import DENIED
from service.errors import DelegationError, TokenEndpointUnavailableError, TokenError
from service.google.bodies import json_object, storable
from service.google.connection import NoAnswerError
from service.google.http import TOKEN_LIMIT_BYTES, TOKEN_TIMEOUT_S, PooledHttp

_OK = 200
_UNAUTHORIZED = 401
_TOO_MANY = 429
_SERVER_ERROR = 500

log = structlog.get_logger(__name__)


class Workload(Protocol):
    """Who this installation is at Google Cloud."""

    def token(self) -> SecretStr:
        """An access token of its own, good for IAM.

        Raises:
            DelegationError: this machine has no workload identity.
            TokenEndpointUnavailableError: it cannot be had right now.
        """

    def forget(self, rejected: SecretStr) -> None:
        """IAM does not take this token: the next one is a fresh one."""


class IamSigner:
    """Signs claims in the name of a service account; needs ``roles/iam.serviceAccountTokenCreator`` on it."""

    def __init__(self, *, http: PooledHttp, url: str, workload: Workload) -> None:
        self._http = http
        self._url = url
        self._workload = workload

    def sign_jwt(self, account: str, claims: Mapping[str, str | int]) -> str:
        """A JWT of these claims.

        Raises:
            DelegationError: the role is missing, the account unknown, or IAM's API is off.
            TokenEndpointUnavailableError: IAM does not answer as it should right now.
        """
        token = self._workload.token()
        headers = {
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Content-Type": "application/json",
        }
        try:
            answer = self._http.call(
                "POST",
                f"{self._url}/v1/projects/-/serviceAccounts/{quote(account, safe='@')}:signJwt",
                headers=headers,
                body=json.dumps({"payload": json.dumps(claims)}).encode(),
                limit_bytes=TOKEN_LIMIT_BYTES,
                timeout_s=TOKEN_TIMEOUT_S,
            )
        except NoAnswerError as error:
            raise TokenEndpointUnavailableError("IAM does not answer.") from error
        if answer.status == _UNAUTHORIZED:
            self._workload.forget(token)
            raise TokenEndpointUnavailableError("IAM does not take our own token any more.")
        if answer.status != _OK:
            raise _refused(answer.status, answer.body)
        signed = json_object(answer.body).get("signedJwt")
        if not isinstance(signed, str) or signed.count(".") != 2:  # noqa: PLR2004, RFC 7515 §3.1
            raise TokenEndpointUnavailableError("IAM answered 200 without a signed token.")
        return signed


def _refused(status: int, body: bytes) -> TokenError:
    error = json_object(body).get("error")
    words = storable(str(error.get("message", ""))) if isinstance(error, dict) else ""
    if status == _TOO_MANY or status >= _SERVER_ERROR:
        return TokenEndpointUnavailableError(f"IAM answered {status}.")
    log.warning("IAM does not sign", status=status, reply=words)
    return DelegationError(DENIED, words or f"IAM answered {status}.")
