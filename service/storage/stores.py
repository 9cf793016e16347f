"""All stores over one database, for the wiring."""

from dataclasses import dataclass

from service.access.ports import ApiKeyStore, MemberStore, SessionStore, TenantStore
from service.clock import Clock, SystemClock
from service.connections.ports import ConnectionStore, DataKeyStore, GrantStore, MailLoginStore, Sealer
from service.consent.ports import ConnectLinkStore, ConsentStore, GrantCheckStore, SignInStore
from service.delegation.ports import DelegationStore
from service.doctor.ports import WorkerStore
from service.notices.ports import IncidentStore
from service.outbox.forget import ForgettingStore
from service.outbox.pace import Pace
from service.outbox.ports import OutboxStore
from service.storage.api_keys import SqlApiKeyStore
from service.storage.connect_links import SqlConnectLinkStore
from service.storage.connections import SqlConnectionStore
from service.storage.consents import SqlConsentStore
from service.storage.data_keys import SqlDataKeyStore
from service.storage.database import Database
from service.storage.delegations import SqlDelegationStore
from service.storage.doorbells import PostgresDoorbell, SqliteDoorbell
from service.storage.forgetting import SqlForgettingStore
from service.storage.grants import SqlGrantStore
from service.storage.logins import SqlMailLoginStore
from service.storage.members import SqlMemberStore
from service.storage.notices import SqlIncidentStore
from service.storage.outbox import SqlOutboxStore
from service.storage.sessions import SqlSessionStore
from service.storage.sign_ins import SqlSignInStore
from service.storage.tenants import SqlTenantStore
from service.storage.turns import SqlTurnStore
from service.storage.workers import SqlWorkerStore
from service.turns import TurnStore


@dataclass(frozen=True, slots=True)
class Stores:
    """One adapter of every store."""

    tenants: TenantStore
    data_keys: DataKeyStore
    api_keys: ApiKeyStore
    sessions: SessionStore
    members: MemberStore
    connections: ConnectionStore
    grants: GrantStore
    grant_checks: GrantCheckStore
    logins: MailLoginStore
    delegations: DelegationStore
    consents: ConsentStore
    sign_ins: SignInStore
    connect_links: ConnectLinkStore
    outbox: OutboxStore
    forgetting: ForgettingStore
    incidents: IncidentStore
    workers: WorkerStore
    turns: TurnStore


def open_stores(
    database: Database, sealer: Sealer, clock: Clock | None = None, pace: Pace | None = None
) -> Stores:
    """Every store; the sealer may itself ask ``SqlDataKeyStore`` over the same database.

    Without a ``pace`` no mailbox has a limit.
    """
    clock = clock or SystemClock()
    grants = SqlGrantStore(database, sealer)
    outbox = SqlOutboxStore(database, sealer, clock, pace)
    return Stores(
        tenants=SqlTenantStore(database),
        data_keys=SqlDataKeyStore(database),
        api_keys=SqlApiKeyStore(database),
        sessions=SqlSessionStore(database),
        members=SqlMemberStore(database),
        connections=SqlConnectionStore(database, sealer, pace),
        grants=grants,
        grant_checks=grants,
        logins=SqlMailLoginStore(database, sealer),
        delegations=SqlDelegationStore(database, sealer),
        consents=SqlConsentStore(database, sealer, clock),
        sign_ins=SqlSignInStore(database),
        connect_links=SqlConnectLinkStore(database),
        outbox=outbox,
        forgetting=SqlForgettingStore(database),
        incidents=SqlIncidentStore(database, outbox),
        workers=SqlWorkerStore(database),
        turns=SqlTurnStore(database),
    )


def open_doorbell(database: Database) -> SqliteDoorbell | PostgresDoorbell:
    """The doorbell of this kind of database."""
    return SqliteDoorbell(database) if database.is_sqlite else PostgresDoorbell(database)
