"""A sandbox of its own for each test, and a person with a browser who consents there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import googleapiclient
import pytest
import requests

from service.sandbox.server import Sandbox
from tests.fakes.clock import FakeClock

CALLBACK = "http://127.0.0.1:8025/consent/callback"
AUTH = "https://www.googleapis.com/auth/"
SENDING = f"openid email {AUTH}gmail.send"
MIA = "mia.berger@gmail.com"


class Program:
    """An OAuth client of the sandbox, and the person at its browser."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.file: dict[str, Any] = sandbox.client_file([CALLBACK])["web"]
        self.http = requests.Session()

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; ``None`` leaves one out."""
        usual: dict[str, str | None] = {
            "client_id": self.file["client_id"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": SENDING,
            "access_type": "offline",
            "prompt": "consent",
            "state": "the state",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def look(self, **changes: str | None) -> requests.Response:
        """Open the authorization page."""
        address = self.file["auth_uri"]
        return self.http.get(address, params=self.request(**changes), allow_redirects=False, timeout=30)

    def decide(self, account: str = MIA, decision: str = "allow", **changes: Any) -> requests.Response:
        """Press a button on the consent page; ticks every box unless told otherwise."""
        own = {"sandbox_account": account, "sandbox_decision": decision, "sandbox_all": "1"}
        form = {name: value for name, value in (self.request() | own | changes).items() if value is not None}
        return self.http.post(self.file["auth_uri"], data=form, allow_redirects=False, timeout=30)

    def code(self, account: str = MIA, **changes: Any) -> str:
        """A code after consent."""
        return callback(self.decide(account, **changes))["code"]

    def token(self, grant_type: str = "authorization_code", **fields: str) -> requests.Response:
        """Call the token endpoint."""
        form = {
            "grant_type": grant_type,
            "client_id": self.file["client_id"],
            "client_secret": self.file["client_secret"],
        }
        if grant_type == "authorization_code":
            form["redirect_uri"] = CALLBACK
        return self.http.post(self.file["token_uri"], data=form | fields, timeout=30)

    def connect(self, account: str = MIA, **changes: Any) -> dict[str, Any]:
        """Consent and exchange: what the token endpoint answers."""
        answer: dict[str, Any] = self.token(code=self.code(account, **changes)).json()
        return answer

    def bearer(self, *scopes: str, account: str = MIA) -> dict[str, str]:
        """The Authorization header of a token with these Gmail scopes."""
        given = frozenset(name if "/" in name else f"{AUTH}gmail.{name}" for name in scopes)
        self.sandbox.google.add_account(account)
        token = self.sandbox.google.tokens.issue_access(account, self.file["client_id"], given)
        return {"Authorization": f"Bearer {token}"}

    def upload(self, content: bytes, headers: dict[str, str], **kwargs: Any) -> requests.Response:
        """Send a mail by upload."""
        return self.http.post(
            f"{self.sandbox.url}/upload/gmail/v1/users/me/messages/send",
            params={"uploadType": "media"},
            data=content,
            headers={"Content-Type": "message/rfc822", **headers},
            timeout=30,
            **kwargs,
        )

    def get(self, path: str, headers: dict[str, str], **params: Any) -> requests.Response:
        """Read from the Gmail API."""
        address = f"{self.sandbox.url}/gmail/v1/users/{path}"
        return self.http.get(address, params=params, headers=headers, timeout=30)


def callback(answer: requests.Response) -> dict[str, str]:
    """What a redirect gives the client."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def mail(
    *headers: str, body: str = "Guten Tag\r\n", sender: str = MIA, to: str = "kunde@example.com"
) -> bytes:
    """A small mail."""
    lines = [f"From: {sender}", f"To: {to}", "Subject: Rechnung", *headers, "", body]
    return "\r\n".join(lines).encode()


@pytest.fixture
def clock() -> FakeClock:
    """The sandbox's clock."""
    return FakeClock()


@pytest.fixture
def sandbox(clock: FakeClock) -> Iterator[Sandbox]:
    """A sandbox that listens."""
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def program(sandbox: Sandbox) -> Iterator[Program]:
    """A client registered at it."""
    made = Program(sandbox)
    yield made
    made.http.close()


@pytest.fixture(scope="session")
def schemas() -> dict[str, Any]:
    """Gmail's published shapes."""
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    found: dict[str, Any] = json.loads((folder / "gmail.v1.json").read_text())["schemas"]
    return found
