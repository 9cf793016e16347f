"""The server itself, at the level of bytes."""

import socket
import threading

import pytest
import requests

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import Program, mail

GET = b"GET /sandbox/counters HTTP/1.1\r\nHost: sandbox\r\n\r\n"


def talk(sandbox: Sandbox, *pieces: bytes) -> bytes:
    """Send pieces on one connection, and read until the server closes or nothing more can come."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


def test_one_connection_serves_many_requests(sandbox: Sandbox, program: Program) -> None:
    """Keep-alive: 20 uploads, one connection."""
    bearer = program.bearer("send")
    before = sandbox.connections

    for _ in range(20):
        assert program.upload(mail(), bearer).ok

    assert sandbox.connections == before + 1


def test_requests_may_come_without_waiting(sandbox: Sandbox) -> None:
    """Two requests in one packet get two answers."""
    assert talk(sandbox, GET + GET).count(b"HTTP/1.1 200 OK") == 2


def test_a_request_may_come_letter_by_letter(sandbox: Sandbox) -> None:
    """The head may be cut anywhere."""
    assert talk(sandbox, *(GET[at : at + 1] for at in range(len(GET)))).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_nonsense_is_400_and_the_connection_ends(sandbox: Sandbox, request_bytes: bytes) -> None:
    """No request can break the server."""
    answer = talk(sandbox, request_bytes + GET)

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def test_an_endless_head_is_cut_off(sandbox: Sandbox) -> None:
    """64 kB of head is enough for everybody."""
    assert talk(sandbox, b"GET / HTTP/1.1\r\nX: " + b"x" * 65_536 + b"y" * 100) == b""


def test_chunks_are_read(sandbox: Sandbox, program: Program) -> None:
    """An upload without a length, as a generator sends it."""
    pieces = iter([mail()[:10], mail()[10:], b"more\r\n" * 40_000])

    answer = program.http.post(
        f"{sandbox.url}/upload/gmail/v1/users/me/messages/send",
        data=pieces,
        headers=program.bearer("send") | {"Content-Type": "message/rfc822"},
        timeout=30,
    )

    assert answer.ok
    assert sandbox.google.post.sent()[0].content().endswith(b"more\r\n" * 40_000)


def test_a_bad_chunk_ends_the_connection(sandbox: Sandbox) -> None:
    """A chunk without its size is no request, and what follows is not read as one."""
    head = b"POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\nxyz\r\n"

    answer = talk(sandbox, head + form + GET)

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_client_that_waits_is_told_to_continue(sandbox: Sandbox) -> None:
    """RFC 9110 §10.1.1: 100 Continue before the body is read."""
    head = b"POST /revoke HTTP/1.1\r\nContent-Length: 7\r\nExpect: 100-continue\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken=x"

    answer = talk(sandbox, head + form)

    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400")


def test_a_body_that_nobody_read_does_not_spoil_the_next_request(sandbox: Sandbox) -> None:
    """A refused upload is drained."""
    upload = b"POST /upload/gmail/v1/users/me/messages/send HTTP/1.1\r\nContent-Length: 300000\r\n\r\n"

    answer = talk(sandbox, upload, b"x" * 300_000, GET)

    assert b"HTTP/1.1 401" in answer
    assert b"HTTP/1.1 200" in answer


def test_a_client_that_leaves_in_the_middle_leaves_nothing(sandbox: Sandbox, program: Program) -> None:
    """Half an upload is no mail."""
    authorization = f"Authorization: {program.bearer('send')['Authorization']}\r\n".encode()
    head = b"POST /upload/gmail/v1/users/me/messages/send HTTP/1.1\r\nContent-Type: message/rfc822\r\n"

    answer = talk(sandbox, head + authorization + b"Content-Length: 5000\r\n\r\n" + mail())

    assert answer == b""
    assert sandbox.google.sent() == []


def test_head_has_no_body(sandbox: Sandbox) -> None:
    """HEAD gets the length and nothing more."""
    answer = talk(sandbox, GET.replace(b"GET", b"HEAD"))

    assert answer.endswith(b"\r\n\r\n")


def test_many_connections_at_once(sandbox: Sandbox, program: Program) -> None:
    """64 clients send 10 mails each, none is lost."""
    bearer = program.bearer("send") | {"Content-Type": "message/rfc822"}
    address = f"{sandbox.url}/upload/gmail/v1/users/me/messages/send"

    def send() -> None:
        with requests.Session() as http:
            for _ in range(10):
                http.post(address, mail(), headers=bearer, timeout=60)

    threads = [threading.Thread(target=send) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sandbox.google.sent()) == 640
    assert len({found["id"] for found in sandbox.google.sent()}) == 640


def test_stop_ends_everything_and_start_resumes(program: Program, sandbox: Sandbox) -> None:
    """After an outage the port, the tokens and the mails are the same."""
    bearer = program.bearer("send")
    program.upload(mail(), bearer)
    url, threads = sandbox.url, threading.active_count()

    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        program.upload(mail(), bearer)
    assert threading.active_count() < threads
    sandbox.start()

    assert sandbox.url == url
    assert program.upload(mail(), bearer).ok
    assert len(sandbox.google.sent()) == 2


def test_stop_does_not_wait_for_a_hanging_answer() -> None:
    """A *hang* of an hour ends with the sandbox."""
    with Sandbox() as running:
        running.google.arm("token_hang", where="certs", seconds=3600)
        caller = threading.Thread(target=_fail_to_get, args=(f"{running.url}/oauth2/v1/certs",))
        caller.start()
        while not running.google.counters["fault:token_hang"]:
            pass
    caller.join(10)

    assert not caller.is_alive()


def _fail_to_get(address: str) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=60)
