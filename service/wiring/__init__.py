"""``build(settings)``: the only place that knows every adapter; its parts: ``sending``, ``desks``."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from service.clock import Clock
from service.connections.logins import Logins
from service.consent.consent import Consent
from service.consent.links import ConnectLinks
from service.consent.refresh import AccessTokens
from service.delegation.check import DelegationCheck
from service.delegation.setup import DelegationSetup
from service.domains.check import DomainCheck
from service.domains.system import SystemResolver
from service.google.authorization import GoogleAuthorizationServer
from service.google.endpoints import Endpoints, OAuthClient, read_client
from service.google.gmail import GmailClient
from service.google.http import PooledHttp
from service.ground import Ground, open_ground
from service.mail.attachment import Spool
from service.notices.notices import Notices
from service.outbox.correct import Correct
from service.outbox.delivery import Delivery
from service.outbox.dispatcher import Dispatcher
from service.outbox.ports import Doorbell
from service.outbox.reconcile import Reconcile
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.settings import Settings
from service.smtp.pool import SessionPool
from service.storage.stores import open_doorbell
from service.transports.notice_smtp import operator_mail
from service.transports.send_as import GmailAliases
from service.transports.sent_folder import GmailSentFolder
from service.transports.smtp import SmtpTransport
from service.turns import Turns
from service.vault.spool import SealedSpool
from service.wiring import desks, sending
from service.wiring.administration import Administration, administration
from service.wiring.upkeep import Upkeep, upkeep

__all__ = ["Ground", "Services", "build", "open_ground"]


@dataclass(frozen=True, slots=True)
class Services:
    """All that the processes are made of; each takes what it needs."""

    ground: Ground
    administration: Administration
    upkeep: Upkeep
    submit: Submit
    correct: Correct
    trial_mail: TrialMail
    consent: Consent
    links: ConnectLinks
    logins: Logins
    delegations: DelegationSetup
    delegation_check: DelegationCheck
    domain_check: DomainCheck
    tokens: AccessTokens
    spool: Spool
    doorbell: Doorbell
    delivery: Delivery
    dispatcher: Dispatcher
    reconcile: Reconcile
    notices: Notices
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
    """Everything, wired. Raises as ``open_ground``, also for an OAuth client's file that is no good."""
    client = read_client(settings.google_client_path, settings.redirect_uri)
    ground = open_ground(settings, clock)
    stores, clock = ground.stores, ground.clock
    http, endpoints = sending.http(settings), Endpoints.of(client, settings)
    server = GoogleAuthorizationServer(client=client, endpoints=endpoints, http=http, clock=clock)
    delegates = sending.delegates(ground, http, endpoints)
    tokens = sending.tokens(ground, server, delegates)
    gmail = GmailClient(http, origin=settings.gmail_url, clock=clock)
    sessions, accounts = sending.sessions(settings), sending.accounts(ground, tokens)
    doorbell = open_doorbell(ground.database)
    delivery = sending.delivery(ground, sending.transport(gmail, tokens, SmtpTransport(sessions, accounts)))
    name = sending.worker_name()
    submit, links = sending.submit(ground, doorbell), desks.links(ground)
    turns = Turns(desks.checks_at_once(settings), stores.turns, clock)
    aliases = desks.aliases(stores, GmailAliases(gmail, tokens))
    return Services(
        ground=ground,
        administration=administration(ground, server),
        upkeep=upkeep(ground, tokens, aliases, name),
        submit=submit,
        correct=sending.correct(ground, doorbell),
        trial_mail=TrialMail(submit=submit, connections=stores.connections),
        consent=desks.consent(ground, server, aliases),
        logins=desks.logins(ground, desks.probe(settings, accounts), turns),
        delegations=desks.delegation_setup(ground, endpoints),
        delegation_check=desks.delegation_check(ground, delegates, gmail, turns),
        domain_check=DomainCheck(SystemResolver(), turns),
        links=links,
        tokens=tokens,
        spool=SealedSpool(),
        doorbell=doorbell,
        delivery=delivery,
        dispatcher=sending.dispatcher(ground, delivery, doorbell, name),
        reconcile=sending.reconcile(ground, GmailSentFolder(gmail, tokens), doorbell),
        notices=desks.notices(ground, submit, links, operator_mail(settings)),
        client=client,
        http=http,
        sessions=sessions,
    )
