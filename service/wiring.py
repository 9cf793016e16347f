"""``build(settings)``: the only place that knows every adapter."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.clock import Clock
from service.consent.consent import Consent
from service.consent.links import ConnectLinks
from service.google.http import PooledHttp
from service.mail.attachment import Spool
from service.outbox.dispatcher import Dispatcher
from service.outbox.ports import Doorbell
from service.outbox.reconcile import Reconcile
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.settings import Settings
from service.storage.database import Database
from service.storage.stores import Stores
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


@dataclass(frozen=True, slots=True)
class Services:
    """All that the processes are made of; each takes what it needs."""

    ground: Ground
    submit: Submit
    trial_mail: TrialMail
    consent: Consent
    links: ConnectLinks
    spool: Spool
    doorbell: Doorbell
    dispatcher: Dispatcher
    reconcile: Reconcile
    authorization_origin: str
    cookie_keys: list[bytes]
    http: PooledHttp

    def close(self) -> None:
        """Close connections and the database."""
        self.doorbell.close()
        self.http.close()
        self.ground.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
