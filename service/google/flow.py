"""The authorization code flow as google-auth-oauthlib speaks it, over our pool.

Loading it costs 100 ms (requests, oauthlib), which workers never pay.
"""

from collections.abc import Mapping
from typing import Any

from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from service.errors import TokenEndpointUnavailableError
from service.google.endpoints import OAuthClient
from service.google.token_endpoint import TokenEndpoint


def authorization_url(
    client: OAuthClient,
    *,
    state: str,
    nonce: str,
    verifier: str,
    scopes: frozenset[str],
    login_hint: str | None,
) -> str:
    """Where the browser goes to give consent."""
    hint = {"login_hint": login_hint} if login_hint else {}
    url, _ = _flow(client, verifier, sorted(scopes)).authorization_url(
        state=state, nonce=nonce, access_type="offline", prompt="consent select_account", **hint
    )
    return str(url)


def sign_in_url(client: OAuthClient, *, state: str, nonce: str, verifier: str) -> str:
    """Where the browser goes to sign in; nothing is wanted beyond the ID token."""
    url, _ = _flow(client, verifier, ["openid", "email"]).authorization_url(
        state=state, nonce=nonce, access_type="online", prompt="select_account"
    )
    return str(url)


def fetch_token(client: OAuthClient, endpoint: TokenEndpoint, *, code: str, verifier: str) -> None:
    """Trade the code for tokens; ``endpoint`` has the answer afterwards.

    Raises:
        TokenError: as ``endpoint`` judges.
    """
    # Given no scopes, oauthlib has nothing to compare the granted ones with; it would raise when Google
    # grants fewer, or names them otherwise. What was granted is judged by our caller.
    flow = _flow(client, verifier, None)
    session = flow.oauth2session
    session.trust_env = False  # no .netrc, no proxy
    for scheme in ("https://", "http://"):
        session.mount(scheme, _PoolAdapter(endpoint))
    try:
        flow.fetch_token(code=code, include_client_id=True)
    except (OAuth2Error, ValueError) as error:
        raise TokenEndpointUnavailableError("The token endpoint's answer is not valid.") from error


def _flow(client: OAuthClient, verifier: str, scopes: list[str] | None) -> Flow:
    return Flow.from_client_config(
        {
            "web": {
                "client_id": client.client_id,
                "client_secret": client.client_secret.get_secret_value(),
                "auth_uri": client.auth_uri,
                "token_uri": client.token_uri,
            }
        },
        scopes=scopes,
        redirect_uri=client.redirect_uri,
        code_verifier=verifier,
        autogenerate_code_verifier=False,
    )


class _PoolAdapter(BaseAdapter):
    """Lets a ``requests`` session speak through the token endpoint's one call."""

    def __init__(self, endpoint: TokenEndpoint) -> None:
        super().__init__()
        self._endpoint = endpoint

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002, FBT002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Response:
        """Make the request; time-outs and certificates are the pool's."""
        body = request.body or b""
        sent = {"Content-Type": request.headers["Content-Type"], "Accept": "application/json"}
        reply = self._endpoint(
            request.url or "",
            request.method or "POST",
            body.encode() if isinstance(body, str) else body,
            sent,
        )
        response = Response()
        response.status_code = reply.status
        response.request = request
        response.url = request.url or ""
        response.encoding = "utf-8"
        response._content = reply.data  # noqa: SLF001, requests' own test doubles set it the same way
        return response

    def close(self) -> None:
        """The pool outlives the session."""
