"""One installation against one sandbox, and a fresh mailbox for every test, by each way that there is.

The transports are those of the real wiring, over SQLite; what Google took is counted by the sandbox alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.connections.connection import Connection
from service.connections.credential import AccessToken, Grant
from service.connections.identity import Identity
from service.connections.way import Way, WayKind
from service.consent.scopes import MAIL, SEND, SENDING, SMTP
from service.delegation.setup import Wanted
from service.errors import DeliveryError
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.ports import Outgoing
from service.outbox.verdict import Receipt
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.fakes.claims import make_claim
from tests.harness import Installation, add_login, add_tenant
from tests.sandbox_process import SandboxProcess

DOMAIN = "muster.example"
CUSTOMER = Address("kunde@example.com")
OAUTH = (WayKind.GMAIL_API, WayKind.XOAUTH2)
DELEGATED = {
    WayKind.DELEGATION: frozenset({SEND}),
    WayKind.DELEGATION_XOAUTH2: frozenset({MAIL}),
}
BY_SMTP = (
    WayKind.XOAUTH2,
    WayKind.APP_PASSWORD,
    WayKind.RELAY,
    WayKind.SMTP_SERVER,
    WayKind.DELEGATION_XOAUTH2,
)
EVERY = (WayKind.GMAIL_API, WayKind.DELEGATION, *BY_SMTP)
_PIECE = 1024 * 1024


@dataclass
class Yard:
    """What the mailboxes of one test module share."""

    sandbox: Sandbox
    services: Services
    tenant_id: str
    _delegations: dict[WayKind, tuple[str, list[Address]]] = field(default_factory=dict)

    def post(self, kind: WayKind) -> "Post":
        """A fresh mailbox that sends by this way."""
        return Post(self, kind)

    def delegate(self, kind: WayKind, address: str) -> Connection:
        """A delegated sender; all of one kind of way share a service account."""
        delegations = self.services.delegations
        delegation_id, senders = self._delegations.get(kind, ("", []))
        senders.append(Address(address))
        if delegation_id:
            [made] = delegations.set_senders(self.tenant_id, delegation_id, senders, "test").made
            return made
        document = self.sandbox.service_account()
        self.sandbox.google.delegations.allow(DOMAIN, document["client_id"], DELEGATED[kind])
        wanted = Wanted((Address(address),), DELEGATED[kind])
        change = delegations.add_with_key(self.tenant_id, document, wanted, "test")
        self._delegations[kind] = (change.delegation.id, senders)
        return change.made[0]


@contextmanager
def open_yard(folder: Path, **overrides: object) -> Iterator[Yard]:
    """A sandbox and the services, with time-outs that a test can wait for."""
    with Sandbox() as sandbox:
        installation = Installation(
            folder,
            sandbox,
            f"sqlite:///{folder}/postausgang.sqlite3",
            **{
                **smtp_settings(sandbox),
                "connect_timeout_s": 2,
                "answer_timeout_s": 3,
                "smtp_command_timeout_s": 2,
                "smtp_answer_timeout_s": 3,
                **overrides,
            },
        )
        with installation.build() as services:
            yield Yard(sandbox, services, add_tenant(services).id)


def smtp_settings(sandbox: Sandbox | SandboxProcess) -> dict[str, object]:
    """Where the sandbox's mail servers are, and how they are greeted."""
    return {
        "gmail_smtp": f"tls://localhost:{sandbox.smtps_port}",
        "gmail_submission": f"starttls://localhost:{sandbox.submission_port}",
        "relay_smtp": f"starttls://localhost:{sandbox.relay_port}",
        "smtp_ca_file": sandbox.ca_path,
        "ehlo_name": f"mail.{DOMAIN}",
        "smtp_private_servers": True,
    }


@dataclass
class Post:
    """One mailbox, and what became of its mails."""

    yard: Yard
    kind: WayKind
    entry_id: str = field(default_factory=lambda: new_id("msg"))
    copies_at_hand_over: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.address = f"rechnung.{new_id('x')[-12:]}@{DOMAIN}"
        self.google = self.yard.sandbox.google
        self.google.add_account(self.address)
        self.connection = self._connected()
        [self.way] = [
            state.way
            for state in self.yard.services.ground.stores.connections.route(
                self.yard.tenant_id, self.connection.id
            )
            if state.way.kind is self.kind
        ]

    @property
    def head(self) -> bytes:
        """The head of a mail from this box."""
        return (
            f"From: {self.address}\r\nTo: {CUSTOMER.spec}\r\nSubject: Rechnung\r\n"
            f"Message-ID: <{self.entry_id}@{DOMAIN}>\r\nX-Postausgang-Id: {self.entry_id}\r\n"
            "MIME-Version: 1.0\r\n"
        ).encode()

    @property
    def mail(self) -> bytes:
        """A small mail."""
        return self.head + b"Content-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag\r\n"

    def send(
        self,
        mail: bytes | None = None,
        *recipients: Address,
        bcc: tuple[Address, ...] = (),
        hand_over: Callable[[], None] | None = None,
    ) -> Receipt:
        """One try."""
        written = self.mail if mail is None else mail
        claim = make_claim(
            entry_id=self.entry_id,
            tenant_id=self.yard.tenant_id,
            connection_id=self.connection.id,
            way=self.way,
            address=self.address,
            sender=Address(self.address),
            recipients=(*(recipients or (CUSTOMER,)), *bcc),
            bcc=bcc,
            size_bytes=len(written),
        )
        pieces = Outgoing(
            claim,
            lambda: (written[at : at + _PIECE] for at in range(0, len(written), _PIECE)),
            len(written),
        )
        transport = self.yard.services.delivery._transport
        return transport.send(pieces, hand_over or self._hand_over)

    def fail(self, mail: bytes | None = None, *recipients: Address) -> DeliveryError:
        """One try that does not end in a receipt."""
        with pytest.raises(DeliveryError) as raised:
            self.send(mail, *recipients)
        return raised.value

    @property
    def copies(self) -> int:
        """How many copies Google took."""
        return sum(mail["x_postausgang_id"] == self.entry_id for mail in self.google.sent())

    def arm(self, fault: str, **how: object) -> None:
        """Let something go wrong for this mailbox."""
        self.google.arm(fault, **({"account": self.address} | how))  # type: ignore[arg-type]

    def _hand_over(self) -> None:
        self.copies_at_hand_over.append(self.copies)

    def _connected(self) -> Connection:
        if self.kind in DELEGATED:
            return self.yard.delegate(self.kind, self.address)
        return self._granted() if self.kind in OAUTH else self._logged_in()

    def _granted(self) -> Connection:
        services, tokens = self.yard.services, self.google.tokens
        scopes = SENDING | SMTP if self.kind is WayKind.XOAUTH2 else SENDING
        client_id = services.client.client_id
        now = services.ground.clock.now()
        grant = Grant(
            new_id("grt"),
            self.yard.tenant_id,
            new_id("con"),
            client_id,
            scopes,
            SecretStr(tokens.issue_refresh(self.address, client_id, scopes)),
            AccessToken(
                SecretStr(tokens.issue_access(self.address, client_id, scopes)), now + timedelta(hours=1)
            ),
        )
        identity = Identity(new_id("sub"), self.address, None, DOMAIN)
        return services.ground.stores.connections.connect(self.yard.tenant_id, identity, grant, now)

    def _logged_in(self) -> Connection:
        services, settings = self.yard.services, self.yard.services.ground.settings
        server = {
            WayKind.APP_PASSWORD: settings.gmail_smtp,
            WayKind.RELAY: settings.relay_smtp,
            WayKind.SMTP_SERVER: settings.gmail_submission,
        }[self.kind]
        password = None if self.kind is WayKind.RELAY else self.google.app_password(self.address)
        login = (server, password)
        return add_login(services, self.yard.tenant_id, self.address, kind=self.kind, login=login)


def way_of(kind: WayKind) -> Way:
    """A way of this kind that nothing opens."""
    return Way("crd_none", kind)
