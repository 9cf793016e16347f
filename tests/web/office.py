"""The pages over a real SQLite database, for tests; only Google is played."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from service.access.session import hash_secret, new_secret
from service.access.tenant import Tenant
from service.connections.connection import Connection
from service.connections.credential import Encryption, Grant, MailServer
from service.connections.identity import Identity
from service.connections.logins import Logins, Preset
from service.consent.ports import ConnectLink
from service.delegation.check import DelegationCheck
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.delegation.setup import DelegationSetup
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.entry import AttachmentRecord, Attempt, Entry, Recipient, RecipientKind, State
from service.outbox.pace import Pace
from service.outbox.correct import Correct, CorrectionLimits
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.outbox.verdict import Verdict
from service.settings import Settings
from service.storage.database import Database
from service.storage.doorbells import SqliteDoorbell
from service.storage.stores import Stores, open_stores
from service.web import WebPorts, create_web, init_web
from tests.fakes.clock import FakeClock
from tests.fakes.consent import AUTHORIZATION_ORIGIN, SEND, FakeConsent, FakeLinks
from tests.fakes.delegations import TOKEN_URI, FakeDelegationServer, FakeMailboxProbe
from tests.fakes.probe import FakeProbe
from tests.fakes.sealer import FakeSealer

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
        found = _TOKEN.search(self.get("/").text)
        assert found is not None
        return found[1]


@dataclass
class Office:
    """The pages and all that is behind them."""

    app: Flask
    database: Database
    stores: Stores
    clock: FakeClock
    consent: FakeConsent
    links: FakeLinks
    probe: FakeProbe
    google: FakeDelegationServer
    numbers: Iterator[int] = field(default_factory=count)

    def browser(self) -> Browser:
        """A browser without any cookie."""
        return Browser(self.app.test_client())

    def tenant(self, name: str = "Muster GmbH") -> Tenant:
        """A new tenant."""
        tenant = Tenant(new_id("ten"), name, self.clock.now())
        self.stores.tenants.add(tenant)
        return tenant

    def login_secret(self, tenant: Tenant) -> str:
        """The secret of a one-time link, as the command line makes it."""
        secret = new_secret().get_secret_value()
        now = self.clock.now()
        self.stores.sessions.add_login_link(tenant.id, hash_secret(secret), now + timedelta(minutes=30), now)
        return secret

    def signed_in(self, tenant: Tenant) -> Browser:
        """A browser that has used its login link."""
        browser = self.browser()
        assert browser.press(f"/login/{self.login_secret(tenant)}").status_code == 303
        return browser

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

    def entry(self, connection: Connection, subject: str = "Rechnung RE-1", **changes: object) -> Entry:
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
            entry, [b"mail"], idempotency_key=entry_id, fingerprint=entry_id
        ).entry

    def tried(self, entry: Entry, outcome: State, **facts: object) -> None:
        """Record that a worker tried the message, as the dispatcher would."""
        (claim,) = self.stores.outbox.claim("test", self.clock.now(), limit=1, per_mailbox=1, lease_s=30)
        assert claim.entry_id == entry.id
        began = self.clock.now()
        self.stores.outbox.hand_over(claim, began, 30)
        self.clock.advance(1.8)
        attempt = Attempt(claim.attempt, "gmail_api", began, self.clock.now(), outcome, began)
        attempt = replace(attempt, **facts)  # type: ignore[arg-type]  # a test names fields of Attempt
        assert self.stores.outbox.record(claim, attempt, Verdict(outcome))

    def link(self, tenant: Tenant, **changes: object) -> str:
        """The secret of a connect link."""
        link = ConnectLink(
            new_id("lnk"), tenant.id, "Rechnungsversand", self.clock.now() + timedelta(hours=72)
        )
        secret = new_secret().get_secret_value()
        self.links.add(secret, replace(link, **changes))  # type: ignore[arg-type]  # fields of ConnectLink
        return secret


def make_office(
    folder: Path, blank: Path, public_url: str, origin: str = AUTHORIZATION_ORIGIN
) -> Iterator[Office]:
    """An office in a folder of its own, with a copy of a database that has only its schema."""
    shutil.copy(blank, folder / "pages.sqlite3")
    database = Database(f"sqlite:///{folder / 'pages.sqlite3'}")
    clock = FakeClock()
    settings = Settings(public_url=public_url)
    stores = open_stores(database, FakeSealer(), clock, Pace.of(settings))
    consent = FakeConsent(stores.connections, clock, origin)
    probe, google, keyless = FakeProbe(), FakeDelegationServer(clock), KeylessAccounts(frozenset())
    links = FakeLinks(clock)
    submit = Submit(
        store=stores.outbox,
        doorbell=SqliteDoorbell(database),
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
            doorbell=SqliteDoorbell(database),
            clock=clock,
            limits=CorrectionLimits(message_bytes=36_700_160, recipients=5, give_up_s=432_000),
        ),
        consent=consent,
        links=links,
        logins=Logins(
            connections=stores.connections,
            probe=probe,
            presets=PRESETS,
            relay_tenants={},
            clock=clock,
        ),
        delegations=DelegationSetup(
            delegations=stores.delegations, token_uri=TOKEN_URI, keyless=keyless, clock=clock
        ),
        delegation_check=DelegationCheck(
            delegations=stores.delegations,
            tokens=DelegateTokens(delegations=stores.delegations, server=google, keyless=keyless),
            probe=FakeMailboxProbe(),
            clock=clock,
        ),
        test_mail=TrialMail(submit=submit, connections=stores.connections).send,
        clock=clock,
        settings=settings,
        authorization_origin=origin,
        client_id=CLIENT_ID,
        incidents=stores.incidents.open_of_tenant,
    )
    app = Flask("service", static_folder=None, template_folder=None)
    init_web(app, ports)
    app.register_blueprint(create_web(ports))
    yield Office(app, database, stores, clock, consent, links, probe, google)
    database.close()
