"""The check of an installation: also of one that cannot start."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from service.doctor.doctor import Doctor
from service.doctor.finding import Check, Condition, Finding, in_order
from service.doctor.ports import Outside
from service.doctor.server import examine_server, examine_work
from service.doctor.tenant import examine_tenant
from service.google.endpoints import read_client
from service.google.outside import HttpOutside
from service.ground import Ground, open_ground
from service.settings import Settings
from service.storage.database import Database
from service.storage.migrate import check_schema
from service.vault.keyring import Keyring
from service.wiring import sending

_GROUND = frozenset({Check.KEYRING, Check.DATABASE})


@dataclass(frozen=True, slots=True)
class OwnInstallation:
    """``doctor.ports.Installation`` of these settings; ``database`` says whether it can be worked with."""

    settings: Settings
    database: Callable[[], None]

    def check_keyring(self) -> None:
        Keyring.read(self.settings.keyring_path)

    def check_client(self) -> None:
        read_client(self.settings.google_client_path, self.settings.redirect_uri)

    def check_database(self) -> None:
        self.database()


def doctor(ground: Ground) -> Doctor:
    """The doctor of a running installation."""
    return Doctor(
        settings=ground.settings,
        installation=OwnInstallation(ground.settings, lambda: check_schema(ground.database)),
        workers=ground.stores.workers,
        keys=ground.stores.api_keys,
        clock=ground.clock,
    )


def examine(settings: Settings, *, is_online: bool) -> list[Finding]:
    """Everything that can be looked at, of all companies together; nothing needs to run or be in order.

    ``is_online``: whether this machine's public address and Google may be asked.

    Raises:
        StorageError: the database failed in the middle of it.
    """
    with _outside(settings) if is_online else _nothing() as outside:
        found = examine_server(settings, OwnInstallation(settings, lambda: _open_database(settings)), outside)
        broken = {each.check for each in found if each.condition is Condition.PROBLEM}
        if not broken & _GROUND:
            with open_ground(settings) as ground:
                found += examine_work(ground.stores.workers, ground.clock, outside)
                found += _of_tenants(ground)
    return in_order(found)


def _of_tenants(ground: Ground) -> list[Finding]:
    stores = ground.stores
    tenants = stores.tenants.all()
    if not tenants:
        return [Finding(Check.TENANT, Condition.TO_DO, "tenant-none")]
    connections = [each for tenant in tenants for each in stores.connections.of_tenant(tenant.id)]
    keys = [each for tenant in tenants for each in stores.api_keys.of_tenant(tenant.id)]
    return [
        Finding(Check.TENANT, Condition.OK, "tenant-there", str(len(tenants))),
        *examine_tenant(connections, keys, ground.clock.now()),
    ]


def _open_database(settings: Settings) -> None:
    with closing(Database(settings.database_url)) as database:
        check_schema(database)


@contextmanager
def _outside(settings: Settings) -> Iterator[Outside]:
    with closing(sending.http(settings)) as http:
        yield HttpOutside(http, settings.google_certs_url)


@contextmanager
def _nothing() -> Iterator[None]:
    yield None
