"""What this room needs from outside: where incidents are kept, and ways to the owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.connections.connection import Connection
from service.notices.incident import Incident


class IncidentStore(Protocol):
    """Keeps incidents. They are opened and ended by whatever changes the connection."""

    def take(self, now: datetime, until: datetime, limit: int) -> list[Incident]:
        """Lease incidents whose next mail is due, the longest due first; nobody else gets them till then."""

    def mailed(self, incident: Incident, at: datetime, next_at: datetime | None, taken: "Taken") -> None:
        """The incident's due mail is on its way: ``next_at`` is when it is due again.

        Where the incident ended meanwhile, the *solved* mail is due at once instead.
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
        key: the same for every try of the same mail.
        about: the connection that it tells of; its address is the addressee.
        may_use_it: whether that connection itself can send it.
    """

    key: str
    about: Connection
    subject: str
    text: str
    html: str
    may_use_it: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that was taken on.

    Attributes:
        way: a word for the log and the event, such as ``connection``.
        entry_id: where it waits as ordinary mail; ``None`` where it does not, or nobody knows.
    """

    way: str
    entry_id: str | None = None


class NoticeSender(Protocol):
    """One way to an owner."""

    @property
    def name(self) -> str:
        """A word for the log."""

    def send(self, letter: Letter) -> Taken | None:
        """Take the letter on; ``None`` when this way is not open now, and nothing was sent.

        A letter whose key was taken on before is not sent again.

        Raises:
            ServiceError: it was not taken on, or nobody can know; the next try uses the same key.
        """
