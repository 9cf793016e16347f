"""What the pages need from outside."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from service.access.keys import ApiKeys
from service.access.member import Member
from service.access.members import Members
from service.access.ports import MemberStore, SessionStore, TenantStore
from service.access.retention import RetentionLimits
from service.access.session_links import SessionLinks
from service.clock import Clock
from service.connections.connection import Connection
from service.connections.delegation import Delegation, SenderChange
from service.connections.logins import NewLogin
from service.connections.ports import ConnectionStore, ProbeStep
from service.connections.way import Way
from service.consent.ports import ConnectLink, GivenConsent
from service.consent.scopes import SENDING
from service.delegation.report import Report, Step
from service.delegation.setup import Wanted
from service.doctor.doctor import Doctor
from service.domains.report import DomainReport, Finding
from service.mail.address import Address
from service.notices.incident import Incident
from service.outbox.correct import Correct
from service.outbox.entry import Entry
from service.outbox.ports import OutboxStore
from service.outbox.trial import Trial
from service.settings import Settings


class ConsentDesk(Protocol):
    """The consent use-cases that a browser needs; ``service.consent.consent.Consent`` fills it."""

    def begin(
        self,
        *,
        tenant_id: str,
        session_id: str,
        connection_id: str | None = None,
        scopes: frozenset[str] = SENDING,
        link: ConnectLink | None = None,
    ) -> str:
        """Begin a consent to send, and perhaps to more; answers Google's address for the browser."""

    def complete(
        self,
        *,
        session_id: str,
        state: str | None,
        code: str | None,
        error: str | None,
        issuer: str | None = None,
        locale: str | None = None,
    ) -> Connection | GivenConsent:
        """What Google's answer gives; a ``GivenConsent`` still wants the confirm page.

        ``locale`` is the language that the person reads.

        Raises:
            ConsentError, TokenError: nothing was kept.
        """

    def awaiting(self, given_id: str, session_id: str) -> GivenConsent:
        """What the confirm page shows. Raises ``ConsentStateError``."""

    def confirm(self, given_id: str, session_id: str, locale: str | None = None) -> Connection:
        """Keep it. Raises ``ConsentStateError`` and ``LinkError``."""

    def decline(self, given_id: str, session_id: str) -> None:
        """Throw it away and take the access back at Google."""

    def disconnect(self, tenant_id: str, connection_id: str) -> Connection:
        """Take the access back at Google and forget it."""

    def reroute(
        self, tenant_id: str, connection_id: str, order: Sequence[Way], seen: Sequence[Way] | None = None
    ) -> Connection:
        """As ``ConnectionStore.reroute``; a grant that is left out is taken back at Google too."""


class SignInDesk(Protocol):
    """Signs people in by their Google account; ``service.consent.sign_in.GoogleSignIn`` fills it."""

    def begin(self, *, session_id: str, browser_secret: SecretStr) -> str:
        """Begin a sign-in; answers Google's address for the browser."""

    def complete(
        self,
        *,
        session_id: str,
        browser_secret: SecretStr,
        state: str | None,
        code: str | None,
        error: str | None,
        issuer: str | None = None,
    ) -> Member:
        """Who has signed in.

        Raises:
            ConsentError, TokenError: nobody.
        """


class LinkDesk(Protocol):
    """Makes and finds connect links; ``service.consent.links.ConnectLinks`` fills it."""

    def make(
        self,
        *,
        tenant_id: str,
        purpose: str,
        expected_address: str | None = None,
        key_id: str | None = None,
        maker_id: str | None = None,
    ) -> tuple[ConnectLink, str]:
        """A new link and its address, as ``ConnectLinks.make``. Raises ``InvalidRequestError``."""

    def find(self, secret: str) -> ConnectLink:
        """The link of this secret; looking does not use it up. Raises ``LinkError``."""


class LoginDesk(Protocol):
    """Takes passwords and relays; ``service.connections.logins.Logins`` fills it."""

    def add(self, new: NewLogin) -> tuple[Connection, list[ProbeStep]]:
        """As ``adding``, all at once: the connection, and every step that was tried."""

    def adding(self, new: NewLogin) -> Generator[ProbeStep, None, Connection]:
        """Sign in at the server, then keep the login; yields each step that went well, when it has.

        Raises:
            InvalidRequestError: what was typed cannot be a login, or may not be one.
            MailServerRefusedError: a step failed; nothing is kept.
            ChecksBusyError: other checks are running; the server was not asked.
            NotFoundError: the tenant has no such connection.
        """


class DelegationDesk(Protocol):
    """Keeps set-ups of delegation; ``service.delegation.setup.DelegationSetup`` fills it."""

    def all(self, tenant_id: str) -> list[Delegation]:
        """The tenant's set-ups, oldest first."""

    def get(self, tenant_id: str, delegation_id: str) -> Delegation:
        """One set-up. Raises ``NotFoundError``."""

    def add_with_key(
        self, tenant_id: str, document: Mapping[str, object], wanted: Wanted, actor: str
    ) -> SenderChange:
        """Keep the key of a service account, and connect the senders. Raises ``InvalidRequestError``."""

    def add_keyless(
        self, tenant_id: str, account: tuple[str, str], wanted: Wanted, actor: str
    ) -> SenderChange:
        """Keep a service account for which the operator's identity signs. Raises ``InvalidRequestError``."""

    def set_senders(
        self, tenant_id: str, delegation_id: str, senders: Iterable[Address], actor: str
    ) -> SenderChange:
        """Replace the allow-list. Raises ``NotFoundError`` and ``InvalidRequestError``."""

    def remove(self, tenant_id: str, delegation_id: str, actor: str) -> SenderChange:
        """Forget the key, and stop all its senders. Raises ``NotFoundError``."""


def _no_incidents(_tenant_id: str) -> Mapping[str, Incident]:
    return {}


@dataclass(frozen=True, slots=True)
class WebPorts:
    """All that the pages are made of.

    Attributes:
        test_mail: queues a test mail.
        authorization_origin: origin of the OAuth client's ``auth_uri``: the only other site that a form
            of ours may lead to.
        keys: makes and ends API keys.
        doctor: what is set up and what is to do.
        retention: how long a tenant may keep its mail.
        client_id: the operator's OAuth client, which a Workspace admin has to allow.
        delegation_check: asks Google about a tenant's set-up, for one sender or ``None``, as
            ``DelegationCheck.running``.
        domain_check: asks the DNS about a tenant's domain, with the selector of its DKIM key or ``None``, as
            ``DomainCheck.running``.
        incidents: what the owners of a tenant's connections are being asked to mend, by connection id.
    """

    sessions: SessionStore
    tenants: TenantStore
    connections: ConnectionStore
    outbox: OutboxStore
    correct: Correct
    accounts: MemberStore
    members: Members
    session_links: SessionLinks
    sign_in: SignInDesk
    consent: ConsentDesk
    links: LinkDesk
    logins: LoginDesk
    delegations: DelegationDesk
    delegation_check: Callable[[str, str, str | None], Generator[Step, None, Report]]
    domain_check: Callable[[str, str, str | None], Generator[Finding, None, DomainReport]]
    keys: ApiKeys
    doctor: Doctor
    retention: RetentionLimits
    test_mail: Callable[[Trial], Entry]
    clock: Clock
    settings: Settings
    authorization_origin: str
    client_id: str
    incidents: Callable[[str], Mapping[str, Incident]] = _no_incidents
