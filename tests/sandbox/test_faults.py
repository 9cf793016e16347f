"""Every row of the fault table happens as it says, as often as it says, to whom it says."""

import http.client
import socket

import pytest
import requests

from service.errors import InvalidRequestError
from service.sandbox.fault import Fault
from service.sandbox.fault_table import AUTHORIZE, FAULTS, GMAIL, IDENTITY, TOKEN
from service.sandbox.server import Sandbox
from tests.sandbox.conftest import MIA, Program, callback, mail

ROWS = [fault for rows in FAULTS.values() for fault in rows]


def rows(place: str, *kinds: str) -> list[pytest.param]:  # type: ignore[valid-type]  # a function used as a type
    """The rows of one place, each with its name as id."""
    return [pytest.param(row, id=row.name) for row in ROWS if place in row.places and row.kind in kinds]


def test_the_table_covers_the_reference() -> None:
    """Every error that google.md §1.6, §1.7 and §5.4 name is there, and the wire faults."""
    authorize = {row.reason for row in ROWS if AUTHORIZE in row.places}
    token = {row.reason for row in ROWS if row.places & TOKEN}
    gmail = {row.reason for row in ROWS if row.places & GMAIL}

    assert authorize >= {
        "access_denied", "admin_policy_enforced", "policy_enforced", "org_internal", "disallowed_useragent",
        "redirect_uri_mismatch", "invalid_request", "invalid_client", "deleted_client", "unauthorized_client",
        "disabled_client", "invalid_scope",
    }  # fmt: skip
    assert token >= {
        "invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "admin_policy_enforced",
        "org_internal", "deleted_client", "hang", "huge", "reset", "html",
    }  # fmt: skip
    assert gmail >= {
        "badRequest", "invalidArgument", "failedPrecondition", "authError", "insufficientPermissions",
        "accessNotConfigured", "domainPolicy", "rateLimitExceeded", "userRateLimitExceeded",
        "dailyLimitExceeded", "backendError", "reset-early", "drop", "reset", "hang", "slow",
    }  # fmt: skip


@pytest.mark.parametrize("fault", rows(AUTHORIZE, "page"))
def test_pages_are_shown_and_not_redirected(program: Program, sandbox: Sandbox, fault: Fault) -> None:
    """Google's own error page, once; then consent works."""
    sandbox.google.arm(fault.name, where=AUTHORIZE, account=MIA)

    page = program.look(sandbox_account=MIA)

    assert page.status_code == fault.status
    assert f": {fault.reason}" in page.text
    assert "sandbox_decision" in program.look(sandbox_account=MIA).text


@pytest.mark.parametrize("fault", rows(AUTHORIZE, "redirect"))
def test_some_errors_come_back_to_the_callback(program: Program, sandbox: Sandbox, fault: Fault) -> None:
    """With the state as it came."""
    sandbox.google.arm(fault.name)

    assert callback(program.look(sandbox_account=MIA)) == {"state": "the state", "error": fault.reason}


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
@pytest.mark.parametrize("fault", rows("token:refresh_token", "oauth", "text"))
def test_the_token_endpoint_answers_wrongly_once(
    program: Program, sandbox: Sandbox, fault: Fault, grant_type: str
) -> None:
    """Status and error name as in the table; the next call is fine, the code unused."""
    fields = (
        {"code": program.code()}
        if grant_type == "authorization_code"
        else {"refresh_token": program.connect()["refresh_token"]}
    )
    sandbox.google.arm(fault.name, account=MIA, where=f"token:{grant_type}")

    answer = program.token(grant_type, **fields)

    assert answer.status_code == fault.status
    if fault.kind == "oauth":
        assert answer.json()["error"] == fault.reason
        assert answer.json().get("error_subtype", "") == fault.detail
    else:
        assert answer.text.startswith("<!DOCTYPE html>")
    assert program.token(grant_type, **fields).ok


@pytest.mark.parametrize("name", ["token_hang", "token_drop", "token_reset"])
@pytest.mark.parametrize("place", sorted(TOKEN | IDENTITY))
def test_no_answer_comes(program: Program, sandbox: Sandbox, name: str, place: str) -> None:
    """The connection ends without a byte, at every endpoint that programs call."""
    sandbox.google.arm(name, where=place, seconds=0.01)

    with pytest.raises(requests.ConnectionError):
        call(program, place)


def call(program: Program, place: str) -> requests.Response:
    """Ask one of the endpoints that programs call."""
    if place.startswith("token:"):
        return program.token(place.removeprefix("token:"))
    if place == "revoke":
        return program.http.post(f"{program.sandbox.url}/revoke", data={"token": "x"}, timeout=10)
    path = "/oauth2/v1/certs" if place == "certs" else "/v1/userinfo"
    return program.http.get(f"{program.sandbox.url}{path}", timeout=10)


def test_a_huge_body_never_ends_in_memory(program: Program, sandbox: Sandbox) -> None:
    """64 MiB of blanks, so that a reader without a limit shows."""
    sandbox.google.arm("token_huge_body")
    form = {"grant_type": "refresh_token"}

    with program.http.post(program.file["token_uri"], data=form, stream=True, timeout=30) as answer:
        first = next(answer.iter_content(100_000))

    assert first.strip() == b""


def test_a_truncated_body_is_shorter_than_it_says(program: Program, sandbox: Sandbox) -> None:
    """Content-Length says 4,000, the connection ends after nine bytes."""
    sandbox.google.arm("token_truncated")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        program.token("refresh_token", refresh_token="x")


def test_a_slow_answer_is_the_usual_one(program: Program, sandbox: Sandbox) -> None:
    """Late, but right."""
    token = program.connect()["refresh_token"]
    sandbox.google.arm("token_slow", seconds=0.05)

    answer = program.token("refresh_token", refresh_token=token)

    assert answer.ok
    assert answer.elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize("fault", rows("send", "gmail", "text"))
def test_gmail_refuses_a_mail_as_google_does(program: Program, sandbox: Sandbox, fault: Fault) -> None:
    """Status, both error shapes, and whether the mail was taken nevertheless."""
    bearer = program.bearer("send")
    sandbox.google.arm(fault.name, account=MIA)

    answer = program.upload(mail(), bearer)

    assert answer.status_code == fault.status
    assert len(sandbox.google.sent()) == fault.is_taken
    if fault.kind == "gmail":
        error = answer.json()["error"]
        assert (error["errors"][0]["reason"], error["status"]) == (fault.reason, fault.canonical)
        assert [one["reason"] for one in error.get("details", [])] == ([fault.detail] if fault.detail else [])
    assert program.upload(mail(), bearer).ok


@pytest.mark.parametrize("name", ["quota_429_mail_sending", "rateLimitExceeded", "userRateLimitExceeded_403"])
def test_the_time_to_wait_is_in_the_sentence(program: Program, sandbox: Sandbox, name: str) -> None:
    """There is no Retry-After header; the clock stands at 09:00."""
    sandbox.google.arm(name, seconds=7200.5)

    answer = program.upload(mail(), program.bearer("send"))
    assert "Retry after 2026-11-23T11:00:00.500Z" in answer.json()["error"]["message"]
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("place", ["get", "list", "sendAs", "profile"])
def test_reading_fails_too_when_told_to(program: Program, sandbox: Sandbox, place: str) -> None:
    """Gmail faults can be armed at each method; by default only at send."""
    paths = {
        "get": "me/messages/0",
        "list": "me/messages",
        "sendAs": "me/settings/sendAs",
        "profile": "me/profile",
    }
    sandbox.google.arm("backendError_503")
    sandbox.google.arm("backendError_503", where=place)

    assert program.get(paths[place], program.bearer("readonly")).status_code == 503
    assert program.get(paths[place], program.bearer("readonly")).status_code in {200, 404}


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("drop-after", True),
        ("reset-after", True),
        ("hang-after", True),
        ("hang", False),
        ("drop-after-refused", False),
    ],
)
def test_the_answer_gets_lost(program: Program, sandbox: Sandbox, name: str, is_taken: bool) -> None:  # noqa: FBT001, parametrized
    """The whole mail was read, no byte comes back; only the mailbox knows."""
    bearer = program.bearer("send")
    sandbox.google.arm(name, account=MIA, seconds=0.05)

    with pytest.raises(requests.ConnectionError):
        program.upload(mail(body="x" * 200_000), bearer)

    assert len(sandbox.google.sent()) == is_taken
    assert program.upload(mail(), bearer).ok


def test_the_connection_breaks_before_the_body_is_complete(program: Program, sandbox: Sandbox) -> None:
    """The reset comes while the client still has bytes to send, and nothing is taken."""
    sandbox.google.arm("drop-before")
    host = sandbox.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.putrequest("POST", "/upload/gmail/v1/users/me/messages/send")
    connection.putheader("Content-Length", "30000000")
    connection.putheader("Authorization", program.bearer("send")["Authorization"])
    connection.endheaders()

    with pytest.raises(ConnectionError):
        connection.send(bytes(30_000_000))

    connection.close()
    assert sandbox.google.sent() == []


def test_reset_after_is_a_reset(program: Program, sandbox: Sandbox) -> None:
    """RST and not FIN."""
    sandbox.google.arm("reset-after")
    host, port = sandbox.url.removeprefix("http://").split(":")
    content = mail()
    head = (
        "POST /upload/gmail/v1/users/me/messages/send HTTP/1.1\r\nContent-Type: message/rfc822\r\n"
        f"Authorization: {program.bearer('send')['Authorization']}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + content)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_slow_send_is_answered_as_usual(program: Program, sandbox: Sandbox) -> None:
    """Late, but right."""
    sandbox.google.arm("slow", seconds=0.05)

    answer = program.upload(mail(), program.bearer("send"))

    assert answer.ok
    assert answer.elapsed.total_seconds() >= 0.05


def test_an_idle_connection_ends_without_a_word(program: Program, sandbox: Sandbox) -> None:
    """The answer promises keep-alive, and yet the end follows it."""
    sandbox.google.arm("close-idle", where="profile")
    host, port = sandbox.url.removeprefix("http://").split(":")
    token = program.bearer("readonly")["Authorization"]
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"GET /gmail/v1/users/me/profile HTTP/1.1\r\nAuthorization: {token}\r\n\r\n".encode()
        )
        with connection.makefile("rb") as incoming:
            answer = incoming.read()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" not in answer


def test_only_the_named_account_is_hit(program: Program, sandbox: Sandbox) -> None:
    """Another mailbox does not notice."""
    sandbox.google.arm("domainPolicy", account=MIA.upper())

    assert program.upload(mail(), program.bearer("send", account="jonas.weber@beispiel.example")).ok
    assert program.upload(mail(), program.bearer("send")).status_code == 403


def test_times_skip_and_taken(program: Program, sandbox: Sandbox) -> None:
    """After one good mail two bad ones, whose mails are taken nevertheless."""
    bearer = program.bearer("send")
    sandbox.google.arm("backendError_503", times=2, skip=1, taken=True)

    codes = [program.upload(mail(), bearer).status_code for _ in range(4)]

    assert codes == [200, 503, 503, 200]
    assert len(sandbox.google.sent()) == 4
    assert sandbox.google.counters["fault:backendError_503"] == 2


def test_for_ever_lasts_until_cleared(program: Program, sandbox: Sandbox) -> None:
    """``times=None`` has no end of its own."""
    bearer = program.bearer("send")
    sandbox.google.arm("authError", times=None)

    codes = [program.upload(mail(), bearer).status_code for _ in range(3)]
    sandbox.google.faults.clear()

    assert codes == [401, 401, 401]
    assert program.upload(mail(), bearer).ok


@pytest.mark.parametrize(
    ("name", "where"),
    [("no-such", None), ("drop-after", "token"), ("invalid_grant", "send"), ("hang", "moon")],
)
def test_what_makes_no_sense_cannot_be_armed(sandbox: Sandbox, name: str, where: str | None) -> None:
    """Unknown faults and places are told at once."""
    with pytest.raises(InvalidRequestError):
        sandbox.google.arm(name, where=where)
