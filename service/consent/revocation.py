"""Taking an access back at Google. Whatever Google answers, the access ends here."""

import structlog
from pydantic import SecretStr

from service.connections.connection import Connection
from service.connections.ports import GrantStore
from service.consent.ports import AuthorizationServer
from service.errors import NotFoundError, SealError, TokenError

log = structlog.get_logger(__name__)


class Revocation:
    """Tells Google that a grant has ended; a failure is only logged.

    All other grants of the same Google account to this OAuth client die with it.
    """

    def __init__(self, server: AuthorizationServer, grants: GrantStore) -> None:
        self._server = server
        self._grants = grants

    def token_of(self, connection: Connection) -> SecretStr | None:
        """What is revoked when this connection loses its grant; ``None`` without one that can be read."""
        if connection.credential_id is None:
            return None
        try:
            return self._grants.get_grant(connection.credential_id).refresh_token
        except (NotFoundError, SealError) as error:
            log.warning("not revoked at Google", connection=connection.id, error=error.code)
            return None

    def revoke(self, token: SecretStr | None, **whose: str) -> None:
        """Revoke this token, if there is one; ``whose`` it is stands in the log."""
        if token is None:
            return
        try:
            self._server.revoke(token)
        except TokenError as error:
            log.warning("not revoked at Google", error=error.code, **whose)
