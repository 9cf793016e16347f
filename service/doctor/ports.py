"""What this room needs from outside."""

from datetime import datetime
from typing import Protocol


class WorkerStore(Protocol):
    """Keeps the workers' signs of life."""

    def seen(self, name: str, at: datetime) -> None:
        """Note that a worker lives; workers that were not seen for a day are forgotten."""

    def gone(self, name: str) -> None:
        """Forget a worker that has ended as it should."""

    def last_seen(self) -> list[datetime]:
        """When each worker was last seen, the longest silent first."""


class Installation(Protocol):
    """Opens what the operator has put in place. Each method says nothing when all is well."""

    def check_keyring(self) -> None:
        """Read the keyring. Raises ``ConfigurationError``."""

    def check_client(self) -> None:
        """Read Google's OAuth client. Raises ``ConfigurationError``."""

    def check_database(self) -> None:
        """Look at the database's schema. Raises ``ConfigurationError`` and ``StorageError``."""


class Outside(Protocol):
    """Looks at the installation from outside of this machine."""

    def is_answering(self, url: str) -> bool:
        """Whether the address answers with 200, over a certificate that is valid."""

    def google_time(self) -> datetime | None:
        """What Google's clock says, to the second; ``None`` when Google cannot be asked."""
