"""A notice as ordinary mail of another connection of the same tenant: kept, tried again, sent once."""

from datetime import datetime
from functools import partial

import structlog

from service.clock import Clock
from service.connections.connection import Connection, ConnectionStatus
from service.connections.ports import ConnectionStore
from service.connections.way import WayState, WayStatus
from service.errors import IdempotencyKeyReusedError
from service.mail.address import Address
from service.mail.message import Message
from service.notices.ports import IncidentStore, Letter
from service.outbox.submit import Order, Submit, own_sender

LIFETIME_S = 72 * 3600  # as long as its link: later it would only confuse

log = structlog.get_logger(__name__)


class HealthyConnection:
    """Serves ``NoticeSender`` by the tenant's connection that is most likely to work."""

    name = "connection"

    def __init__(
        self, *, submit: Submit, incidents: IncidentStore, connections: ConnectionStore, clock: Clock
    ) -> None:
        self._submit = submit
        self._incidents = incidents
        self._connections = connections
        self._clock = clock

    def is_open(self, about: Connection) -> bool:
        return self._choose(about) is not None

    def send(self, letter: Letter) -> bool:
        sender = self._choose(letter.about)
        if sender is None:
            return False
        message = Message(
            sender=own_sender(sender),
            to=(Address(letter.about.address),),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
        )
        metadata = (("kind", "notice"), ("about", letter.about.id))
        order = Order(sender, message, letter.key, give_up_s=LIFETIME_S, metadata=metadata)
        # Kept and told in one: whenever this process dies, nothing is told twice, nor to be solved unheard.
        accept = partial(self._incidents.keep, letter.telling, self.name)
        try:
            entry = self._submit.submit(order, accept).entry
        except IdempotencyKeyReusedError:
            # Another worker was faster; its link was another one.
            log.info("notice was kept before", connection=letter.about.id)
        else:
            log.info("notice kept", connection=letter.about.id, message=entry.id)
        return True

    def _choose(self, about: Connection) -> Connection | None:
        """The best one; the connection itself only where it works in spite of what it needs."""
        now, may_use_it = self._clock.now(), about.status is ConnectionStatus.CONNECTED
        routes = self._connections.routes(about.tenant_id)
        healthy = [
            one
            for one in self._connections.of_tenant(about.tenant_id)
            if one.status is ConnectionStatus.CONNECTED and (may_use_it or one.id != about.id)
        ]
        return min(healthy, key=lambda one: _doubts(one, routes.get(one.id, ()), about, now), default=None)


def _doubts(
    connection: Connection, route: tuple[WayState, ...], about: Connection, now: datetime
) -> tuple[bool, bool, bool, float]:
    """The fewer, the better: held, no way without a fault, not the owner's own, sent nothing lately."""
    is_held = connection.held_until is not None and connection.held_until > now
    is_sound = any(way.status is WayStatus.READY and way.code is None for way in route)
    sent_at = connection.last_sent_at
    return is_held, not is_sound, connection.id != about.id, -sent_at.timestamp() if sent_at else 0.0
