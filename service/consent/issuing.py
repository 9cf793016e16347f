"""How an access token is had: each kind of credential has its issuer."""

from service.connections.credential import Delegate, Grant, TokenCredential
from service.consent.ports import AuthorizationServer, Issuer, TokenAnswer
from service.errors import OAuthClientError


class Refresh:
    """``Issuer`` of grants: their refresh token at the token endpoint (RFC 6749 §6)."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def issue(self, credential: Grant) -> TokenAnswer:
        if credential.client_id != self._server.client_id:
            # Google would call it invalid_grant, and an operator's mix-up of files would end all grants.
            raise OAuthClientError("The grant was given to another OAuth client than the configured one.")
        return self._server.refresh(credential.refresh_token)


class Issuers:
    """``Issuer`` of every credential: asks the one of its kind."""

    def __init__(self, *, grants: Issuer[Grant], delegates: Issuer[Delegate]) -> None:
        self._grants = grants
        self._delegates = delegates

    def issue(self, credential: TokenCredential) -> TokenAnswer:
        if isinstance(credential, Delegate):
            return self._delegates.issue(credential)
        return self._grants.issue(credential)
