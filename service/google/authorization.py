"""Google's authorization server: serves ``consent.ports.AuthorizationServer``.

google-auth-oauthlib builds the requests of a consent, google-auth those of a refresh, and google-auth
checks ID tokens; all of them speak through our pool, so that one call is one request on the wire.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode, urlsplit

from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from google.oauth2.id_token import verify_token
from pydantic import SecretStr

from service.clock import Clock
from service.connections.identity import Identity
from service.consent.ports import TokenAnswer
from service.consent.scopes import normalise
from service.errors import ConsentStateError, GrantRevokedError, IdentityError, TokenEndpointUnavailableError
from service.google.certificates import Certificates
from service.google.connection import NoAnswerError
from service.google.endpoints import Endpoints, OAuthClient
from service.google.http import TOKEN_LIMIT_BYTES, TOKEN_TIMEOUT_S, PooledHttp
from service.google.token_endpoint import TokenEndpoint
from service.mail.address import AddressError, clean_mailbox_name, parse_address

SKEW_S = 10
_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_MAX_SUBJECT = 255
_OK = 200
_BAD_REQUEST = 400


class GoogleAuthorizationServer:
    """Adapter of ``consent.ports.AuthorizationServer``."""

    def __init__(self, *, client: OAuthClient, endpoints: Endpoints, http: PooledHttp, clock: Clock) -> None:
        self._client = client
        self._endpoints = endpoints
        self._http = http
        self._clock = clock
        self._certificates = Certificates(http, endpoints.certs_url, clock)
        if "http" in {urlsplit(endpoints.auth_uri).scheme, urlsplit(endpoints.token_uri).scheme}:
            # oauthlib refuses http altogether. ``read_client`` lets it pass for this machine itself only.
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

    @property
    def client_id(self) -> str:
        return self._client.client_id

    def authorization_url(
        self, *, state: str, nonce: str, verifier: str, scopes: frozenset[str], login_hint: str | None
    ) -> str:
        from service.google import flow  # noqa: PLC0415, see there what loading it costs

        return flow.authorization_url(
            self._client, state=state, nonce=nonce, verifier=verifier, scopes=scopes, login_hint=login_hint
        )

    def sign_in_url(self, *, state: str, nonce: str, verifier: str) -> str:
        from service.google import flow  # noqa: PLC0415, see there what loading it costs

        return flow.sign_in_url(self._client, state=state, nonce=nonce, verifier=verifier)

    def exchange(self, *, code: str, verifier: str) -> TokenAnswer:
        from service.google import flow  # noqa: PLC0415, see there what loading it costs

        endpoint = TokenEndpoint(self._http)
        try:
            flow.fetch_token(self._client, endpoint, code=code, verifier=verifier)
        except GrantRevokedError as error:
            # At the exchange, invalid_grant speaks of the code and not of a grant (RFC 6749 §5.2).
            raise ConsentStateError from error
        return self._answer(endpoint.fields)

    def identify(self, id_token: str, *, nonce: str) -> Identity:
        self._certificates.prepare(id_token)
        try:
            claims = verify_token(
                id_token,
                self._certificates,
                audience=self._client.client_id,
                certs_url=self._endpoints.certs_url,
                clock_skew_in_seconds=SKEW_S,
            )
        except (GoogleAuthError, ValueError, TypeError) as error:
            # Named by its type only: the text may repeat the token.
            raise IdentityError(f"Google's ID token does not hold ({type(error).__name__}).") from None
        return _identity(claims, nonce)

    def refresh(self, refresh_token: SecretStr) -> TokenAnswer:
        endpoint = TokenEndpoint(self._http)
        credentials = Credentials(  # type: ignore[no-untyped-call]  # typed in part
            None,
            refresh_token=refresh_token.get_secret_value(),
            token_uri=self._endpoints.token_uri,
            client_id=self._client.client_id,
            client_secret=self._client.client_secret.get_secret_value(),
        )
        try:
            credentials.refresh(endpoint)  # type: ignore[no-untyped-call]  # typed in part
        except (GoogleAuthError, ValueError, TypeError) as error:
            raise TokenEndpointUnavailableError("The token endpoint's answer is not valid.") from error
        return self._answer(endpoint.fields)

    def revoke(self, token: SecretStr) -> None:
        form = urlencode({"token": token.get_secret_value()}).encode()
        try:
            answer = self._http.call(
                "POST",
                self._endpoints.revoke_url,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=form,
                limit_bytes=TOKEN_LIMIT_BYTES,
                timeout_s=TOKEN_TIMEOUT_S,
            )
        except NoAnswerError as error:
            raise TokenEndpointUnavailableError("The revocation endpoint does not answer.") from error
        # 400 invalid_token: already dead, which is what was wanted.
        if answer.status == _OK or (answer.status == _BAD_REQUEST and b"invalid_token" in answer.body):
            return
        raise TokenEndpointUnavailableError(f"The revocation endpoint answered {answer.status}.")

    def _answer(self, fields: dict[str, Any]) -> TokenAnswer:
        refresh_token = fields.get("refresh_token")
        id_token = fields.get("id_token")
        granted = fields.get("scope")
        return TokenAnswer(
            access_token=SecretStr(fields["access_token"]),
            expires_at=self._clock.now() + timedelta(seconds=fields["expires_in"]),
            refresh_token=SecretStr(refresh_token)
            if isinstance(refresh_token, str) and refresh_token
            else None,
            scopes=normalise(granted.split()) if isinstance(granted, str) else frozenset(),
            id_token=id_token if isinstance(id_token, str) else None,
        )


def _identity(claims: Mapping[str, Any], nonce: str) -> Identity:
    """The claims that google-auth does not look at (OpenID Connect Core §3.1.3.7)."""
    subject, address = claims.get("sub"), claims.get("email")
    if claims.get("iss") not in _ISSUERS:
        raise IdentityError("Google's ID token has another issuer.")
    if not compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
        raise IdentityError("Google's ID token belongs to another consent.")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or not subject.isascii():
        raise IdentityError("Google's ID token names no account.")
    if claims.get("email_verified") not in {True, "true"} or not isinstance(address, str):
        raise IdentityError("Google's ID token holds no verified address.")
    try:
        address = parse_address(address).spec
    except AddressError:
        raise IdentityError("The address of the account cannot be used as a sender.") from None
    name, domain = claims.get("name"), claims.get("hd")
    return Identity(
        subject_id=subject,
        address=address,
        name=clean_mailbox_name(name) if isinstance(name, str) else None,
        hosted_domain=domain if isinstance(domain, str) else None,
    )
