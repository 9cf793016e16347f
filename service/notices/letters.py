"""Writes the mail that an incident owes, with a fresh link where something is to be mended."""

from service.access.ports import TenantStore
from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.ports import ConnectionStore
from service.consent.links import ConnectLinks
from service.errors import GrantRevokedError, ScopeMissingError, SessionControlError
from service.notices.incident import Incident, IncidentKind, Step
from service.notices.ports import IncidentStore, Letter, Telling
from service.notices.words import Facts, write

_OF_GRANTS = frozenset({GrantRevokedError.code, SessionControlError.code, ScopeMissingError.code})
PURPOSES = {"de": "Rechnungsversand wieder aufnehmen", "en": "Resume sending invoices"}


class Letters:
    """Writes letters to owners.

    Args:
        home: address of the pages.
    """

    def __init__(
        self,
        *,
        incidents: IncidentStore,
        connections: ConnectionStore,
        tenants: TenantStore,
        links: ConnectLinks,
        home: str,
    ) -> None:
        self._incidents = incidents
        self._connections = connections
        self._tenants = tenants
        self._links = links
        self._home = home

    def about(self, incident: Incident) -> Connection:
        """The connection that it tells of. Raises as ``write``."""
        return self._connections.get(incident.tenant_id, incident.connection_id)

    def write(self, telling: Telling, connection: Connection) -> Letter:
        """The letter that is due, about this connection; each has a link of its own.

        Raises:
            NotFoundError: tenant or connection are gone.
            StorageError: the database cannot do its work.
        """
        incident = telling.incident
        is_solved = incident.step is Step.SOLVED
        facts = Facts(
            tenant=self._tenants.get(incident.tenant_id).name,
            address=connection.address,
            code=incident.code,
            waiting=self._incidents.waiting(connection.id),
            link=None if is_solved else self._link(incident, connection),
            meaning=None if is_solved else f"{self._home}/problems/{incident.code}",
            is_connect_link=_is_mended_by_consent(incident, connection),
            is_paused=connection.status is ConnectionStatus.PAUSED,
        )
        subject, text, html = write(incident.step, incident.kind, facts, connection.locale)
        return Letter(telling, connection, subject, text, html)

    def _link(self, incident: Incident, connection: Connection) -> str:
        """A link that needs no sign-in where a consent helps; else our pages, for its password."""
        if not _is_mended_by_consent(incident, connection):
            return self._home
        purpose = PURPOSES.get(connection.locale or "", " · ".join(PURPOSES.values()))
        _, url = self._links.make(
            tenant_id=connection.tenant_id,
            purpose=purpose,
            connection_id=connection.id,
            locale=connection.locale,
        )
        return url


def _is_mended_by_consent(incident: Incident, connection: Connection) -> bool:
    """A consent opens a way to any Google mailbox that stands still, but mends no other way beside it."""
    is_of_a_grant = incident.kind is IncidentKind.STOPPED or incident.code in _OF_GRANTS
    return is_of_a_grant and connection.account_kind not in {AccountKind.RELAY, AccountKind.OTHER}
