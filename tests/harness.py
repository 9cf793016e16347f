"""A whole installation for tests: settings, keys, database and sandbox, in a folder of its own.

Used in-process (``build``) by the flows, and with real processes (``start``) by the fault tests and the
benchmarks.
"""

import json
import os
import random
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from pydantic import SecretStr

from service import settings
from service.access import api_key
from service.access.api_key import ApiKey, Right
from service.access.member import Role
from service.access.session import Session, Standing, hash_secret, new_secret
from service.access.tenant import Tenant
from service.cli.forms import forms_of
from service.clock import Clock
from service.connections.connection import AccountKind, Connection
from service.connections.credential import MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.identifiers import new_id
from service.mail.address import Address
from service.mail.message import Message
from service.outbox.entry import Entry, State
from service.outbox.submit import Order
from service.sandbox.server import Sandbox
from service.storage.migrate import migrate
from service.vault.keyring import Keyring
from service.wiring import Services, build
from tests.fakes.outbox import deliver
from tests.sandbox_process import SandboxProcess

START_S = 60
_NOT_GIVEN_AWAY = (20_000, 32_768)  # Linux gives away from 32,768 on, macOS and IANA from 49,152
# What tests and benchmarks push through few mailboxes is not what Google would take in a day.
NO_LIMITS = {
    "api_sends_a_minute": 0,
    "limit_consumer_messages": 0,
    "limit_consumer_recipients": 0,
    "limit_workspace_messages": 0,
    "limit_workspace_recipients": 0,
    "limit_workspace_external_recipients": 0,
    "limit_relay_messages": 0,
    "limit_relay_recipients": 0,
}


class Installation:
    """One installation against a sandbox; its mailboxes have no limits but those in ``overrides``."""

    def __init__(
        self, folder: Path, sandbox: Sandbox | SandboxProcess, database_url: str, **overrides: Any
    ) -> None:
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o700)
        port = free_port()
        self.sandbox = sandbox
        self.settings = settings.load(
            **{
                "public_url": f"http://127.0.0.1:{port}",
                "port": port,
                "database_url": database_url,
                "credentials_dir": credentials,
                "gmail_url": sandbox.url,
                "google_revoke_url": f"{sandbox.url}/revoke",
                "google_certs_url": f"{sandbox.url}/oauth2/v1/certs",
                **NO_LIMITS,
                **overrides,
            }
        )
        client_file = sandbox.client_file([self.settings.redirect_uri])
        self.settings.google_client_path.write_text(json.dumps(client_file))
        Keyring.add_key(self.settings.keyring_path)
        migrate(self.settings.database_url)
        self.log_path = folder / "service.log"
        self.environment = os.environ | {
            "POSTAUSGANG_DATABASE_URL": database_url,
            **{
                f"POSTAUSGANG_{name.upper()}": str(value)
                for name, value in self.settings.model_dump().items()
                if value is not None and name != "database_url"
            },
        }

    def build(self, clock: Clock | None = None) -> Services:
        """The services of one process, in this process."""
        return build(self.settings, clock)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the commands as a real process."""
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "service", *arguments], env=self.environment, stdout=log, stderr=log
            )

    def converse(self, module: str) -> subprocess.Popen[str]:
        """Start a module of the tests as a process that is told what to do, and answers, line by line."""
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def await_web(self) -> None:
        """Wait until the web process answers."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                if requests.get(f"{self.settings.public_url}/healthz", timeout=10).ok:
                    return
            except requests.RequestException:
                pass  # not there yet, or a busy machine's first answer
            if time.monotonic() > deadline:
                raise AssertionError(self.log_path.read_text())
            time.sleep(0.02)

    def log(self) -> str:
        """What the started processes wrote."""
        return self.log_path.read_text() if self.log_path.exists() else ""


def add_tenant(services: Services, name: str = "Muster GmbH") -> Tenant:
    """A fresh tenant."""
    tenant = Tenant(new_id("ten"), name, services.ground.clock.now())
    services.ground.stores.tenants.add(tenant)
    return tenant


def add_key(services: Services, tenant_id: str) -> str:
    """A fresh API key with all rights."""
    public, secret = api_key.generate()
    services.ground.stores.api_keys.add(
        ApiKey(
            new_id("key"),
            tenant_id,
            "test",
            public,
            api_key.hash_key(secret.get_secret_value()),
            frozenset(Right),
            None,
            services.ground.clock.now(),
            None,
            None,
            None,
        )
    )
    return secret.get_secret_value()


def add_session(services: Services, tenant_id: str | None) -> Session:
    """A browser session."""
    now = services.ground.clock.now()
    standing = Standing(Role.ADMIN, tenant_id) if tenant_id else None
    session = Session(new_id("ses"), standing, now, now.replace(year=now.year + 1))
    services.ground.stores.sessions.add(session, hash_secret(new_secret().get_secret_value()))
    return session


def connect(
    services: Services, tenant_id: str, address: str, *, locale: str | None = None, **begin: Any
) -> Connection:
    """Connect a mailbox by the sandbox's own authorization page."""
    session = add_session(services, tenant_id)
    url = services.consent.begin(tenant_id=tenant_id, session_id=session.id, **begin)
    answer = give_consent(url, address)
    connection = services.consent.complete(
        session_id=session.id,
        state=answer.get("state"),
        code=answer.get("code"),
        error=answer.get("error"),
        locale=locale,
    )
    assert isinstance(connection, Connection)
    return connection


def add_login(
    services: Services, tenant_id: str, address: str, *, kind: WayKind, login: tuple[str, str | None]
) -> Connection:
    """A mailbox that sends by a mail server: its address and the password; none where it knows us."""
    server, password = login
    kept = MailLogin(
        new_id("log"),
        tenant_id,
        new_id("con"),
        MailServer.parse(server),
        None if password is None else address,
        None if password is None else SecretStr(password),
    )
    box = Mailbox(address, None, AccountKind.WORKSPACE)
    now = services.ground.clock.now()
    return services.ground.stores.connections.add_login(tenant_id, box, kind, kept, now)


def give_consent(url: str, address: str, *, untick: str | None = None) -> dict[str, str]:
    """Walk through the authorization page as ``address``; answers what comes back to the callback.

    ``untick`` leaves out every scope box whose value contains it.
    """
    browser = requests.Session()
    page = browser.get(url, timeout=30, allow_redirects=False)
    for _ in range(6):
        if "location" in page.headers:
            target = requests.compat.urljoin(page.url, page.headers["location"])
            if not target.startswith(url.partition("/o/oauth2")[0]):
                return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
            page = browser.get(target, timeout=30, allow_redirects=False)
            continue
        page = _answer(browser, page, address, untick)
    raise AssertionError(page.text)


def _answer(
    browser: requests.Session, page: requests.Response, address: str, untick: str | None
) -> requests.Response:
    chosen = [form for form in forms_of(page.text) if _offers(form.buttons + form.choices, address)]
    form = chosen[0] if chosen else forms_of(page.text)[-1]
    values = dict(form.fields)
    typed = {name: address for name in values if "mail" in name or "account" in name}
    # "Select all" would tick the box again.
    boxes = [
        (name, value)
        for name, value in form.choices
        if untick is None or not (untick in value or name == "sandbox_all")
    ]
    buttons = [button for button in form.buttons if button[1] == address] or form.buttons[:1]
    target = requests.compat.urljoin(page.url, form.action or page.url)
    sent = [*(values | typed).items(), *boxes, *buttons]
    if form.method == "get":
        return browser.get(target, params=sent, timeout=30, allow_redirects=False)
    return browser.post(target, data=sent, timeout=30, allow_redirects=False)


def _offers(pairs: list[tuple[str, str]], address: str) -> bool:
    return any(value == address for _, value in pairs)


class ShiftedClock:
    """The machine's clock, which a test can move on."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """The present instant and what the test added."""
        return datetime.now(UTC) + self._shift

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._shift += timedelta(seconds=seconds)


def send_due(services: Services) -> int:
    """What a worker does with all that is due now, in this thread; says how many tries it made."""
    tries = 0
    while claims := services.ground.stores.outbox.claim(
        "test", services.ground.clock.now(), limit=50, per_mailbox=32, lease_s=30
    ):
        for claim in claims:
            deliver(services.delivery, claim)
        tries += len(claims)
    return tries


def submit(services: Services, connection: Connection, **fields: Any) -> Entry:
    """Queue a small mail from a connection."""
    message = Message(
        **{
            "sender": Address(connection.address),
            "to": (Address("kunde@example.com"),),
            "subject": "Ihre Rechnung RE-2026-0042",
            "text": "Guten Tag\n",
            **fields,
        }
    )
    order = Order(connection, message, idempotency_key=new_id("test"))
    return services.submit.submit(order).entry


def state_of(services: Services, entry: Entry) -> State:
    """Where a mail stands now."""
    return services.ground.stores.outbox.get(entry.tenant_id, entry.id).state


def events_of(services: Services, entry: Entry) -> list[str]:
    """The types of a mail's timeline, oldest first."""
    events, _ = services.ground.stores.outbox.timeline(entry.tenant_id, entry.id)
    return [event.type for event in events]


def free_port() -> int:
    """A port that nobody listens on right now.

    It is none of those that the kernel gives away by itself: until a process listens there, a connection of
    another test would be given it sooner or later.
    """
    while True:
        port = random.SystemRandom().randrange(*_NOT_GIVEN_AWAY)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
