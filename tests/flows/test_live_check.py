"""The live check of a mailbox by a real web process: its steps are told at once, it ends with its page."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from service.access.member import Role
from service.access.session import Standing
from service.connections.logins import NewLogin
from service.connections.ports import ProbeName
from service.connections.way import WayKind
from service.errors import ChecksBusyError
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.faults.traffic import until
from tests.harness import Installation, add_tenant
from tests.ways import smtp_settings

ADDRESS = "rechnung@gmail.com"
FORM = "/connections/new/server"


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """An installation that knows the sandbox's mail servers."""
    return Installation(tmp_path, sandbox, database_url, **smtp_settings(sandbox))


def test_steps_are_told_at_once_and_whoever_leaves_keeps_nothing(
    installation: Installation, services: Services, sandbox: Sandbox
) -> None:
    """The mail server takes the connection and says nothing: the steps till then are read, the page is left.

    As long as the check runs no other process begins one for the tenant; after it, every one may.
    """
    tenant_id = add_tenant(services).id
    login = _login(sandbox, tenant_id)
    link = services.administration.session_links.login(Standing(Role.ADMIN, tenant_id))

    with socket.create_server(("localhost", 0)) as silent, _web(installation), requests.Session() as browser:
        _press(browser, link)
        typed = {"host": "localhost", "port": str(silent.getsockname()[1]), "encryption": "tls"}
        url = installation.settings.public_url + FORM
        answer = _press(browser, url, address="info@muster.example", password="geheim", **typed)
        conversation, _ = silent.accept()
        said = [json.loads(line)["step"] for line in islice(answer.iter_lines(), 3)]
        with pytest.raises(ChecksBusyError):
            services.logins.add(login)
        answer.close()
        conversation.close()
        until(lambda: _is_free(services, tenant_id), 30)

    assert ["Connection" in step and "Encryption" in step for step in said] == [False, False, True]
    assert services.ground.stores.connections.of_tenant(tenant_id) == []
    assert [step.name for step in services.logins.add(login)[1]] == list(ProbeName)


def _login(sandbox: Sandbox, tenant_id: str) -> NewLogin:
    """One that is good."""
    sandbox.google.add_account(ADDRESS)
    letters = SecretStr(sandbox.google.app_password(ADDRESS))
    return NewLogin(tenant_id, WayKind.APP_PASSWORD, ADDRESS, password=letters)


@contextmanager
def _web(installation: Installation) -> Iterator[None]:
    web = installation.start("web")
    try:
        installation.await_web()
        yield
    finally:
        web.terminate()
        web.wait()


def _press(browser: requests.Session, url: str, **fields: str) -> requests.Response:
    """Press the button of a page as its script does; the answer is read by and by."""
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', browser.get(url, timeout=30).text)
    assert token is not None
    more: Any = {"allow_redirects": False, "stream": True, "timeout": 30}
    return browser.post(
        url, {"form_token": token[1], **fields}, headers={"Accept": "application/x-ndjson"}, **more
    )


def _is_free(services: Services, tenant_id: str) -> bool:
    try:
        with services.logins._turns.of(tenant_id):
            return True
    except ChecksBusyError:
        return False
