"""Canaries are planted everywhere a secret goes, and then searched for everywhere else."""

import base64
import time
from pathlib import Path

import pytest
import requests
from sqlalchemy import MetaData, create_engine

from service.connections.connection import Connection
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.flows.planting import plant
from tests.harness import Installation, add_key, add_tenant, connect, send_due, submit
from tests.ways import smtp_settings

BODY = "KANARIENVOGEL-Rechnungstext-5f1c0f8e"
WRONG = "kanarienvogelxyz"
ATTACHMENT = b"%PDF-1.7 KANARIENVOGEL-Anhang-77aa01"
PLANTED = (
    "session link",
    "unused session link",
    "login link",
    "unused login link",
    "operator's login link",
    "connect link",
    "unused connect link",
    "wizard link",
    "unused wizard link",
    "API key of the page",
    "app password of the page",
    "key of the page's service account",
    "cookie of admin",
    "state",
    "code",
)


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_no_secret_is_readable_in_database_log_or_answer(
    tmp_path: Path, sandbox: Sandbox, database_url: str
) -> None:
    """Token, key, password, link and body: not in the database, its WAL, the log, a page or an address.

    What is shown once is cut out of that one answer (``visits``).
    """
    servers = smtp_settings(sandbox)
    installation = Installation(tmp_path, sandbox, database_url, log_level="DEBUG", **servers)
    with installation.build() as services:
        tenant = add_tenant(services)
        mailbox = connect(services, tenant.id, "rechnung@muster.example")
        api_key = add_key(services, tenant.id)
    web, worker = installation.start("web"), installation.start("worker")
    try:
        installation.await_web()
        key_file = sandbox.service_account()
        sandbox.google.add_account("info@muster.example")
        password = sandbox.google.app_password("info@muster.example")
        answers = _use(installation, mailbox, api_key)
        answers += _set_up(installation, api_key, password, key_file)
        _await_sent(sandbox)
        with installation.build() as services:
            secrets = _secrets(services, installation, mailbox, api_key)
            visits = plant(services, sandbox, tenant.id, api_key)
            secrets |= {name: _forms(secret.encode()) for name, secret in visits.secrets.items()}
            answers += b"\n".join(visits.answers)
            secrets["app password"] = _forms(password.encode())
            secrets["wrong password"] = _forms(WRONG.encode())
            secrets["key of the service account"] = _forms(key_file["private_key"].split("\n")[3].encode())
            sandbox.google.revoke(mailbox.address)
            sandbox.google.expire_tokens(mailbox.address)
            submit(services, mailbox, text=BODY)
            send_due(services)
    finally:
        for process in (worker, web):
            process.terminate()
            process.wait(40)

    places = {"log": installation.log().encode(), "answers": answers, **_database(database_url, tmp_path)}
    found = [
        (place, name)
        for place, content in places.items()
        for name, forms in secrets.items()
        for form in forms
        if form in content
    ]
    assert found == []
    assert {*PLANTED} <= {*secrets}
    assert len(places["answers"]) > 1000
    assert installation.log() != ""


def _use(installation: Installation, mailbox: Connection, api_key: str) -> bytes:
    """Post a mail and provoke errors; all that the service answered."""
    url = installation.settings.public_url
    key = {"Authorization": f"Bearer {api_key}"}
    good = {
        "connection": mailbox.id,
        "to": ["kunde@example.com"],
        "subject": "Ihre Rechnung",
        "text": BODY,
        "attachments": [
            {
                "filename": "rechnung.pdf",
                "content_type": "application/pdf",
                "content": base64.b64encode(ATTACHMENT).decode(),
            }
        ],
    }
    posts = [
        (key | {"Idempotency-Key": "1"}, good),
        (key | {"Idempotency-Key": "2"}, good | {"subject": BODY + "\n"}),
        (key | {"Idempotency-Key": "3"}, good | {"to": [f"{BODY}"], "unknown": BODY}),
        ({"Authorization": f"Bearer {api_key}x"}, good),
        ({}, good),
    ]
    paths = ("/v1/messages", "/v1/connections", "/v1/openapi.json", "/", "/login/wrong", "/nothing")
    answers = [
        *(requests.post(f"{url}/v1/messages", headers=head, json=body, timeout=30) for head, body in posts),
        *(requests.get(url + path, headers=key, timeout=30) for path in paths),
    ]
    assert answers[0].status_code == 202
    return b"\n".join(
        answer.url.encode() + str(answer.headers).encode() + answer.content for answer in answers
    )


def _set_up(installation: Installation, api_key: str, password: str, key_file: dict[str, str]) -> bytes:
    """Connect by passwords and by a service account, well and badly; all that the service answered."""
    url, head = installation.settings.public_url, {"Authorization": f"Bearer {api_key}"}
    app = {"kind": "app_password", "address": "info@muster.example", "password": password}
    own = {"kind": "smtp_server", "server": {"host": "localhost", "port": 1, "encryption": "tls"}}
    delegation = {"key": key_file, "senders": ["chef@muster.example"]}
    posts = [
        ("/v1/connections", app),
        ("/v1/connections", app | {"password": WRONG}),
        ("/v1/connections", app | own | {"password": WRONG}),
        ("/v1/connections", app | {"password": [WRONG]}),
        ("/v1/delegations", delegation),
        ("/v1/delegations", delegation | {"key": key_file | {"type": "external_account"}}),
    ]
    answers = [requests.post(url + path, json=body, headers=head, timeout=30) for path, body in posts]
    assert [answer.status_code for answer in answers] == [201, 422, 422, 422, 201, 422], answers[4].text
    return b"\n".join(answer.content for answer in answers)


def _await_sent(sandbox: Sandbox) -> None:
    deadline = time.monotonic() + 60
    while not sandbox.google.sent():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _secrets(
    services: Services, installation: Installation, mailbox: Connection, api_key: str
) -> dict[str, set[bytes]]:
    grant = services.ground.stores.grants.get_grant(str(mailbox.credential_id))
    assert grant.access is not None
    keyring = [
        line.split()[1]
        for line in installation.settings.keyring_path.read_text().splitlines()
        if line and not line.startswith("#")
    ]
    client = installation.settings.google_client_path.read_text().split('"client_secret": "')[1].split('"')[0]
    plain = {
        "body": BODY.encode(),
        "attachment": ATTACHMENT,
        "refresh token": grant.refresh_token.get_secret_value().encode(),
        "access token": grant.access.value.get_secret_value().encode(),
        "API key": api_key.encode(),
        "client secret": client.encode(),
        "operator's key": base64.b64decode(keyring[0]),
    }
    return {name: _forms(value) for name, value in plain.items()}


def _forms(secret: bytes) -> set[bytes]:
    """The secret itself, and what of its base64 does not depend on where it begins."""
    inner = {base64.b64encode(secret[skip:])[2:-4] for skip in range(3)}
    return {secret, secret.hex().encode(), *inner}


def _database(database_url: str, folder: Path) -> dict[str, bytes]:
    if database_url.startswith("sqlite"):
        path = Path(database_url.removeprefix("sqlite:///"))
        return {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        rows = {
            table.name: b"".join(_bytes(value) for row in connection.execute(table.select()) for value in row)
            for table in found.tables.values()
        }
    engine.dispose()
    return rows


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
