"""The API over real stores on SQLite, with a clock that tests move."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from service.access import api_key
from service.access.api_key import ApiKey, Right
from service.access.retention import Retention, RetentionLimits
from service.access.session_links import SessionLinks
from service.api import ApiPorts, create_api
from service.connections.connection import Connection
from service.connections.credential import Encryption, MailServer
from service.connections.logins import Logins, Preset
from service.consent.links import ConnectLinks
from service.delegation.check import DelegationCheck
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.delegation.setup import DelegationSetup
from service.domains.check import DomainCheck
from service.identifiers import new_id
from service.outbox.correct import Correct, CorrectionLimits
from service.outbox.submit import Submit
from service.outbox.trial import TrialMail
from service.settings import Settings
from service.storage.database import Database
from service.storage.migrate import migrate
from service.storage.stores import Stores, open_doorbell, open_stores
from service.turns import Turns
from service.vault.spool import SealedSpool
from tests.fakes.clock import FakeClock
from tests.fakes.consent import FakeConsent
from tests.fakes.delegations import TOKEN_URI, FakeDelegationServer, FakeMailboxProbe
from tests.fakes.names import FakeResolver
from tests.fakes.outbox import add_tenant, connect
from tests.fakes.probe import FakeProbe
from tests.fakes.sealer import FakeSealer

PDF = b"%PDF-1.7\n%invoice"
Headers = dict[str, str]


class Api:
    """One installation of the API: a tenant with a mailbox, and another tenant with one."""

    def __init__(self, database: Database, settings: Settings, clock: FakeClock) -> None:
        self.clock = clock
        self.settings = settings
        self.stores: Stores = open_stores(database, FakeSealer(), clock)
        self.probe = FakeProbe()
        self.consent = FakeConsent(self.stores.connections, clock)
        self.google = FakeDelegationServer(clock)
        self.names = FakeResolver()
        self.turns = Turns(2, self.stores.turns, clock)
        self.ports = _ports(self, database)
        self.app = Flask("api", static_folder=None)
        self.app.register_blueprint(create_api(self.ports))
        self.client: FlaskClient = self.app.test_client()
        self.tenant_id = add_tenant(self.stores, clock.now())
        self.mailbox: Connection = connect(self.stores, self.tenant_id, clock.now())
        self.other_tenant_id = add_tenant(self.stores, clock.now())
        self.other_mailbox = connect(self.stores, self.other_tenant_id, clock.now())
        self.key = self.add_key(self.tenant_id)
        self.other_key = self.add_key(self.other_tenant_id)

    def add_key(self, tenant_id: str, rights: frozenset[Right] = frozenset(Right), **more: Any) -> Headers:
        """The Authorization header of a fresh key; ``more`` are fields of ``ApiKey``."""
        public, secret = api_key.generate()
        text = secret.get_secret_value()
        fields = {
            "connection_ids": None,
            "created_at": self.clock.now(),
            "expires_at": None,
            "revoked_at": None,
            "last_used_at": None,
        }
        self.stores.api_keys.add(
            ApiKey(
                id=new_id("key"),
                tenant_id=tenant_id,
                name="test",
                public=public,
                secret_hash=api_key.hash_key(text),
                rights=rights,
                **(fields | more),
            )
        )
        return {"Authorization": f"Bearer {text}"}

    def message(self, **fields: Any) -> dict[str, Any]:
        """A good message; a field of ``None`` is left out."""
        whole = {
            "connection": self.mailbox.id,
            "to": ["Kundin Beispiel <kunde@example.com>"],
            "subject": "Ihre Rechnung RE-2026-0042",
            "text": "Guten Tag\n",
            **fields,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def post(self, fields: dict[str, Any] | bytes, *, key: str | None = None, **more: Any) -> TestResponse:
        """POST a message as JSON under a fresh Idempotency-Key, or ``key``."""
        headers = self.key | {"Idempotency-Key": key or new_id("idem")} | more.pop("headers", {})
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        more = {"content_type": "application/json"} | more
        return self.client.post("/v1/messages", data=body, headers=headers, **more)

    def accept(self, **fields: Any) -> str:
        """The id of a message that was taken."""
        answer = self.post(self.message(**fields))
        assert answer.status_code == 202, answer.json
        return str(answer.json["id"])  # type: ignore[index]  # the answer is an object


def attachment(body: bytes = PDF, filename: str = "rechnung.pdf", **fields: Any) -> dict[str, Any]:
    """An attachment as JSON."""
    return {"filename": filename, "content": base64.b64encode(body).decode(), **fields}


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Small limits, so that tests reach them."""
    return Settings(
        database_url=sqlite_url,
        max_attachments_bytes=200_000,
        max_json_bytes=400_000,
        max_recipients=5,
        min_free_bytes=0,
    )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database that is copied for each test."""
    path = tmp_path_factory.mktemp("api") / "empty.sqlite3"
    migrate(SecretStr(f"sqlite:///{path}"))
    return path


@pytest.fixture
def api(settings: Settings, clock: FakeClock, migrated_file: Path) -> Iterator[Api]:
    """The API over an empty database."""
    path = settings.database_url.get_secret_value().removeprefix("sqlite:///")
    shutil.copyfile(migrated_file, path)
    database = Database(settings.database_url)
    yield Api(database, settings, clock)
    database.close()


def _ports(api: Api, database: Database) -> ApiPorts:
    stores, settings, clock = api.stores, api.settings, api.clock
    submit = Submit(
        store=stores.outbox,
        connections=stores.connections,
        doorbell=open_doorbell(database),
        clock=clock,
        max_message_bytes=settings.max_message_bytes,
        give_up_s=settings.give_up_s,
    )
    keyless = KeylessAccounts(frozenset())
    return ApiPorts(
        keys=stores.api_keys,
        tenants=stores.tenants,
        connections=stores.connections,
        outbox=stores.outbox,
        correct=Correct(
            store=stores.outbox,
            connections=stores.connections,
            doorbell=open_doorbell(database),
            clock=clock,
            limits=CorrectionLimits(message_bytes=36_700_160, recipients=5, give_up_s=432_000),
        ),
        submit=submit,
        consent=api.consent,
        links=ConnectLinks(
            links=stores.connect_links,
            connections=stores.connections,
            public_url=settings.public_url,
            clock=clock,
        ),
        session_links=SessionLinks(
            sessions=stores.sessions,
            operators=frozenset(),
            public_url=settings.public_url,
            clock=clock,
        ),
        logins=Logins(
            connections=stores.connections,
            probe=api.probe,
            presets={
                Preset.GMAIL: MailServer("smtp.gmail.com", 465, Encryption.TLS),
                Preset.GMAIL_STARTTLS: MailServer("smtp.gmail.com", 587, Encryption.STARTTLS),
                Preset.RELAY: MailServer("smtp-relay.gmail.com", 587, Encryption.STARTTLS),
            },
            relay_tenants={},
            turns=api.turns,
            clock=clock,
        ),
        delegations=DelegationSetup(
            delegations=stores.delegations, token_uri=TOKEN_URI, keyless=keyless, clock=clock
        ),
        delegation_check=DelegationCheck(
            delegations=stores.delegations,
            tokens=DelegateTokens(delegations=stores.delegations, server=api.google, keyless=keyless),
            probe=FakeMailboxProbe(),
            turns=api.turns,
            clock=clock,
        ),
        domain_check=DomainCheck(api.names, api.turns),
        retention=RetentionLimits(default=Retention(30, 180), most=Retention(365, 3650)),
        test_mail=TrialMail(submit=submit, connections=stores.connections).send,
        spool=SealedSpool(),
        clock=clock,
        settings=settings,
    )
