"""The other addresses of a mailbox: read where its owner allows it, and forgotten where not.

Only verified ones count: by SMTP Google would rewrite any other From, and the sender must never change.
"""

from typing import Protocol

import structlog

from service.connections.connection import Connection
from service.connections.ports import ConnectionStore, GrantStore
from service.consent import scopes
from service.errors import DeliveryError, NotFoundError, SealError, StorageError, TokenError

log = structlog.get_logger(__name__)


class AliasSource(Protocol):
    """Reads Gmail's *send mail as* addresses."""

    def aliases(self, grant_id: str) -> frozenset[str]:
        """The verified ones beside the mailbox's own, lower case.

        Raises:
            TokenError, DeliveryError: nothing is known now.
            SealError, StorageError: the grant cannot be read or kept.
        """


class Aliases:
    """Keeps the aliases of connections as Google knows them."""

    def __init__(self, *, source: AliasSource, grants: GrantStore, connections: ConnectionStore) -> None:
        self._source = source
        self._grants = grants
        self._connections = connections

    def refresh(self, grant_id: str) -> None:
        """Read them anew; what cannot be read or kept now stays as it was until the next time."""
        try:
            grant = self._grants.get_grant(grant_id)
            known = self._connections.get(grant.tenant_id, grant.connection_id)
            if known.credential_id != grant_id:
                return
            self._keep(known, self._found(grant_id, grant.scopes))
        except (TokenError, DeliveryError, SealError, NotFoundError, StorageError) as error:
            log.warning("aliases not read", grant=grant_id, error=error.code)

    def _found(self, grant_id: str, granted: frozenset[str]) -> frozenset[str]:
        return self._source.aliases(grant_id) if scopes.may_read_aliases(granted) else frozenset()

    def _keep(self, known: Connection, found: frozenset[str]) -> None:
        aliases = found - {known.address.lower()}
        if aliases != known.aliases:
            self._connections.set_aliases(known.tenant_id, known.id, aliases)
            log.info("aliases changed", connection=known.id, count=len(aliases))
