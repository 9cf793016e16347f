"""``build(settings)``: the only place that knows every adapter."""

import os
import secrets
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.clock import Clock, SystemClock
from service.connections.credential import MailServer
from service.connections.logins import Logins, Preset
from service.connections.way import WayKind
from service.consent.consent import Consent
from service.consent.issuing import Issuers, Refresh
from service.consent.links import ConnectLinks
from service.consent.ports import AuthorizationServer
from service.consent.refresh import AccessTokens
from service.delegation.check import DelegationCheck
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.delegation.setup import DelegationSetup
from service.errors import ServiceError
from service.google.authorization import GoogleAuthorizationServer
from service.google.delegation import GoogleDelegationServer
from service.google.endpoints import Endpoints, OAuthClient, read_client
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.google.iam import IamSigner
from service.google.workload import AmbientWorkload
from service.mail.attachment import Spool
from service.outbox.delivery import Delivery
from service.outbox.dispatcher import Dispatcher, Limits
from service.outbox.pace import Pace
from service.outbox.ports import Doorbell
from service.outbox.reconcile import Reconcile
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.settings import Settings
from service.smtp.dialogue import Deadlines
from service.smtp.pool import Keeping, SessionPool
from service.storage.data_keys import SqlDataKeyStore
from service.storage.database import Database
from service.storage.migrate import check_schema
from service.storage.stores import Stores, open_doorbell, open_stores
from service.transports.delegated import DelegatedTransport
from service.transports.gmail_api import GmailApiTransport
from service.transports.probe import SmtpProbe
from service.transports.routed import RoutedTransport
from service.transports.sent_folder import GmailSentFolder
from service.transports.smtp import SmtpTransport
from service.transports.smtp_accounts import SmtpAccounts
from service.vault.cipher import Vault
from service.vault.keyring import Keyring
from service.vault.spool import SealedSpool


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
    logins: Logins
    delegations: DelegationSetup
    delegation_check: DelegationCheck
    tokens: AccessTokens
    spool: Spool
    doorbell: Doorbell
    delivery: Delivery
    dispatcher: Dispatcher
    reconcile: Reconcile
    client: OAuthClient
    http: PooledHttp
    sessions: SessionPool

    def close(self) -> None:
        """Close connections and the database."""
        self.doorbell.close()
        self.http.close()
        self.sessions.close()
        self.ground.close()

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


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """Everything, wired. Raises as ``open_ground``, also for an OAuth client's file that is no good."""
    client = read_client(settings.google_client_path, settings.redirect_uri)
    ground = open_ground(settings, clock)
    stores, clock = ground.stores, ground.clock
    http = PooledHttp(
        connect_timeout_s=settings.connect_timeout_s, answer_timeout_s=settings.answer_timeout_s
    )
    endpoints = Endpoints.of(client, settings)
    server = GoogleAuthorizationServer(client=client, endpoints=endpoints, http=http, clock=clock)
    delegates = _delegates(ground, http, endpoints)
    tokens = _tokens(ground, server, delegates)
    gmail = GmailClient(http, origin=settings.gmail_url, clock=clock)
    sessions, accounts = _sessions(settings), _accounts(ground, tokens)
    doorbell = open_doorbell(ground.database)
    delivery = Delivery(
        store=stores.outbox,
        transport=_transport(gmail, tokens, SmtpTransport(sessions, accounts)),
        clock=clock,
        lease_s=settings.lease_s,
    )
    submit = _submit(ground, doorbell)
    return Services(
        ground=ground,
        submit=submit,
        trial_mail=TrialMail(submit=submit, connections=stores.connections),
        consent=_consent(ground, server),
        logins=_logins(ground, SmtpProbe(sessions, accounts)),
        delegations=_delegation_setup(ground, endpoints),
        delegation_check=_delegation_check(ground, delegates, gmail),
        links=_links(ground),
        tokens=tokens,
        spool=SealedSpool(),
        doorbell=doorbell,
        delivery=delivery,
        dispatcher=_dispatcher(ground, delivery, doorbell),
        reconcile=Reconcile(store=stores.outbox, sent_folder=GmailSentFolder(gmail, tokens), clock=clock),
        client=client,
        http=http,
        sessions=sessions,
    )


def _sessions(settings: Settings) -> SessionPool:
    return SessionPool(
        keeping=Keeping(limit=settings.smtp_connections, idle_s=settings.smtp_idle_s),
        deadlines=Deadlines(
            connect_s=settings.connect_timeout_s,
            command_s=settings.smtp_command_timeout_s,
            answer_s=settings.smtp_answer_timeout_s,
        ),
        ca_file=settings.smtp_ca_file,
    )


def _accounts(ground: Ground, tokens: AccessTokens) -> SmtpAccounts:
    settings = ground.settings
    return SmtpAccounts(
        logins=ground.stores.logins,
        tokens={WayKind.XOAUTH2: tokens, WayKind.DELEGATION_XOAUTH2: tokens},
        google=MailServer.parse(settings.gmail_smtp),
        ehlo_name=settings.own_mail_name,
        allows_private=settings.smtp_private_servers,
    )


def _transport(gmail: GmailClient, tokens: AccessTokens, smtp: SmtpTransport) -> RoutedTransport:
    api = GmailApiTransport(gmail, tokens)
    return RoutedTransport(
        {
            WayKind.GMAIL_API: api,
            WayKind.DELEGATION: DelegatedTransport(api),
            WayKind.XOAUTH2: smtp,
            WayKind.DELEGATION_XOAUTH2: DelegatedTransport(smtp),
            WayKind.APP_PASSWORD: smtp,
            WayKind.RELAY: smtp,
            WayKind.SMTP_SERVER: smtp,
        }
    )


def _links(ground: Ground) -> ConnectLinks:
    return ConnectLinks(
        links=ground.stores.connect_links,
        connections=ground.stores.connections,
        public_url=ground.settings.public_url,
        clock=ground.clock,
    )


def _tokens(ground: Ground, server: AuthorizationServer, delegates: DelegateTokens) -> AccessTokens:
    issuer = Issuers(grants=Refresh(server), delegates=delegates)
    return AccessTokens(grants=ground.stores.grants, issuer=issuer, clock=ground.clock)


def _delegation_setup(ground: Ground, endpoints: Endpoints) -> DelegationSetup:
    store, keyless = ground.stores.delegations, KeylessAccounts(ground.settings.keyless_accounts)
    return DelegationSetup(
        delegations=store, token_uri=endpoints.token_uri, keyless=keyless, clock=ground.clock
    )


def _delegation_check(ground: Ground, tokens: DelegateTokens, gmail: GmailClient) -> DelegationCheck:
    store = ground.stores.delegations
    return DelegationCheck(delegations=store, tokens=tokens, probe=gmail, clock=ground.clock)


def _delegates(ground: Ground, http: PooledHttp, endpoints: Endpoints) -> DelegateTokens:
    settings, clock = ground.settings, ground.clock
    iam = IamSigner(http=http, url=settings.iam_url, workload=AmbientWorkload(http, clock))
    server = GoogleDelegationServer(http=http, token_uri=endpoints.token_uri, iam=iam, clock=clock)
    keyless = KeylessAccounts(settings.keyless_accounts)
    return DelegateTokens(delegations=ground.stores.delegations, server=server, keyless=keyless)


def _logins(ground: Ground, probe: SmtpProbe) -> Logins:
    settings = ground.settings
    return Logins(
        connections=ground.stores.connections,
        probe=probe,
        presets={
            Preset.GMAIL: MailServer.parse(settings.gmail_smtp),
            Preset.GMAIL_STARTTLS: MailServer.parse(settings.gmail_submission),
            Preset.RELAY: MailServer.parse(settings.relay_smtp),
        },
        relay_tenants=settings.tenant_of_relay_domain,
        clock=ground.clock,
    )


def _submit(ground: Ground, doorbell: Doorbell) -> Submit:
    return Submit(
        store=ground.stores.outbox,
        doorbell=doorbell,
        clock=ground.clock,
        max_message_bytes=ground.settings.max_message_bytes,
        give_up_s=ground.settings.give_up_s,
    )


def _consent(ground: Ground, server: AuthorizationServer) -> Consent:
    stores = ground.stores
    return Consent(
        server=server,
        consents=stores.consents,
        connections=stores.connections,
        grants=stores.grants,
        links=stores.connect_links,
        clock=ground.clock,
    )


def _dispatcher(ground: Ground, delivery: Delivery, doorbell: Doorbell) -> Dispatcher:
    settings = ground.settings
    return Dispatcher(
        store=ground.stores.outbox,
        delivery=delivery,
        doorbell=doorbell,
        clock=ground.clock,
        owner=f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}",
        limits=Limits(settings.senders, settings.per_mailbox, settings.lease_s),
    )
