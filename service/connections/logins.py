"""Mailboxes that send by a password or a relay: checked at the mail server before anything is kept."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import structlog
from pydantic import SecretStr

from service.clock import Clock
from service.connections.app_password import parse_app_password
from service.connections.connection import AccountKind, Connection
from service.connections.credential import MailLogin, MailServer
from service.connections.ports import ConnectionStore, Mailbox, MailServerProbe, ProbeName, ProbeStep
from service.connections.providers import is_elsewhere
from service.connections.way import WayKind
from service.errors import InvalidRequestError, MailServerRefusedError, Problem, WrongAccountError
from service.identifiers import new_id
from service.stepwise import at_once
from service.turns import Turns


class Preset(StrEnum):
    """Google's own mail servers, as the operator's settings name them."""

    GMAIL = "gmail"  # implicit TLS
    GMAIL_STARTTLS = "gmail_starttls"  # where a firewall lets the other one not through
    RELAY = "relay"


_PRESETS = {WayKind.APP_PASSWORD: Preset.GMAIL, WayKind.RELAY: Preset.RELAY}
CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What a person typed, or a program posted, to send from a mailbox.

    Attributes:
        kind: ``APP_PASSWORD``, ``SMTP_SERVER`` or ``RELAY``.
        address: the sender, and the mailbox's own address.
        server: any server; ``None`` for one of Google's own.
        preset: which one of Google's; ``None`` for the usual one of this kind.
        user: ``None`` for the address itself; not used without a password.
        password: ``None`` only for a relay that knows us by our address on the network.
        connection_id: gets one way more; ``None`` for the connection of the address, or a new one.
        locale: the language of a person who typed it.
    """

    tenant_id: str
    kind: WayKind
    address: str
    display_name: str | None = None
    server: MailServer | None = None
    preset: Preset | None = None
    user: str | None = None
    password: SecretStr | None = None
    connection_id: str | None = None
    locale: str | None = None


class Logins:
    """Takes logins."""

    def __init__(
        self,
        *,
        connections: ConnectionStore,
        probe: MailServerProbe,
        presets: Mapping[Preset, MailServer],
        relay_tenants: Mapping[str, str],
        turns: Turns,
        clock: Clock,
    ) -> None:
        """Make the desk.

        Args:
            connections: where logins are kept.
            probe: signs in.
            presets: Google's own servers.
            relay_tenants: domain → the tenant that may use the relay for it without a password. The relay
                knows this machine and not the tenant: without this any tenant could send as any of its users.
            turns: how many checks may run at once.
            clock: when it was kept.
        """
        self._connections = connections
        self._probe = probe
        self._presets = presets
        self._relay_tenants = relay_tenants
        self._turns = turns
        self._clock = clock

    def add(self, new: NewLogin) -> tuple[Connection, list[ProbeStep]]:
        """As ``adding``, all at once: the connection, and every step that was tried."""
        return at_once(self.adding(new))

    def adding(self, new: NewLogin) -> Generator[ProbeStep, None, Connection]:
        """Sign in at the server, then keep the login as one way of the address's connection.

        Whoever walks away in between has kept nothing; the conversation with the server ends there.

        Yields: each step that went well, when it has.

        Returns: the connection.

        Raises:
            InvalidRequestError: the password cannot be an app password; or code ``address-not-google`` (an
                app password for a mailbox elsewhere), ``relay-not-allowed``, ``sender-not-allowed`` (another
                account's user at Gmail) or ``wrong-account``.
            MailServerRefusedError: a step failed; nothing is kept.
            ChecksBusyError: other checks are running; the server was not asked.
            NotFoundError: the tenant has no such connection.
        """
        if new.password is None:
            self._check_relay(new)
        self._check_user(new)
        _check_home(new)
        login = self._login(new)
        with self._turns.of(new.tenant_id):
            for step in self._probe.probe(login, new.kind, new.address):
                _check(step)
                yield step
        mailbox = Mailbox(new.address, new.display_name, _account_kind(new), new.connection_id, new.locale)
        try:
            connection = self._connections.add_login(
                new.tenant_id, mailbox, new.kind, login, self._clock.now()
            )
        except WrongAccountError as error:
            sentence = "The connection belongs to another address."
            raise InvalidRequestError(Problem("/address", error.code, sentence)) from error
        log.info("login kept", connection=connection.id, tenant=new.tenant_id, way=new.kind.value)
        return connection

    def _check_relay(self, new: NewLogin) -> None:
        domain = new.address.lower().rpartition("@")[2]
        if self._relay_tenants.get(domain) != new.tenant_id:
            sentence = "The operator has not allowed the relay without a password for this domain."
            raise InvalidRequestError(Problem("/password", "relay-not-allowed", sentence))

    def _check_user(self, new: NewLogin) -> None:
        """Google writes the account's own address over any other sender; then a fallback would change it."""
        server = new.server or self._presets[new.preset or _PRESETS[new.kind]]
        is_google = new.kind is not WayKind.RELAY and _is_googles(server.host, self._presets)
        if is_google and new.user is not None and new.user.lower() != new.address.lower():
            sentence = "At Gmail the sender is the account itself."
            raise InvalidRequestError(Problem("/user", "sender-not-allowed", sentence))

    def _login(self, new: NewLogin) -> MailLogin:
        password = new.password
        if password is not None and new.kind is not WayKind.SMTP_SERVER:
            password = parse_app_password(password.get_secret_value())
        return MailLogin(
            id=new_id("log"),
            tenant_id=new.tenant_id,
            connection_id=new.connection_id or new_id("con"),
            server=new.server or self._presets[new.preset or _PRESETS[new.kind]],
            user=None if password is None else new.user or new.address,
            password=password,
        )


def _check_home(new: NewLogin) -> None:
    """Google would only say that the password is wrong, and the person would make one after the other."""
    if new.kind is WayKind.APP_PASSWORD and is_elsewhere(new.address):
        sentence = "This mailbox is not with Google; set it up with its own mail server."
        raise InvalidRequestError(Problem("/address", "address-not-google", sentence))


def _is_googles(host: str, presets: Mapping[Preset, MailServer]) -> bool:
    own = {server.host for preset, server in presets.items() if preset is not Preset.RELAY}
    return host in own or host.endswith((".gmail.com", ".googlemail.com"))


def _check(step: ProbeStep) -> None:
    if step.code is None:
        return
    pointer = {ProbeName.SIGN_IN: "/password", ProbeName.SENDER: "/address"}.get(step.name, "/server")
    raise MailServerRefusedError(step.name.value, Problem(pointer, step.code, step.reply))


def _account_kind(new: NewLogin) -> AccountKind:
    match new.kind:
        case WayKind.RELAY:
            return AccountKind.RELAY
        case WayKind.APP_PASSWORD:
            domain = new.address.lower().rpartition("@")[2]
            return AccountKind.CONSUMER if domain in CONSUMER_DOMAINS else AccountKind.WORKSPACE
        case _:
            return AccountKind.OTHER
