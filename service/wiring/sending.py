"""What takes mail in and brings it out: stores, tokens, transports, dispatcher."""

import os
import secrets
import socket

from service.access.retention import Retention, RetentionLimits
from service.connections.credential import MailServer
from service.connections.way import WayKind
from service.consent.issuing import Issuers, Refresh
from service.consent.ports import AuthorizationServer
from service.consent.refresh import AccessTokens
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.google.delegation import GoogleDelegationServer
from service.google.endpoints import Endpoints
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.google.iam import IamSigner
from service.google.workload import AmbientWorkload
from service.ground import Ground
from service.outbox.correct import Correct, CorrectionLimits
from service.outbox.delivery import Delivery
from service.outbox.dispatcher import Dispatcher, Limits
from service.outbox.forget import Forget
from service.outbox.ports import Doorbell, SentFolder
from service.outbox.reconcile import Reconcile
from service.outbox.submit import Submit
from service.settings import Settings
from service.smtp.dialogue import Deadlines
from service.smtp.pool import Keeping, SessionPool
from service.transports.delegated import DelegatedTransport
from service.transports.gmail_api import GmailApiTransport
from service.transports.routed import RoutedTransport
from service.transports.smtp import SmtpTransport
from service.transports.smtp_accounts import SmtpAccounts


def http(settings: Settings) -> PooledHttp:
    """The one way to Google's HTTP addresses."""
    return PooledHttp(
        connect_timeout_s=settings.connect_timeout_s, answer_timeout_s=settings.answer_timeout_s
    )


def sessions(settings: Settings) -> SessionPool:
    """The kept conversations with mail servers."""
    return SessionPool(
        keeping=Keeping(limit=settings.smtp_connections, idle_s=settings.smtp_idle_s),
        deadlines=Deadlines(
            connect_s=settings.connect_timeout_s,
            command_s=settings.smtp_command_timeout_s,
            answer_s=settings.smtp_answer_timeout_s,
        ),
        ca_file=settings.smtp_ca_file,
    )


def accounts(ground: Ground, tokens: AccessTokens) -> SmtpAccounts:
    """Who sends by SMTP, and with which secret."""
    settings = ground.settings
    return SmtpAccounts(
        logins=ground.stores.logins,
        tokens={WayKind.XOAUTH2: tokens, WayKind.DELEGATION_XOAUTH2: tokens},
        google=MailServer.parse(settings.gmail_smtp),
        ehlo_name=settings.own_mail_name,
        allows_private=settings.smtp_private_servers,
    )


def transport(gmail: GmailClient, tokens: AccessTokens, smtp: SmtpTransport) -> RoutedTransport:
    """The adapter of every kind of way."""
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


def delivery(ground: Ground, way_out: RoutedTransport) -> Delivery:
    """Makes tries."""
    return Delivery(
        store=ground.stores.outbox, transport=way_out, clock=ground.clock, lease_s=ground.settings.lease_s
    )


def tokens(ground: Ground, server: AuthorizationServer, delegates: DelegateTokens) -> AccessTokens:
    """Access tokens, of owners' grants and of delegations."""
    issuer = Issuers(grants=Refresh(server), delegates=delegates)
    return AccessTokens(grants=ground.stores.grants, issuer=issuer, clock=ground.clock)


def delegates(ground: Ground, http: PooledHttp, endpoints: Endpoints) -> DelegateTokens:
    """What signs for the users of a delegation."""
    settings, clock = ground.settings, ground.clock
    iam = IamSigner(http=http, url=settings.iam_url, workload=AmbientWorkload(http, clock))
    server = GoogleDelegationServer(http=http, token_uri=endpoints.token_uri, iam=iam, clock=clock)
    keyless = KeylessAccounts(settings.keyless_accounts)
    return DelegateTokens(delegations=ground.stores.delegations, server=server, keyless=keyless)


def submit(ground: Ground, doorbell: Doorbell) -> Submit:
    """The way in."""
    return Submit(
        store=ground.stores.outbox,
        connections=ground.stores.connections,
        doorbell=doorbell,
        clock=ground.clock,
        max_message_bytes=ground.settings.max_message_bytes,
        give_up_s=ground.settings.give_up_s,
    )


def correct(ground: Ground, doorbell: Doorbell) -> Correct:
    """Earlier messages go to corrected addresses."""
    settings = ground.settings
    return Correct(
        store=ground.stores.outbox,
        connections=ground.stores.connections,
        doorbell=doorbell,
        clock=ground.clock,
        limits=CorrectionLimits(
            message_bytes=settings.max_message_bytes,
            recipients=settings.max_recipients,
            give_up_s=settings.give_up_s,
        ),
    )


def worker_name() -> str:
    """Names this worker in leases and signs of life; unique among all that ever run."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def dispatcher(ground: Ground, delivery: Delivery, doorbell: Doorbell, name: str) -> Dispatcher:
    """The worker's heart."""
    settings = ground.settings
    return Dispatcher(
        store=ground.stores.outbox,
        delivery=delivery,
        doorbell=doorbell,
        clock=ground.clock,
        owner=name,
        limits=Limits(settings.senders, settings.per_mailbox, settings.lease_s),
    )


def reconcile(ground: Ground, sent_folder: SentFolder, doorbell: Doorbell) -> Reconcile:
    """The looks into *Sent*."""
    return Reconcile(
        store=ground.stores.outbox, sent_folder=sent_folder, doorbell=doorbell, clock=ground.clock
    )


def retention(settings: Settings) -> RetentionLimits:
    """How long mail may be kept."""
    return RetentionLimits(
        default=Retention(settings.content_days, settings.log_days),
        most=Retention(settings.content_days_most, settings.log_days_most),
    )


def forget(ground: Ground) -> Forget:
    """The end of what was kept for its time."""
    stores = ground.stores
    return Forget(stores.forgetting, stores.tenants, retention(ground.settings), ground.clock)
