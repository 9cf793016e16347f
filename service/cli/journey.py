"""One invoice's whole way, as a person and a program would take it: over HTTP, with no shortcut.

Signs in by the one-time link, clicks *Connect Google account*, gives consent on the sandbox's own
authorization page (state, PKCE, cookies), posts an invoice, waits for the receipt, and compares what
arrived with what was sent.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import requests

from service.cli.forms import Form, forms_of
from service.cli.stage import Stage
from service.errors import ServiceError
from service.sandbox.invoice import sample_invoice

CUSTOMER = "kunde@example.com"
NUMBER = "RE-2026-0042"
ARRIVAL_S = 30


class JourneyError(ServiceError):
    """A page is not as it should be."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The demo did not end as it should: {what}")


class Journey:
    """Plays the demo once.

    Args:
        stage: the running demo.
        say: prints a line.
    """

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._say = say
        self._browser = requests.Session()
        self._browser.headers["Accept-Language"] = "en"

    def run(self) -> bool:
        """Whether the invoice arrived as it was sent.

        Raises:
            JourneyError: it did not come so far.
        """
        try:
            return self._play()
        except requests.RequestException as error:
            raise JourneyError(str(error)) from error

    def _play(self) -> bool:
        invoice = sample_invoice(NUMBER)
        digest = hashlib.sha256(invoice).hexdigest()
        self._say(f"Made a Factur-X invoice: {NUMBER}.pdf, {len(invoice):,} bytes, SHA-256 {digest[:16]}…")
        self._sign_in()
        self._connect()
        api = requests.Session()
        api.headers["Authorization"] = f"Bearer {self._stage.api_key()}"
        connection = self._connection(api)
        self._say(f"Connected as {connection['address']} ({connection['id']})")
        message_id = self._post(api, connection["id"], invoice)
        message = self._await_sent(api, message_id)
        self._show(message)
        return message["status"] == "sent" and self._compare(message, digest)

    def _sign_in(self) -> None:
        page = self._browser.get(self._stage.login_url(), timeout=30)
        page = self._press(page, "/login/")
        self._say(f"Signed in by the one-time link: {page.url}")

    def _connect(self) -> None:
        page = self._browser.get(urljoin(self._stage.public_url, "/connections/new"), timeout=30)
        page = self._press(page, "/connect")
        self._say(f"Went to the authorization page: {page.url.partition('?')[0]}")
        while page.url.startswith(self._stage.sandbox.url):
            page = self._agree(page)
        if not page.ok:
            raise JourneyError(f"The consent ended with {page.status_code} at {page.url}")

    def _agree(self, page: requests.Response) -> requests.Response:
        """Answer a page of the authorization server: tick all boxes, and press its first button."""
        form = next(iter(forms_of(page.text)), None)
        if form is None:
            raise JourneyError(f"{page.url} has no form")
        ticked = list(form.choices)
        return form.submit(self._browser, page.url, ticked + form.buttons[:1])

    def _press(self, page: requests.Response, target: str) -> requests.Response:
        """Press the button of the form that goes to ``target``."""
        form = self._form(page, target)
        answer = form.submit(self._browser, page.url, form.buttons[:1])
        if not answer.ok:
            raise JourneyError(f"{answer.url} answered {answer.status_code}")
        return answer

    def _form(self, page: requests.Response, target: str) -> Form:
        wanted = urljoin(self._stage.public_url, target)
        for form in forms_of(page.text):
            if form.method == "post" and urljoin(page.url, form.action or page.url).startswith(wanted):
                return form
        raise JourneyError(f"{page.url} has no form for {target}")

    def _connection(self, api: requests.Session) -> dict[str, Any]:
        answer = api.get(f"{self._stage.public_url}/v1/connections", timeout=30)
        connections: list[dict[str, Any]] = answer.json()["data"] if answer.ok else []
        if not connections:
            raise JourneyError("no mailbox is connected")
        return connections[0]

    def _post(self, api: requests.Session, connection_id: str, invoice: bytes) -> str:
        request = {
            "connection": connection_id,
            "to": [f"Kundin Beispiel <{CUSTOMER}>"],
            "subject": f"Ihre Rechnung {NUMBER}",
            "text": "Guten Tag,\n\nim Anhang finden Sie Ihre Rechnung.\n\nFreundliche Grüße\n",
            "reference": NUMBER,
        }
        answer = api.post(
            f"{self._stage.public_url}/v1/messages",
            headers={"Idempotency-Key": f"{NUMBER}/1"},
            files=_parts(request, invoice),
            timeout=30,
        )
        if answer.status_code != requests.codes.accepted:
            raise JourneyError(f"The post was answered {answer.status_code}: {answer.text}")
        message_id: str = answer.json()["id"]
        self._say(f"Posted the invoice: 202, {message_id}, on disk")
        return message_id

    def _await_sent(self, api: requests.Session, message_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + ARRIVAL_S
        while True:
            message: dict[str, Any] = api.get(
                f"{self._stage.public_url}/v1/messages/{message_id}", timeout=30
            ).json()
            if message["status"] in {"sent", "failed", "uncertain"} or time.monotonic() > deadline:
                return message
            time.sleep(0.1)

    def _show(self, message: dict[str, Any]) -> None:
        self._say("Timeline:")
        for event in message["events"]:
            self._say(f"  {event['at']}  {event['type']}")
        self._say(f"Status: {message['status']}; Google's receipt: {message['receipt']}")

    def _compare(self, message: dict[str, Any], digest: str) -> bool:
        mails = requests.get(f"{self._stage.sandbox.url}/sandbox/mailbox/{CUSTOMER}", timeout=30).json()
        ours = [mail for mail in mails if mail["x_postausgang_id"] == message["id"]]
        digests = [part["sha256"] for mail in ours for part in mail["attachments"]]
        same = len(ours) == 1 and digests == [digest]
        self._say(
            f"In the mailbox of {CUSTOMER}: {len(ours)} mail, attachment SHA-256 "
            f"{digests[0][:16] if digests else 'none'}… {'as sent' if same else 'NOT as sent'}"
        )
        return same


def _parts(request: dict[str, Any], invoice: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [
        ("message", ("message.json", json.dumps(request).encode(), "application/json")),
        ("attachments", (f"{NUMBER}.pdf", invoice, "application/pdf")),
    ]
