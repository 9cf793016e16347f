"""Signed wishes at the token endpoint: adapter of ``delegation.ports.DelegationServer``.

google-auth signs. Its own service account credentials are not used for the request: they repeat it on 5xx,
read the machine's clock and may call other services beside it.
Source: https://developers.google.com/identity/protocols/oauth2/service-account (2026-11), RFC 7523.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from google.auth import jwt
from google.auth.crypt import RSASigner
from pydantic import SecretStr

from service.clock import Clock
from service.connections.delegation import ServiceKey
from service.consent.ports import TokenAnswer
from service.consent.scopes import normalise
from service.delegation.ports import Impersonation
from service.errors import DelegationError, TokenEndpointUnavailableError
from service.google.connection import NoAnswerError
from service.google.http import TOKEN_LIMIT_BYTES, TOKEN_TIMEOUT_S, PooledHttp
from service.google.iam import IamSigner
from service.google.token_replies import delegation_error, token_answer

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"  # whatever address the token endpoint is reached by
LIFETIME_S = 3600  # of what is signed; Google takes no more
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class GoogleDelegationServer:
    """Trades signed wishes for access tokens: one request each, after one to IAM where there is no key."""

    def __init__(self, *, http: PooledHttp, token_uri: str, iam: IamSigner, clock: Clock) -> None:
        self._http = http
        self._token_uri = token_uri
        self._iam = iam
        self._clock = clock

    def impersonate(self, wish: Impersonation) -> TokenAnswer:
        claims = self._claims(wish)
        assertion = (
            self._iam.sign_jwt(wish.account, claims) if wish.key is None else _signed(wish.key, claims)
        )
        form = urlencode({"grant_type": GRANT_TYPE, "assertion": assertion}).encode()
        try:
            answer = self._http.call(
                "POST",
                self._token_uri,
                headers=_FORM,
                body=form,
                limit_bytes=TOKEN_LIMIT_BYTES,
                timeout_s=TOKEN_TIMEOUT_S,
            )
        except NoAnswerError as error:
            raise TokenEndpointUnavailableError("The token endpoint does not answer.") from error
        fields = token_answer(answer.status, answer.body, refused=delegation_error)
        granted = fields.get("scope")
        return TokenAnswer(
            access_token=SecretStr(fields["access_token"]),
            expires_at=self._clock.now() + timedelta(seconds=fields["expires_in"]),
            refresh_token=None,
            scopes=normalise(granted.split()) if isinstance(granted, str) else wish.scopes,
        )

    def _claims(self, wish: Impersonation) -> dict[str, str | int]:
        now = int(self._clock.now().timestamp())
        return {
            "iss": wish.account,
            "sub": wish.subject,
            "scope": " ".join(sorted(wish.scopes)),
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + LIFETIME_S,
        }


def _signed(key: ServiceKey, claims: Mapping[str, str | int]) -> str:
    try:
        signer = RSASigner.from_string(key.private_key.get_secret_value(), key.id)  # type: ignore[no-untyped-call]  # typed in part
    except (ValueError, TypeError):
        # Named by its code only: the text of the library's error may hold parts of the key.
        raise DelegationError("delegation-key-invalid", "The private key cannot be read.") from None
    token: bytes = jwt.encode(signer, claims)  # type: ignore[no-untyped-call]  # typed in part
    return token.decode("ascii")
