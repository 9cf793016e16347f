"""The control API and the mailbox pages, over HTTP as another process sees them."""

import hashlib
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
import requests

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import CALLBACK, MIA, Program, mail

PDF = b"%PDF-1.7 " + bytes(range(256)) * 100
CUSTOMER = "kunde@example.com"


@pytest.fixture
def invoice(program: Program) -> str:
    """A mail with an attachment and a hostile HTML part, sent; its id."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = MIA, CUSTOMER, "Rechnung für <b>März</b>"
    message["X-Postausgang-Id"] = "msg_1"
    message.set_content("Guten Tag <script>alert(1)</script>")
    message.add_alternative("<script>alert(2)</script><p>Guten Tag</p>", subtype="html")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    sent: str = program.upload(message.as_bytes(), program.bearer("send")).json()["id"]
    return sent


def ask(program: Program, method: str, path: str, body: Any = None) -> requests.Response:
    """Call the control API."""
    return program.http.request(method, f"{program.sandbox.url}{path}", json=body, timeout=30)


def test_the_mailbox_tells_what_arrived(program: Program, invoice: str) -> None:
    """With the attachment's true name, size and SHA-256."""
    (got,) = ask(program, "GET", f"/sandbox/mailbox/{CUSTOMER.upper()}").json()

    assert got["from"] == MIA
    assert got["subject"] == "Rechnung für <b>März</b>"
    assert got["x_postausgang_id"] == "msg_1"
    assert got["message_id"].endswith("@mail.gmail.com>")
    assert got["attachments"] == [
        {"filename": "Rechnung März.pdf", "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
    ]
    assert ask(program, "GET", f"/sandbox/mailbox/{CUSTOMER}?attachments=0").json()[0]["attachments"] == []


def test_sent_counts_doubles(program: Program) -> None:
    """The same X-Postausgang-Id twice shows as a count of 2."""
    for key in ("msg_1", "msg_2", "msg_1"):
        program.upload(mail(f"X-Postausgang-Id: {key}"), program.bearer("send"))

    sent = ask(program, "GET", "/sandbox/sent").json()

    assert [(one["account"], one["x_postausgang_id"], one["count"]) for one in sent] == [
        (MIA, "msg_1", 2), (MIA, "msg_2", 1), (MIA, "msg_1", 2)
    ]  # fmt: skip
    assert ask(program, "DELETE", "/sandbox/mails").status_code == 204
    assert ask(program, "GET", "/sandbox/sent").json() == []


def test_faults_are_armed_and_cleared(program: Program) -> None:
    """POST arms, DELETE clears, GET lists the names."""
    bearer = program.bearer("send")
    fault = {"fault": "backendError_503", "account": MIA, "where": "send", "times": 5, "seconds": 1.5}

    assert ask(program, "POST", "/sandbox/faults", fault).status_code == 204
    assert program.upload(mail(), bearer).status_code == 503
    assert ask(program, "DELETE", "/sandbox/faults").status_code == 204
    assert program.upload(mail(), bearer).ok
    assert "drop-after" in ask(program, "GET", "/sandbox/faults").json()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"fault": "no-such"}),
        ("faults", {"fault": 7}),
        ("faults", {"fault": "hang", "seconds": "x"}),
        ("faults", {"fault": "hang", "place": "send"}),
        ("faults", {}),
        ("faults", []),
        ("accounts", {"address": "nobody"}),
        ("accounts", {"address": "a@b.example", "aliases": "x"}),
        ("clients", {"redirect_uris": "x"}),
        ("revoke", {}),
    ],
)
def test_wrong_calls_are_told(program: Program, path: str, body: Any) -> None:
    """400 with a problem that says where."""
    answer = ask(program, "POST", f"/sandbox/{path}", body)

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["detail"]


def test_a_foreign_page_cannot_change_anything(program: Program, sandbox: Sandbox) -> None:
    """Only application/json is read, which no plain form can send."""
    answer = program.http.post(f"{sandbox.url}/sandbox/faults", data='{"fault": "hang"}', timeout=30)

    assert answer.status_code == 400


def test_accounts_and_clients_are_made(program: Program, sandbox: Sandbox) -> None:
    """The client file has the shape of Google's download."""
    account = ask(
        program,
        "POST",
        "/sandbox/accounts",
        {"address": "neu@firma.example", "aliases": ["Info@firma.example"]},
    )
    client = ask(program, "POST", "/sandbox/clients", {"redirect_uris": [CALLBACK]}).json()["web"]

    assert account.json()["sub"].isdecimal()
    assert sandbox.google.directory.find_account("neu@firma.example") is not None
    assert client["token_uri"] == f"{sandbox.url}/token"
    assert client["redirect_uris"] == [CALLBACK]


def test_access_is_removed_and_tokens_expire(program: Program) -> None:
    """Revoke ends the grant, expire-tokens only the access tokens."""
    token = program.connect()["refresh_token"]

    assert ask(program, "POST", "/sandbox/expire-tokens", {"account": "*"}).json() == {"expired": 1}
    assert program.token("refresh_token", refresh_token=token).ok
    assert ask(program, "POST", "/sandbox/revoke", {"account": MIA}).status_code == 204
    assert program.token("refresh_token", refresh_token=token).json()["error"] == "invalid_grant"


def test_counters_begin_again(program: Program) -> None:
    """GET shows what happened, DELETE begins at 0."""
    program.connect()

    assert ask(program, "GET", "/sandbox/counters").json()["token:authorization_code"] == 1
    assert ask(program, "DELETE", "/sandbox/counters").status_code == 204
    assert ask(program, "GET", "/sandbox/counters").json() == {}


def test_the_pages_show_every_mailbox_and_mail(program: Program, invoice: str) -> None:
    """Overview, mailbox and mail page, linked to each other."""
    overview = ask(program, "GET", "/").text
    mailbox = ask(program, "GET", f"/mailboxes/{CUSTOMER}").text
    page = ask(program, "GET", f"/mails/{invoice}").text

    assert MIA in overview
    assert f"/mailboxes/{CUSTOMER}" in overview
    assert "Rechnung für &lt;b&gt;März&lt;/b&gt;" in mailbox
    assert hashlib.sha256(PDF).hexdigest() in page
    assert "Rechnung März.pdf" in page


def test_a_mail_cannot_run_anything(program: Program, invoice: str) -> None:
    """Everything is escaped, HTML parts sit in a sandboxed frame, and the policy forbids scripts."""
    answer = ask(program, "GET", f"/mails/{invoice}")

    assert "<script" not in answer.text
    assert 'iframe sandbox=""' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_downloads_are_what_was_sent(program: Program, sandbox: Sandbox, invoice: str) -> None:
    """The attachment byte for byte, as a download; the raw mail as text."""
    attachment = ask(program, "GET", f"/mails/{invoice}/attachments/0")
    raw = ask(program, "GET", f"/mails/{invoice}/raw")

    assert attachment.content == PDF
    assert attachment.headers["Content-Disposition"].startswith("attachment")
    assert raw.content == sandbox.google.post.sent()[0].content()


@pytest.mark.parametrize("path", ["/mails/0", "/mails/0/raw", "/mails/0/attachments/0", "/nothing"])
def test_what_is_not_there_is_404(program: Program, path: str) -> None:
    """Unknown mails and pages."""
    assert ask(program, "GET", path).status_code == 404


def test_an_attachment_that_is_not_there_is_404(program: Program, invoice: str) -> None:
    """One attachment has number 0 only."""
    assert ask(program, "GET", f"/mails/{invoice}/attachments/1").status_code == 404
