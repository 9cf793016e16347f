"""``build(settings)``: the only place that knows every adapter."""

import os
import secrets
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.clock import Clock, SystemClock
from service.consent.aliases import Aliases
from service.consent.checkup import Checkup
from service.consent.consent import Consent
from service.consent.links import ConnectLinks
from service.consent.ports import AuthorizationServer
from service.consent.refresh import AccessTokens
from service.errors import ServiceError
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient, read_client
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.mail.attachment import Spool
from service.notices.letters import Letters
from service.notices.notices import Notices
from service.notices.posting import HealthyConnection
from service.outbox.delivery import Delivery
from service.outbox.dispatcher import Dispatcher, Limits
from service.outbox.ports import Doorbell, SentFolder
from service.outbox.reconcile import Reconcile
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.settings import Settings
from service.storage.data_keys import SqlDataKeyStore
from service.storage.database import Database
from service.storage.migrate import check_schema
from service.storage.stores import Stores, open_doorbell, open_stores
from service.transports.gmail_api import GmailApiTransport
from service.transports.notice_smtp import operator_mail
from service.transports.send_as import GmailAliases
from service.transports.sent_folder import GmailSentFolder
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
    tokens: AccessTokens
    spool: Spool
    doorbell: Doorbell
    delivery: Delivery
    dispatcher: Dispatcher
    reconcile: Reconcile
    notices: Notices
    checkup: Checkup
    client: OAuthClient
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
    return Ground(settings, clock, keyring, vault, database, open_stores(database, vault, clock))


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """Everything, wired.

    Raises:
        ConfigurationError: as ``open_ground``; or the OAuth client's file is missing or wrong.
        StorageUnavailableError: as ``open_ground``.
    """
    client = read_client(settings.google_client_path, settings.redirect_uri)
    ground = open_ground(settings, clock)
    stores, clock = ground.stores, ground.clock
    http = PooledHttp(
        connect_timeout_s=settings.connect_timeout_s, answer_timeout_s=settings.answer_timeout_s
    )
    endpoints = Endpoints.of(client, settings)
    server = GoogleAuthorizationServer(client=client, endpoints=endpoints, http=http, clock=clock)
    tokens = AccessTokens(grants=stores.grants, server=server, clock=clock)
    gmail = GmailClient(http, origin=settings.gmail_url, clock=clock)
    doorbell = open_doorbell(ground.database)
    delivery = Delivery(
        store=stores.outbox,
        transport=GmailApiTransport(gmail, tokens),
        clock=clock,
        lease_s=settings.lease_s,
    )
    submit = _submit(ground, doorbell)
    links = _links(ground)
    aliases = Aliases(
        source=GmailAliases(gmail, tokens), grants=stores.grants, connections=stores.connections
    )
    return Services(
        ground=ground,
        submit=submit,
        trial_mail=TrialMail(submit=submit, connections=stores.connections),
        consent=_consent(ground, server, aliases),
        links=links,
        tokens=tokens,
        spool=SealedSpool(),
        doorbell=doorbell,
        delivery=delivery,
        dispatcher=_dispatcher(ground, delivery, doorbell),
        reconcile=_reconcile(ground, GmailSentFolder(gmail, tokens), doorbell),
        notices=_notices(ground, submit, links),
        checkup=Checkup(grants=stores.grant_checks, tokens=tokens, clock=clock, then=aliases.refresh),
        client=client,
        http=http,
    )


def _submit(ground: Ground, doorbell: Doorbell) -> Submit:
    return Submit(
        store=ground.stores.outbox,
        doorbell=doorbell,
        clock=ground.clock,
        max_message_bytes=ground.settings.max_message_bytes,
        give_up_s=ground.settings.give_up_s,
    )


def _consent(ground: Ground, server: AuthorizationServer, aliases: Aliases) -> Consent:
    stores = ground.stores
    return Consent(
        server=server,
        consents=stores.consents,
        connections=stores.connections,
        grants=stores.grants,
        links=stores.connect_links,
        clock=ground.clock,
        then=aliases.refresh,
    )


def _reconcile(ground: Ground, sent_folder: SentFolder, doorbell: Doorbell) -> Reconcile:
    return Reconcile(
        store=ground.stores.outbox, sent_folder=sent_folder, doorbell=doorbell, clock=ground.clock
    )


def _links(ground: Ground) -> ConnectLinks:
    return ConnectLinks(
        links=ground.stores.connect_links,
        connections=ground.stores.connections,
        public_url=ground.settings.public_url,
        clock=ground.clock,
    )


def _notices(ground: Ground, submit: Submit, links: ConnectLinks) -> Notices:
    stores, clock = ground.stores, ground.clock
    operator = operator_mail(ground.settings, clock)
    letters = Letters(
        incidents=stores.incidents,
        connections=stores.connections,
        tenants=stores.tenants,
        links=links,
        home=ground.settings.public_url,
    )
    return Notices(
        incidents=stores.incidents,
        letters=letters,
        senders=(
            HealthyConnection(submit=submit, connections=stores.connections, clock=clock),
            *((operator,) if operator else ()),
        ),
        outbox=stores.outbox,
        clock=clock,
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
