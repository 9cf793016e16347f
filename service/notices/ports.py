"""What this room needs from outside: where incidents are kept, and ways to the owner."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.connections.connection import Connection
from service.notices.incident import Incident
from service.outbox.entry import Entry
from service.outbox.ports import Accepted


@dataclass(frozen=True, slots=True)
class Telling:
    """The due mail of an incident, on its way.

    Attributes:
        at: when it was taken on.
        next_at: when the incident's next mail is due; ``None`` for never.
    """

    incident: Incident
    at: datetime
    next_at: datetime | None


class IncidentStore(Protocol):
    """Keeps incidents. They are opened and ended by whatever changes the connection."""

    def take(self, now: datetime, until: datetime, limit: int) -> list[Incident]:
        """Lease incidents whose next mail is due, the longest due first; nobody else gets them till then."""

    def mailed(self, telling: Telling, way: str) -> None:
        """The mail is on its way; nothing where that is known already.

        Where the incident ended meanwhile, the *solved* mail is due at once. ``way`` is a word for the event.
        """

    def keep(
        self,
        telling: Telling,
        way: str,
        entry: Entry,
        content: Iterable[bytes],
        *,
        idempotency_key: str,
        fingerprint: str,
    ) -> Accepted:
        """Keep the mail as ``OutboxStore.accept`` does, and that it is ``mailed`` in the same transaction.

        Raises:
            LeaseLostError: another worker has sent the incident's mail; nothing was kept.
            IdempotencyKeyReusedError, NotFoundError, StorageError: as ``accept``; nothing was kept.
        """

    def stuck(self, limit: int) -> list[tuple[Incident, str]]:
        """Open incidents whose last mail waits for a connection that stopped, with the mail's id."""

    def untold(self, incident: Incident, at: datetime) -> None:
        """That mail was taken back: it is due again at once."""

    def unsent(self, incident: Incident, at: datetime, again_at: datetime) -> None:
        """No way to the owner was found; look again then."""

    def waiting(self, connection_id: str) -> int:
        """How many mails wait for this connection."""

    def open_of_tenant(self, tenant_id: str) -> Mapping[str, Incident]:
        """The tenant's open incidents by connection id; of two the one that stopped it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to an owner, whoever sends it.

    Attributes:
        telling: what has to be known once it is taken on.
        about: the connection that it tells of, as it was just read; its address is the addressee.
    """

    telling: Telling
    about: Connection
    subject: str
    text: str
    html: str

    @property
    def key(self) -> str:
        """The same for every try of the same mail."""
        return self.telling.incident.key


class NoticeSender(Protocol):
    """One way to an owner."""

    @property
    def name(self) -> str:
        """A word for the log and the event, such as ``connection``."""

    def is_open(self, about: Connection) -> bool:
        """Whether it can take a letter about this connection now."""

    def send(self, letter: Letter) -> bool:
        """Take the letter on; ``False`` when this way is not open now, and nothing was sent.

        A letter whose key was taken on before is not sent again.

        Raises:
            LeaseLostError: another worker took it on.
            ServiceError: it was not taken on, or nobody can know; the next try uses the same key.
        """
