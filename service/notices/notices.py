"""Sends the mails that incidents owe: one notice, two reminders while it lasts, and that it is solved."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from service.access.ports import TenantStore
from service.clock import Clock
from service.connections.connection import AccountKind, Connection, ConnectionStatus
from service.connections.ports import ConnectionStore
from service.consent.links import ConnectLinks
from service.errors import ServiceError, StorageError
from service.notices.incident import Incident, Step, next_at
from service.notices.ports import IncidentStore, Letter, NoticeSender
from service.notices.words import Facts, write

BATCH = 20
LEASE = timedelta(minutes=5)  # longer than a slow mail server takes
LOOK_AGAIN = timedelta(minutes=5)  # for a way to the owner
PURPOSE = "Rechnungsversand wieder aufnehmen · Resume sending invoices"

log = structlog.get_logger(__name__)


class Notices:
    """Tells owners. Safe to be run by many workers at once."""

    def __init__(
        self,
        *,
        incidents: IncidentStore,
        connections: ConnectionStore,
        tenants: TenantStore,
        links: ConnectLinks,
        senders: Sequence[NoticeSender],
        home: str,
        clock: Clock,
    ) -> None:
        """``senders``: the first that is open is taken; ``home``: address of the pages."""
        self._incidents = incidents
        self._connections = connections
        self._tenants = tenants
        self._links = links
        self._senders = senders
        self._home = home
        self._clock = clock

    def run_once(self) -> int:
        """Send what is due; says how many mails were taken on.

        Raises:
            StorageError: the database cannot do its work; what was leased is due again after the lease.
        """
        now = self._clock.now()
        return sum(self._tell(one) for one in self._incidents.take(now, now + LEASE, BATCH))

    def _tell(self, incident: Incident) -> bool:
        try:
            return self._mail(incident)
        except StorageError:
            raise
        except Exception:
            # A fault of ours in one notice must not stop the others; its lease ends, then it is tried again.
            log.exception("notice broke", connection=incident.connection_id)
        return False

    def _mail(self, incident: Incident) -> bool:
        now = self._clock.now()
        way = self._take_on(self._letter(incident))
        if way is None:
            self._find_no_way(incident)
            return False
        self._incidents.mailed(incident, now, next_at(incident, now), way)
        log.info("owner told", connection=incident.connection_id, step=incident.step.value, way=way)
        return True

    def _take_on(self, letter: Letter) -> str | None:
        for sender in self._senders:
            try:
                if sender.send(letter):
                    return sender.name
            except StorageError:
                raise
            except ServiceError as error:
                log.warning("notice not sent", connection=letter.about.id, way=sender.name, error=error.code)
        return None

    def _find_no_way(self, incident: Incident) -> None:
        now = self._clock.now()
        if incident.unsent_at is None:
            log.error(
                "the owner cannot be told: no other connection works, nor a notice_smtp_host",
                connection=incident.connection_id,
                tenant=incident.tenant_id,
                code=incident.code,
            )
        self._incidents.unsent(incident, now, now + LOOK_AGAIN)

    def _letter(self, incident: Incident) -> Letter:
        connection = self._connections.get(incident.tenant_id, incident.connection_id)
        facts = Facts(
            tenant=self._tenants.get(incident.tenant_id).name,
            address=connection.address,
            code=incident.code,
            waiting=self._incidents.waiting(connection.id),
            link=None if incident.step is Step.SOLVED else self._link(connection),
        )
        subject, text, html = write(incident.step, incident.kind, facts)
        return Letter(
            incident.key,
            connection,
            subject,
            text,
            html,
            may_use_it=connection.status is ConnectionStatus.CONNECTED,
        )

    def _link(self, connection: Connection) -> str:
        """For a Google account a link that needs no login; else the page of its server's password."""
        if connection.account_kind in {AccountKind.RELAY, AccountKind.OTHER}:
            return self._home
        _, url = self._links.make(
            tenant_id=connection.tenant_id, purpose=PURPOSE, connection_id=connection.id
        )
        return url
