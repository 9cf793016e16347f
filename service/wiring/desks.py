"""What people and programs turn to: consents, logins, delegations, notices."""

from service.access.admission import Admission
from service.access.session_links import SessionLinks
from service.connections.credential import MailServer
from service.connections.logins import Logins, Preset
from service.consent.aliases import Aliases, AliasSource
from service.consent.consent import Consent
from service.consent.links import ConnectLinks
from service.consent.ports import AuthorizationServer
from service.consent.sign_in import GoogleSignIn
from service.delegation.check import DelegationCheck
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.delegation.setup import DelegationSetup
from service.google.endpoints import Endpoints
from service.google.gmail import GmailClient
from service.ground import Ground
from service.notices.letters import Letters
from service.notices.notices import Notices
from service.notices.posting import HealthyConnection
from service.outbox.submit import Submit
from service.settings import Settings
from service.smtp.dialogue import Deadlines
from service.smtp.pool import Keeping, SessionPool
from service.storage.stores import Stores
from service.transports.notice_smtp import OperatorMail
from service.transports.probe import SmtpProbe
from service.transports.smtp_accounts import SmtpAccounts
from service.turns import Turns

PROBE_S = 10.0


def session_links(ground: Ground) -> SessionLinks:
    """One-time links that sign a browser in."""
    settings = ground.settings
    return SessionLinks(
        sessions=ground.stores.sessions,
        operators=settings.operator_addresses,
        public_url=settings.public_url,
        clock=ground.clock,
    )


def sign_in(ground: Ground, server: AuthorizationServer) -> GoogleSignIn:
    """The desk for *Sign in with Google*."""
    stores, settings, clock = ground.stores, ground.settings, ground.clock
    admission = Admission(
        members=stores.members,
        tenants=stores.tenants,
        operators=settings.operator_addresses,
        domains=settings.tenant_of_sign_in_domain,
        clock=clock,
    )
    return GoogleSignIn(server=server, sign_ins=stores.sign_ins, admission=admission, clock=clock)


def links(ground: Ground) -> ConnectLinks:
    """Invitations to connect."""
    return ConnectLinks(
        links=ground.stores.connect_links,
        connections=ground.stores.connections,
        public_url=ground.settings.public_url,
        clock=ground.clock,
        operators=ground.settings.operator_addresses,
    )


def delegation_setup(ground: Ground, endpoints: Endpoints) -> DelegationSetup:
    """The set-up of delegations."""
    store, keyless = ground.stores.delegations, KeylessAccounts(ground.settings.keyless_accounts)
    return DelegationSetup(
        delegations=store, token_uri=endpoints.token_uri, keyless=keyless, clock=ground.clock
    )


def checks_at_once(settings: Settings) -> int:
    """How many checks a process runs: most of its threads are left for everybody else."""
    return max(1, settings.web_threads // 4)


def delegation_check(
    ground: Ground, tokens: DelegateTokens, gmail: GmailClient, turns: Turns
) -> DelegationCheck:
    """Its check, step by step."""
    store = ground.stores.delegations
    return DelegationCheck(delegations=store, tokens=tokens, probe=gmail, turns=turns, clock=ground.clock)


def probe(settings: Settings, accounts: SmtpAccounts) -> SmtpProbe:
    """Tries logins out. A web thread waits for it, so a conversation is short, and few are held at a time."""
    deadlines = Deadlines(
        connect_s=min(settings.connect_timeout_s, PROBE_S),
        tls_s=PROBE_S,
        command_s=min(settings.smtp_command_timeout_s, PROBE_S),
    )
    keeping = Keeping(limit=checks_at_once(settings), place_wait_s=PROBE_S)
    return SmtpProbe(
        SessionPool(keeping=keeping, deadlines=deadlines, ca_file=settings.smtp_ca_file), accounts
    )


def logins(ground: Ground, probe: SmtpProbe, turns: Turns) -> Logins:
    """The desk for passwords, own servers and the relay."""
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
        turns=turns,
        clock=ground.clock,
    )


def consent(ground: Ground, server: AuthorizationServer, aliases: Aliases) -> Consent:
    """The desk for consents."""
    stores = ground.stores
    return Consent(
        server=server,
        consents=stores.consents,
        connections=stores.connections,
        grants=stores.grants,
        clock=ground.clock,
        operators=ground.settings.operator_addresses,
        then=aliases.refresh,
    )


def aliases(stores: Stores, source: AliasSource) -> Aliases:
    """The other addresses of mailboxes."""
    return Aliases(source=source, grants=stores.grants, connections=stores.connections)


def notices(ground: Ground, submit: Submit, links: ConnectLinks, operator: OperatorMail | None) -> Notices:
    """What owners are told."""
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
            HealthyConnection(
                submit=submit, incidents=stores.incidents, connections=stores.connections, clock=clock
            ),
            *((operator,) if operator else ()),
        ),
        outbox=stores.outbox,
        clock=clock,
    )
