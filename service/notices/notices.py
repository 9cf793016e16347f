"""Sends the mails that incidents owe: one notice, two reminders while it lasts, and that it is solved."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from service.clock import Clock
from service.errors import LeaseLostError, ServiceError, StorageError, TooLateError
from service.notices.incident import Incident, next_at
from service.notices.letters import Letters
from service.notices.ports import IncidentStore, Letter, NoticeSender, Telling
from service.outbox.entry import State
from service.outbox.ports import OutboxStore

BATCH = 20
LEASE = timedelta(minutes=25)  # of one mail: longer than the slowest mail server may take (``smtp.dialogue``)
LOOK_AGAIN = timedelta(minutes=5)  # for a way to the owner

log = structlog.get_logger(__name__)


class Notices:
    """Tells owners. Safe to be run by many workers at once."""

    def __init__(
        self,
        *,
        incidents: IncidentStore,
        letters: Letters,
        senders: Sequence[NoticeSender],
        outbox: OutboxStore,
        clock: Clock,
    ) -> None:
        """``senders``: the first that is open is taken."""
        self._incidents = incidents
        self._letters = letters
        self._senders = senders
        self._outbox = outbox
        self._clock = clock

    def run_once(self) -> int:
        """Send what is due; says how many mails were taken on.

        Raises:
            StorageError: the database cannot do its work; what was leased is due again after the lease.
        """
        self._take_back()
        told = 0
        for _ in range(BATCH):
            now = self._clock.now()
            # One at a time: what is leased early waits for all before it, and its lease may be over by then.
            taken = self._incidents.take(now, now + LEASE, 1)
            if not taken:
                break
            told += self._tell(taken[0])
        return told

    def _take_back(self) -> None:
        """A notice may wait for a mailbox that died with the first one: it must take another way."""
        for incident, entry_id in self._incidents.stuck(BATCH):
            now = self._clock.now()
            try:
                self._outbox.cancel(incident.tenant_id, entry_id, now, "notices")
            except TooLateError:
                kept = self._outbox.get(incident.tenant_id, entry_id)
                if kept.state is not State.CANCELLED:
                    continue  # it left meanwhile
            self._incidents.untold(incident, now)
            log.info("notice taken back", connection=incident.connection_id, message=entry_id)

    def _tell(self, incident: Incident) -> bool:
        try:
            return self._mail(incident)
        except StorageError:
            raise
        except LeaseLostError:
            log.info("owner told by another worker", connection=incident.connection_id)
        except Exception:
            # A fault of ours in one notice must not stop the others; its lease ends, then it is tried again.
            log.exception("notice broke", connection=incident.connection_id)
        return False

    def _mail(self, incident: Incident) -> bool:
        now = self._clock.now()
        telling, about = Telling(incident, now, next_at(incident, now)), self._letters.about(incident)
        # Looked at first: else each look would leave a link behind that nobody gets.
        senders = [sender for sender in self._senders if sender.is_open(about)]
        way = self._take_on(self._letters.write(telling, about), senders) if senders else None
        if way is None:
            self._find_no_way(incident)
            return False
        self._incidents.mailed(telling, way)
        log.info("owner told", connection=incident.connection_id, step=incident.step.value, way=way)
        return True

    def _take_on(self, letter: Letter, senders: Sequence[NoticeSender]) -> str | None:
        """The way that took it."""
        for sender in senders:
            try:
                if sender.send(letter):
                    return sender.name
            except (StorageError, LeaseLostError):
                raise
            except ServiceError as error:
                log.warning("notice not sent", connection=letter.about.id, way=sender.name, error=error.code)
        return None

    def _find_no_way(self, incident: Incident) -> None:
        now = self._clock.now()
        if incident.unsent_at is None:
            log.error(
                "the owner cannot be told: no other connection works, nor is notice_smtp set",
                connection=incident.connection_id,
                tenant=incident.tenant_id,
                code=incident.code,
            )
        self._incidents.unsent(incident, now, now + LOOK_AGAIN)
