"""messages.send: three ways in, and what Gmail makes of a mail."""

import base64
from email import message_from_bytes
from typing import Any

import pytest
import requests

from service.sandbox.gmail import MAX_JSON_BYTES, MAX_UPLOAD_BYTES
from service.sandbox.server import Sandbox
from tests.sandbox.conftest import MIA, Program, mail
from tests.sandbox.shapes_of import misfits

CUSTOMER = "kunde@example.com"


def reason(answer: requests.Response) -> tuple[int, str]:
    """Status and the old-style reason, after checking that both shapes are there."""
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    assert error["status"]
    return answer.status_code, error["errors"][0]["reason"]


def received(sandbox: Sandbox, address: str = CUSTOMER) -> list[bytes]:
    """The mails in a mailbox's inbox."""
    return [one.content() for one in sandbox.google.post.box(address, "INBOX")]


def raw(content: bytes) -> str:
    """base64url."""
    return base64.urlsafe_b64encode(content).decode()


def post_json(program: Program, body: Any) -> requests.Response:
    """Send by JSON."""
    address = f"{program.sandbox.url}/gmail/v1/users/me/messages/send"
    return program.http.post(address, json=body, headers=program.bearer("send"), timeout=30)


def test_an_upload_arrives(program: Program, sandbox: Sandbox, schemas: dict[str, Any]) -> None:
    """The answer is shaped as published, and the recipient has the mail."""
    answer = program.upload(mail(), program.bearer("send"))

    assert answer.status_code == 200
    assert misfits(answer.json(), schemas["Message"], schemas) == []
    assert answer.json()["labelIds"] == ["SENT"]
    assert len(received(sandbox)) == 1
    assert sandbox.google.sent()[0]["id"] == answer.json()["id"]


def test_the_message_id_is_replaced_and_x_headers_stay(program: Program, sandbox: Sandbox) -> None:
    """The trap of API sends (google.md §5.3)."""
    program.upload(mail("Message-ID: <ours@example.com>", "X-Postausgang-Id: msg_1"), program.bearer("send"))

    got = message_from_bytes(received(sandbox)[0])

    assert len(got.get_all("Message-ID", [])) == 1
    assert got["Message-ID"].endswith("@mail.gmail.com>")
    assert got["X-Postausgang-Id"] == "msg_1"


def test_bcc_is_delivered_and_not_shown(program: Program, sandbox: Sandbox) -> None:
    """Recipients come from To, Cc and Bcc; only the sender's copy keeps Bcc."""
    content = mail("Cc: Chef <chef@example.com>", "Bcc: archiv@example.com,\r\n zweites@example.com")

    program.upload(content, program.bearer("send"))

    for address in (CUSTOMER, "chef@example.com", "archiv@example.com", "zweites@example.com"):
        assert "Bcc" not in message_from_bytes(received(sandbox, address)[0])
    assert "Bcc" in message_from_bytes(sandbox.google.post.sent()[0].content())


def test_an_unverified_sender_becomes_the_account(program: Program, sandbox: Sandbox) -> None:
    """The old value stays in X-Google-Original-From."""
    program.upload(mail(sender="Buchhaltung <rechnung@fremd.example>"), program.bearer("send"))

    got = message_from_bytes(received(sandbox)[0])

    assert got["From"] == MIA
    assert got["X-Google-Original-From"] == "Buchhaltung <rechnung@fremd.example>"


def test_a_verified_alias_stays(program: Program, sandbox: Sandbox) -> None:
    """*Send mail as* addresses are left alone, in any spelling."""
    bearer = program.bearer("send")
    sandbox.google.add_account(MIA, aliases=frozenset({"rechnung@beispiel.example"}))

    program.upload(mail(sender="Mia <Rechnung@beispiel.example>"), bearer)

    assert message_from_bytes(received(sandbox)[0])["From"] == "Mia <Rechnung@beispiel.example>"


def test_the_body_is_not_touched(program: Program, sandbox: Sandbox) -> None:
    """Every byte after the head arrives as it was sent."""
    body = bytes(range(256)) * 3000

    program.upload(mail(body="") + body, program.bearer("send"))

    assert received(sandbox)[0].endswith(b"\r\n\r\n" + body)


def test_a_mail_without_date_or_sender_gets_them(program: Program, sandbox: Sandbox) -> None:
    """Gmail fills in what is missing."""
    program.upload(b"To: kunde@example.com\n\nHallo", program.bearer("send"))

    got = message_from_bytes(received(sandbox)[0])

    assert got["From"] == MIA
    assert got["Date"] == "Mon, 23 Nov 2026 09:00:00 +0000"
    assert got.get_payload() == "Hallo"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (mail(to="kunde"), "Invalid To header"),
        (mail("Cc: <a@b>, x y@"), "Invalid Cc header"),
        (mail(to=""), "Recipient address required"),
        (b"", "Recipient address required"),
    ],
)
def test_bad_recipients_are_refused(program: Program, content: bytes, sentence: str) -> None:
    """400 invalidArgument, in Google's words, and nothing is sent."""
    answer = program.upload(content, program.bearer("send"))

    assert reason(answer) == (400, "invalidArgument")
    assert answer.json()["error"]["message"] == sentence
    assert program.sandbox.google.sent() == []


def test_multipart_upload_keeps_the_thread(program: Program, sandbox: Sandbox) -> None:
    """multipart/related: JSON with the thread id, then the mail."""
    body = (
        b'--cut\r\nContent-Type: application/json\r\n\r\n{"threadId": "abc"}\r\n'
        b"--cut\r\nContent-Type: message/rfc822\r\n\r\n" + mail() + b"\r\n--cut--\r\n"
    )
    answer = program.http.post(
        f"{sandbox.url}/upload/gmail/v1/users/me/messages/send?uploadType=multipart",
        data=body,
        headers=program.bearer("send") | {"Content-Type": "multipart/related; boundary=cut"},
        timeout=30,
    )

    assert answer.json()["threadId"] == "abc"
    assert received(sandbox)[0].endswith(b"\r\n\r\nGuten Tag\r\n")


def test_a_multipart_body_is_no_media_upload(program: Program) -> None:
    """uploadType=media with multipart content is refused."""
    headers = program.bearer("send") | {"Content-Type": "multipart/related; boundary=cut"}

    assert reason(program.upload(b"--cut--", headers)) == (400, "badRequest")


def test_raw_json_is_sent(program: Program, sandbox: Sandbox) -> None:
    """base64url in ``raw``, with or without padding."""
    for text in (raw(mail()), raw(mail()).rstrip("=")):
        assert post_json(program, {"raw": text}).status_code == 200
    assert len(received(sandbox)) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalidArgument")),
        ({"raw": ""}, (400, "invalidArgument")),
        ([], (400, "invalidArgument")),
        ({"raw": "ab+/"}, (400, "badRequest")),
        ({"raw": "a"}, (400, "badRequest")),
        ({"raw": "A" * MAX_JSON_BYTES}, (413, "uploadTooLarge")),
    ],
    ids=["missing", "empty", "list", "wrong alphabet", "wrong length", "too large"],
)
def test_bad_raw_json_is_refused(program: Program, body: Any, expected: tuple[int, str]) -> None:
    """The URL-safe alphabet is required, and large mails are not taken this way."""
    assert reason(post_json(program, body)) == expected


def test_the_largest_upload_is_taken_and_a_byte_more_is_not(program: Program, sandbox: Sandbox) -> None:
    """MaxSize of the discovery document."""
    largest = mail(body="") + bytes(MAX_UPLOAD_BYTES - len(mail(body="")))
    bearer = program.bearer("send")

    assert program.upload(largest, bearer).status_code == 200
    assert reason(program.upload(largest + b"x", bearer)) == (413, "uploadTooLarge")
    assert sandbox.google.post.sent()[0].letter.body.size == MAX_UPLOAD_BYTES - len(mail(body=""))


@pytest.mark.parametrize("scope", ["send", "compose", "modify", "https://mail.google.com/"])
def test_scopes_that_send(program: Program, scope: str) -> None:
    """google.md §2.2, first row."""
    assert program.upload(mail(), program.bearer(scope)).status_code == 200


@pytest.mark.parametrize("scope", ["readonly", "metadata", "settings.basic"])
def test_scopes_that_do_not_send(program: Program, scope: str) -> None:
    """403 with both of Google's error shapes."""
    answer = program.upload(mail(), program.bearer(scope))

    assert reason(answer) == (403, "insufficientPermissions")
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_expired_and_unknown_tokens_are_refused(program: Program, sandbox: Sandbox) -> None:
    """401 authError, before and after the end of a token's life."""
    bearer = program.bearer("send")
    sandbox.google.expire_tokens(MIA)

    assert reason(program.upload(mail(), bearer)) == (401, "authError")
    assert reason(program.upload(mail(), {})) == (401, "authError")


def test_the_user_is_me_or_the_own_address(program: Program, sandbox: Sandbox) -> None:
    """Another user is *Delegation denied*."""
    bearer = program.bearer("send") | {"Content-Type": "message/rfc822"}
    sent = [
        program.http.post(
            f"{sandbox.url}/upload/gmail/v1/users/{user}/messages/send", mail(), headers=bearer, timeout=30
        )
        for user in ("me", MIA, "jonas.weber@beispiel.example")
    ]

    assert [answer.status_code for answer in sent] == [200, 200, 403]
    assert sent[2].json()["error"]["message"] == "Delegation denied for jonas.weber@beispiel.example"
