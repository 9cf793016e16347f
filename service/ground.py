"""What every process and command stands on; the services are wired over it."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.clock import Clock, SystemClock
from service.errors import ServiceError
from service.outbox.pace import Pace
from service.settings import Settings
from service.storage.data_keys import SqlDataKeyStore
from service.storage.database import Database
from service.storage.migrate import check_schema
from service.storage.stores import Stores, open_stores
from service.vault.cipher import Vault
from service.vault.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Ground:
    """What every process and command stands on: settings, clock, vault and stores."""

    settings: Settings
    clock: Clock
    keyring: Keyring
    vault: Vault
    database: Database
    stores: Stores

    def close(self) -> None:
        """Finish what is being written, and close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_ground(settings: Settings, clock: Clock | None = None) -> Ground:
    """Open the vault and the database.

    Raises:
        ConfigurationError: no usable key, or a database of another version.
        StorageUnavailableError: the database does not answer.
    """
    keyring = Keyring.read(settings.keyring_path)
    clock = clock or SystemClock()
    database = Database(settings.database_url, min_free_bytes=settings.min_free_bytes)
    try:
        check_schema(database)
    except ServiceError:
        database.close()
        raise
    vault = Vault(keyring, SqlDataKeyStore(database))
    stores = open_stores(database, vault, clock, Pace.of(settings))
    return Ground(settings, clock, keyring, vault, database, stores)
