"""The pages over a real SQLite database, for tests; only Google is played."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import Connection as Connected
from werkzeug.test import TestResponse

from service.access.admission import Admission
from service.access.keys import ApiKeys
from service.access.member import Role
from service.access.members import Members
from service.access.retention import Retention, RetentionLimits
from service.access.session import Standing, hash_secret, new_secret
from service.access.session_links import SessionLinks
from service.access.tenant import Tenant
from service.connections.connection import Connection
from service.connections.credential import Encryption, Grant, MailServer
from service.connections.identity import Identity
from service.connections.logins import Logins, Preset
from service.consent.links import ConnectLinks
from service.consent.ports import ConnectLink
from service.consent.sign_in import GoogleSignIn
from service.delegation.check import DelegationCheck
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.delegation.setup import DelegationSetup
from service.doctor.doctor import Doctor
from service.domains.check import DomainCheck
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.correct import Correct, CorrectionLimits
from service.outbox.entry import AttachmentRecord, Attempt, Entry, Recipient, RecipientKind, State
from service.outbox.pace import Pace
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.outbox.verdict import Reconnect, Verdict
from service.settings import Settings
from service.storage.database import Database
from service.storage.statement import Row, Statement
from service.storage.stores import Stores, open_doorbell, open_stores
from service.turns import Turns
from service.web import WebPorts, create_web, init_web
from tests.fakes.clock import FakeClock
from tests.fakes.consent import AUTHORIZATION_ORIGIN, SEND, FakeConsent
from tests.fakes.delegations import ACCOUNT, TOKEN_URI, FakeDelegationServer, FakeMailboxProbe
from tests.fakes.grants import FakeAuthorizationServer
from tests.fakes.installation import FakeInstallation
from tests.fakes.names import FakeResolver
from tests.fakes.probe import FakeProbe
from tests.fakes.sealer import FakeSealer

KEYLESS_TENANT = "ten_keyless"
OPERATOR = "betrieb@rechenzentrum.example"
CLIENT_ID = "1234.apps.googleusercontent.com"
PRESETS = {
    Preset.GMAIL: MailServer("smtp.gmail.com", 465, Encryption.TLS),
    Preset.GMAIL_STARTTLS: MailServer("smtp.gmail.com", 587, Encryption.STARTTLS),
    Preset.RELAY: MailServer("smtp-relay.gmail.com", 587, Encryption.STARTTLS),
}
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


class Browser:
    """A browser that presses the buttons of the pages it was shown."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, language: str = "en") -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers={"Accept-Language": language}, buffered=True)

    def press(self, path: str, **fields: str) -> TestResponse:
        """Send a form as a page of ours would, without following the answer."""
        return self.client.post(path, data={"form_token": self.token(), **fields})

    def token(self) -> str:
        """The token in the forms of this browser's pages."""
        found = _TOKEN.search(self.get("/problems/not-found").text)  # a page that everybody sees
        assert found is not None
        return found[1]


class ReadDatabase(Database):
    """A database that keeps every statement it was asked while it is read; on SQLite alone it can.

    Attributes:
        meanwhile: what somebody else does after each reading.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    @contextmanager
    def reading(self) -> Iterator[Connected]:
        """As ever, but each statement is noted."""
        with super().reading() as connection:
            driver: Any = connection.connection.dbapi_connection
            if self.is_sqlite:
                driver.set_trace_callback(self.asked.append)
            yield connection
            if self.is_sqlite:
                driver.set_trace_callback(None)
        self.meanwhile()

    def find(self, statement: Statement, **values: Any) -> Row | None:
        """A read of one row does not go through ``reading``, but is a question as well."""
        self.asked.append(f"one row: {sorted(values)}")
        return super().find(statement, **values)


@dataclass
class Office:
    """The pages and all that is behind them."""

    app: Flask
    ports: WebPorts
    database: ReadDatabase
    stores: Stores
    clock: FakeClock
    consent: FakeConsent
    server: FakeAuthorizationServer
    members: Members
    keys: ApiKeys
    session_links: SessionLinks
    links: ConnectLinks
    probe: FakeProbe
    google: FakeDelegationServer
    names: FakeResolver
    relay_domains: dict[str, str]
    installation: FakeInstallation
    turns: Turns
    numbers: Iterator[int] = field(default_factory=count)

    def browser(self) -> Browser:
        """A browser without any cookie."""
        return Browser(self.app.test_client())

    def restart(self, **changes: object) -> None:
        """Begin anew over the same database, with other settings; browsers go on with their cookies."""
        settings = self.ports.settings.model_copy(update=changes)
        self.session_links = _session_links(self.stores, settings, self.clock)
        self.links = _connect_links(self.stores, settings, self.clock)
        ports = replace(self.ports, settings=settings, session_links=self.session_links, links=self.links)
        self.app.wsgi_app = _make_app(ports).wsgi_app  # type: ignore[method-assign]  # as Flask's own pages say

    def queries(self, look: Callable[[], object]) -> int:
        """How many statements a look at a page needs."""
        before = len(self.database.asked)
        look()
        return len(self.database.asked) - before

    def tenant(self, name: str = "Muster GmbH", tenant_id: str | None = None) -> Tenant:
        """A new tenant."""
        tenant = Tenant(tenant_id or new_id("ten"), name, self.clock.now())
        self.stores.tenants.add(tenant)
        return tenant

    def login_secret(self, tenant: Tenant) -> str:
        """The secret of a one-time link for an admin, as the command line makes it."""
        return self.link_secret(Standing(Role.ADMIN, tenant.id))

    def link_secret(self, standing: Standing) -> str:
        """The secret of a one-time link that is good for half an hour."""
        return self.session_links.login(standing).rpartition("/")[2]

    def signed_in(self, tenant: Tenant) -> Browser:
        """A browser that has used its login link, as an admin."""
        return self.signed_in_as(Standing(Role.ADMIN, tenant.id))

    def signed_in_as(self, standing: Standing) -> Browser:
        """A browser that has used a link of any kind."""
        browser = self.browser()
        assert browser.press(f"/login/{self.link_secret(standing)}").status_code == 303
        return browser

    def by_google(self, browser: Browser, identity: Identity) -> TestResponse:
        """What the redirect URI answers when the browser's person has signed in at Google as somebody."""
        self.server.identity = identity
        begun = browser.press("/sign-in")
        return browser.get(f"/consent/callback?{urlsplit(begun.location).query}&code=c")

    def connection(self, tenant: Tenant, address: str = "rechnung@muster.de", name: str = "") -> Connection:
        """A connected mailbox."""
        grant = Grant(
            new_id("grt"),
            tenant.id,
            new_id("con"),
            "client",
            frozenset({SEND}),
            SecretStr("1//refresh"),
            None,
        )
        identity = Identity(new_id("sub"), address, name or None)
        return self.stores.connections.connect(tenant.id, identity, grant, self.clock.now())

    def entry(
        self,
        connection: Connection,
        subject: str = "Rechnung RE-1",
        *,
        actor: str | None = None,
        **changes: object,
    ) -> Entry:
        """An accepted message."""
        entry_id = (
            f"msg_{next(self.numbers):026}"  # lists sort by id, and a test is done within a millisecond
        )
        now = self.clock.now()
        entry = Entry(
            id=entry_id,
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            state=State.QUEUED,
            sender=Address(connection.address, connection.display_name or ""),
            recipients=(Recipient(RecipientKind.TO, Address("kunde@example.com", "Kundin Beispiel")),),
            subject=subject,
            attachments=(AttachmentRecord("RE-1.pdf", "application/pdf", 84_213, "ab" * 32),),
            message_id=f"<{entry_id}@muster.de>",
            size_bytes=120_345,
            created_at=now,
            next_attempt_at=now,
            give_up_at=now + timedelta(days=5),
        )
        entry = replace(entry, **changes)  # type: ignore[arg-type]  # a test names fields of Entry
        return self.stores.outbox.accept(
            entry, [_mail(entry)], idempotency_key=entry_id, fingerprint=entry_id, actor=actor
        ).entry

    def revoked(self, entry: Entry) -> None:
        """Record that Google took back the access while the message was tried: its mailbox stands still."""
        (claim,) = self.stores.outbox.claim("test", self.clock.now(), limit=1, per_mailbox=1, lease_s=30)
        assert claim.entry_id == entry.id
        now, code = self.clock.now(), "connection-revoked"
        attempt = Attempt(claim.attempt, "gmail_api", now, now, State.DEFERRED, None, code)
        verdict = Verdict(State.DEFERRED, now, counts=False, connection=Reconnect(code))
        assert self.stores.outbox.record(claim, attempt, verdict)

    def tried(self, entry: Entry, outcome: State, verdict: Verdict | None = None, **facts: object) -> None:
        """Record that a worker tried the message, as the dispatcher would."""
        (claim,) = self.stores.outbox.claim("test", self.clock.now(), limit=1, per_mailbox=1, lease_s=30)
        assert claim.entry_id == entry.id
        began = self.clock.now()
        self.stores.outbox.hand_over(claim, began, 30)
        self.clock.advance(1.8)
        attempt = Attempt(claim.attempt, "gmail_api", began, self.clock.now(), outcome, began)
        attempt = replace(attempt, **facts)  # type: ignore[arg-type]  # a test names fields of Attempt
        assert self.stores.outbox.record(claim, attempt, verdict or Verdict(outcome))

    def link(self, tenant: Tenant, **changes: object) -> str:
        """The secret of a connect link."""
        link = ConnectLink(
            new_id("lnk"), tenant.id, "Rechnungsversand", self.clock.now() + timedelta(hours=72)
        )
        secret = new_secret().get_secret_value()
        link = replace(link, **changes)  # type: ignore[arg-type]  # fields of ConnectLink
        self.stores.connect_links.add_connect_link(link, hash_secret(secret), self.clock.now())
        return secret


def _mail(entry: Entry) -> bytes:
    """As many bytes as the entry says; its head is as composing writes it."""
    fields = (
        f"From: {entry.sender.spec}",
        "To: kunde@example.com",
        "Subject: Rechnung",
        "Date: Mon, 23 Nov 2026 09:00:00 +0000",
        f"Message-ID: {entry.message_id}",
        f"X-Postausgang-Id: {entry.id}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain",
    )
    return ("\r\n".join(fields) + "\r\n\r\n").encode().ljust(entry.size_bytes, b"x")


def _session_links(stores: Stores, settings: Settings, clock: FakeClock) -> SessionLinks:
    return SessionLinks(
        sessions=stores.sessions,
        operators=settings.operator_addresses,
        public_url=settings.public_url,
        clock=clock,
    )


def _connect_links(stores: Stores, settings: Settings, clock: FakeClock) -> ConnectLinks:
    return ConnectLinks(
        links=stores.connect_links,
        connections=stores.connections,
        public_url=settings.public_url,
        clock=clock,
        operators=settings.operator_addresses,
    )


def as_read(page: str) -> str:
    """The page without the places at which its long addresses may break."""
    return page.replace("<wbr>", "")


def copy_of(blank: Path, folder: Path) -> str:
    """The URL of a copy of a SQLite database that has only its schema."""
    shutil.copy(blank, folder / "pages.sqlite3")
    return f"sqlite:///{folder / 'pages.sqlite3'}"


def make_office(
    database_url: str, public_url: str, origin: str = AUTHORIZATION_ORIGIN, outgoing_ips: str = ""
) -> Iterator[Office]:
    """An office over a migrated, empty database."""
    database = ReadDatabase(database_url)
    clock = FakeClock()
    settings = Settings(public_url=public_url, outgoing_ips=outgoing_ips, operators=OPERATOR)
    stores = open_stores(database, FakeSealer(), clock, Pace.of(settings))
    consent = FakeConsent(stores.connections, clock, origin)
    probe, google, names = FakeProbe(), FakeDelegationServer(clock), FakeResolver()
    keyless, relay_domains = KeylessAccounts(frozenset({(KEYLESS_TENANT, ACCOUNT)})), dict[str, str]()
    server = FakeAuthorizationServer(clock, origin)
    members, keys = Members(members=stores.members, clock=clock), ApiKeys(stores.api_keys, clock)
    session_links = _session_links(stores, settings, clock)
    links = _connect_links(stores, settings, clock)
    installation, turns, doorbell = FakeInstallation(), Turns(2, stores.turns, clock), open_doorbell(database)
    submit = Submit(
        store=stores.outbox,
        connections=stores.connections,
        doorbell=doorbell,
        clock=clock,
        max_message_bytes=36_700_160,
        give_up_s=432_000,
    )
    ports = WebPorts(
        sessions=stores.sessions,
        tenants=stores.tenants,
        connections=stores.connections,
        outbox=stores.outbox,
        correct=Correct(
            store=stores.outbox,
            connections=stores.connections,
            doorbell=doorbell,
            clock=clock,
            limits=CorrectionLimits(message_bytes=36_700_160, recipients=5, give_up_s=432_000),
        ),
        accounts=stores.members,
        members=members,
        session_links=session_links,
        sign_in=_sign_in(stores, server, settings, clock),
        consent=consent,
        links=links,
        logins=Logins(
            connections=stores.connections,
            probe=probe,
            presets=PRESETS,
            relay_tenants=relay_domains,
            turns=turns,
            clock=clock,
        ),
        delegations=DelegationSetup(
            delegations=stores.delegations, token_uri=TOKEN_URI, keyless=keyless, clock=clock
        ),
        delegation_check=DelegationCheck(
            delegations=stores.delegations,
            tokens=DelegateTokens(delegations=stores.delegations, server=google, keyless=keyless),
            probe=FakeMailboxProbe(),
            turns=turns,
            clock=clock,
        ).running,
        domain_check=DomainCheck(names, turns).running,
        keys=keys,
        doctor=Doctor(
            settings=settings,
            installation=installation,
            workers=stores.workers,
            keys=stores.api_keys,
            clock=clock,
        ),
        retention=RetentionLimits(default=Retention(30, 180), most=Retention(365, 3650)),
        test_mail=TrialMail(submit=submit, connections=stores.connections).send,
        clock=clock,
        settings=settings,
        authorization_origin=origin,
        client_id=CLIENT_ID,
        incidents=stores.incidents.open_of_tenant,
    )
    yield Office(
        app=_make_app(ports),
        ports=ports,
        database=database,
        stores=stores,
        clock=clock,
        consent=consent,
        server=server,
        members=members,
        keys=keys,
        session_links=session_links,
        links=links,
        probe=probe,
        google=google,
        names=names,
        relay_domains=relay_domains,
        installation=installation,
        turns=turns,
    )
    doorbell.close()
    database.close()


def _make_app(ports: WebPorts) -> Flask:
    app = Flask("service", static_folder=None, template_folder=None)
    init_web(app, ports)
    app.register_blueprint(create_web(ports))
    return app


def _sign_in(
    stores: Stores, server: FakeAuthorizationServer, settings: Settings, clock: FakeClock
) -> GoogleSignIn:
    admission = Admission(
        members=stores.members,
        tenants=stores.tenants,
        operators=settings.operator_addresses,
        domains=settings.tenant_of_sign_in_domain,
        clock=clock,
    )
    return GoogleSignIn(server=server, sign_ins=stores.sign_ins, admission=admission, clock=clock)
