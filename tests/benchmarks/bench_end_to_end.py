"""From POST to accepted by the sandbox, against a plain Flask view that sends inside the request.

The plain view does what the first result of a search does: ``EmailMessage``, base64url, ``messages.send``
with a client that is built once for each thread. It keeps nothing: a crash loses what it was doing.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from service.connections.connection import Connection
from tests.benchmarks.invoices import prepare
from tests.benchmarks.load import run_load
from tests.benchmarks.servers import ours, plain_flask, running
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

PDF_BYTES = 100_000
REQUESTS = 800
CLIENTS = 16

PLAIN = """
import base64, os, threading
from email.message import EmailMessage
import flask, httplib2
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build

app = flask.Flask(__name__)
local = threading.local()
credentials = Credentials(os.environ["TOKEN"])

def gmail():
    if not hasattr(local, "gmail"):
        local.gmail = build("gmail", "v1", http=AuthorizedHttp(credentials, httplib2.Http(timeout=60)),
                            client_options={"api_endpoint": os.environ["GMAIL"]})
    return local.gmail

@app.post("/v1/messages")
def messages():
    posted = flask.request.get_json()
    mail = EmailMessage()
    mail["From"] = "rechnung@muster.example"
    mail["To"] = ", ".join(posted["to"])
    mail["Subject"] = posted["subject"]
    mail.set_content(posted["text"])
    for part in posted["attachments"]:
        maintype, subtype = part["content_type"].split("/")
        mail.add_attachment(base64.b64decode(part["content"]), maintype=maintype, subtype=subtype,
                            filename=part["filename"])
    raw = base64.urlsafe_b64encode(mail.as_bytes()).decode()
    sent = gmail().users().messages().send(userId="me", body={"raw": raw}).execute()
    return {"id": sent["id"]}, 202
"""


def run() -> None:
    """Print both rates and their ratio."""
    with tempfile.TemporaryDirectory() as name, SandboxProcess() as sandbox:
        folder = Path(name)
        installation = Installation(
            folder, sandbox, f"sqlite:///{folder}/bench.sqlite3", senders=8, per_mailbox=16
        )
        head, body, tenant_id = prepare(installation, folder, PDF_BYTES)
        print(f"\nEnd to end: POST to accepted by the sandbox, {PDF_BYTES // 1000} kB PDF, {CLIENTS} clients")
        plain = _plain(installation, folder, sandbox, head, body, tenant_id)
        print(f"{'plain Flask, sends in the request':38}{plain:8.0f} mails/s")
        mine = _mine(installation, sandbox, head, body)
        print(f"{'ours: web and worker, durable':38}{mine:8.0f} mails/s   {mine / plain:.2f} ×")


def _plain(
    installation: Installation,
    folder: Path,
    sandbox: SandboxProcess,
    head: dict[str, str],
    body: Path,
    tenant_id: str,
) -> float:
    with installation.build() as services:
        connection: Connection = services.ground.stores.connections.of_tenant(tenant_id)[0]
        token = services.tokens.token(str(connection.credential_id)).get_secret_value()
    environment = installation.environment | {"TOKEN": token, "GMAIL": sandbox.url + "/"}
    with plain_flask(folder, PLAIN, environment) as port:
        run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=160)
        return run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=REQUESTS).rate


def _mine(installation: Installation, sandbox: SandboxProcess, head: dict[str, str], body: Path) -> float:
    with (
        ours(installation, "gunicorn") as port,
        running([sys.executable, "-m", "service", "worker"], environment=installation.environment),
    ):
        run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=160)
        _await_count(sandbox, 0)
        before = sandbox.accepted()
        begun = time.perf_counter()
        run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=REQUESTS)
        _await_count(sandbox, before + REQUESTS)
        return REQUESTS / (time.perf_counter() - begun)


def _await_count(sandbox: SandboxProcess, count: int) -> None:
    """Wait for ``count`` mails, and until no more come."""
    last = -1
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = sandbox.accepted()
        if now >= count and now == last:
            return
        last = now
        time.sleep(0.1)
    raise TimeoutError(json.dumps({"wanted": count, "sent": last}))


if __name__ == "__main__":
    run()
