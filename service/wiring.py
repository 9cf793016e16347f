"""``build(settings)``: the only place that knows every adapter."""

import os
import secrets
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.clock import Clock
from service.connections.credential import MailServer
from service.connections.logins import Logins, Preset
from service.connections.way import WayKind
from service.consent.aliases import Aliases, AliasSource
from service.consent.checkup import Checkup
from service.consent.consent import Consent
from service.consent.links import ConnectLinks
from service.consent.ports import AuthorizationServer
from service.consent.refresh import AccessTokens
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient, read_client
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.ground import Ground, open_ground
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
from service.smtp.dialogue import Deadlines
from service.smtp.pool import Keeping, SessionPool
from service.storage.stores import Stores, open_doorbell
from service.transports.gmail_api import GmailApiTransport
from service.transports.notice_smtp import OperatorMail, operator_mail
from service.transports.probe import SmtpProbe
from service.transports.routed import RoutedTransport
from service.transports.send_as import GmailAliases
from service.transports.sent_folder import GmailSentFolder
from service.transports.smtp import SmtpTransport
from service.transports.smtp_accounts import SmtpAccounts
from service.vault.spool import SealedSpool

__all__ = ["Ground", "Services", "build", "open_ground"]


@dataclass(frozen=True, slots=True)
class Services:
    """All that the processes are made of; each takes what it needs."""

    ground: Ground
    submit: Submit
    trial_mail: TrialMail
    consent: Consent
    links: ConnectLinks
    logins: Logins
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


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """Everything, wired.

    Raises:
        ConfigurationError: as ``open_ground``; or the OAuth client's file is missing or wrong.
        StorageUnavailableError: as ``open_ground``.
    """
    client = read_client(settings.google_client_path, settings.redirect_uri)
    operator = operator_mail(settings)
    ground = open_ground(settings, clock)
    stores, clock = ground.stores, ground.clock
    http = _http(settings)
    server = GoogleAuthorizationServer(
        client=client, endpoints=Endpoints.of(client, settings), http=http, clock=clock
    )
    tokens = AccessTokens(grants=stores.grants, server=server, clock=clock)
    gmail = GmailClient(http, origin=settings.gmail_url, clock=clock)
    sessions, accounts = _sessions(settings), _accounts(ground, tokens)
    doorbell = open_doorbell(ground.database)
    delivery = Delivery(
        store=stores.outbox,
        transport=_transport(gmail, tokens, SmtpTransport(sessions, accounts)),
        clock=clock,
        lease_s=settings.lease_s,
    )
    submit, links = _submit(ground, doorbell), _links(ground)
    aliases = _aliases(stores, GmailAliases(gmail, tokens))
    return Services(
        ground=ground,
        submit=submit,
        trial_mail=TrialMail(submit=submit, connections=stores.connections),
        consent=_consent(ground, server, aliases),
        logins=_logins(ground, SmtpProbe(sessions, accounts)),
        links=links,
        tokens=tokens,
        spool=SealedSpool(),
        doorbell=doorbell,
        delivery=delivery,
        dispatcher=_dispatcher(ground, delivery, doorbell),
        reconcile=_reconcile(ground, GmailSentFolder(gmail, tokens), doorbell),
        notices=_notices(ground, submit, links, operator),
        checkup=Checkup(grants=stores.grant_checks, tokens=tokens, clock=clock, then=aliases.refresh),
        client=client,
        http=http,
        sessions=sessions,
    )


def _http(settings: Settings) -> PooledHttp:
    return PooledHttp(
        connect_timeout_s=settings.connect_timeout_s, answer_timeout_s=settings.answer_timeout_s
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
        tokens={WayKind.XOAUTH2: tokens},
        google=MailServer.parse(settings.gmail_smtp),
        ehlo_name=settings.own_mail_name,
        allows_private=settings.smtp_private_servers,
    )


def _transport(gmail: GmailClient, tokens: AccessTokens, smtp: SmtpTransport) -> RoutedTransport:
    return RoutedTransport(
        {
            WayKind.GMAIL_API: GmailApiTransport(gmail, tokens),
            WayKind.XOAUTH2: smtp,
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


def _aliases(stores: Stores, source: AliasSource) -> Aliases:
    return Aliases(source=source, grants=stores.grants, connections=stores.connections)


def _notices(ground: Ground, submit: Submit, links: ConnectLinks, operator: OperatorMail | None) -> Notices:
    stores, clock = ground.stores, ground.clock
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
