"""The pool: one call is one request on the wire, and a failure says how far it came."""

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.google.connection import NoAnswerError, StreamedBody
from service.google.http import PooledHttp
from tests.fakes.wire import HANG_UP, Reply, Seen, WireServer
from tests.google.certificate import self_signed

POST = {"Content-Type": "message/rfc822"}


@pytest.fixture
def http() -> Iterator[PooledHttp]:
    pool = PooledHttp(connect_timeout_s=2, answer_timeout_s=2)
    yield pool
    pool.close()


class Mail:
    """A streamed body that counts its hand-overs."""

    def __init__(self, *pieces: bytes, says: int | None = None) -> None:
        self._pieces = pieces
        self.handed_over = 0
        self.read_at_hand_over = 0
        self._read = 0
        size = sum(len(piece) for piece in pieces)
        self.body = StreamedBody(size if says is None else says, self._open, self._hand_over)

    def _open(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._read += 1
            yield piece

    def _hand_over(self) -> None:
        self.handed_over += 1
        self.read_at_hand_over = self._read


def test_connections_are_kept_and_used_again(http: PooledHttp) -> None:
    """Ten requests in a row need one connection."""
    with WireServer(lambda _: Reply(body=b"hello")) as server:
        answers = [http.call("GET", server.url, headers={}) for _ in range(10)]
        http.close()

    assert [answer.body for answer in answers] == [b"hello"] * 10
    assert server.connections == 1


def test_a_connection_that_the_server_closed_is_not_used_again(http: PooledHttp) -> None:
    """An idle connection that was hung up is seen before anything is written to it."""
    with WireServer(lambda _: Reply()) as server:
        http.call("GET", server.url, headers={})
        server.hang_up()
        time.sleep(0.05)  # the hang-up travels through the kernel
        answer = http.call("POST", server.url, headers=POST, body=b"x")
        http.close()

    assert answer.status == 200
    assert server.connections == 2
    assert len(server.seen) == 2


def test_a_connection_that_was_idle_for_too_long_is_not_used_again() -> None:
    """Past the idle time a new connection is made."""
    http = PooledHttp(max_idle_s=0)
    with WireServer(lambda _: Reply()) as server:
        for _ in range(3):
            http.call("GET", server.url, headers={})
        http.close()

    assert server.connections == 3


def test_a_server_that_closes_is_obeyed(http: PooledHttp) -> None:
    """After Connection: close the connection is not kept."""
    with WireServer(lambda _: Reply(close=True)) as server:
        for _ in range(2):
            assert http.call("GET", server.url, headers={}).status == 200

    assert server.connections == 2


def test_a_hang_up_without_an_answer_is_never_repeated(http: PooledHttp) -> None:
    """The request is on the wire once, and its fate is unknown."""
    with WireServer(lambda _: HANG_UP) as server, pytest.raises(NoAnswerError) as raised:
        http.call("POST", server.url, headers=POST, body=Mail(b"mail").body)

    assert raised.value.whole
    assert len(server.seen) == 1


def test_nobody_listening_is_certain(http: PooledHttp) -> None:
    """A connection that cannot be made has sent nothing."""
    with WireServer(lambda _: Reply()) as server:
        url = server.url

    with pytest.raises(NoAnswerError) as raised:
        http.call("POST", url, headers=POST, body=b"x")

    assert not raised.value.whole


def test_pieces_go_in_order_and_the_hand_over_comes_before_the_last(http: PooledHttp) -> None:
    """All pieces arrive, and hand_over is called once, with the last piece in hand."""
    mail = Mail(b"one ", b"", b"two ", b"three")
    with WireServer(lambda _: Reply()) as server:
        http.call("POST", server.url, headers=POST, body=mail.body)
        http.close()

    assert server.seen[0].body == b"one two three"
    assert (mail.handed_over, mail.read_at_hand_over) == (1, 4)


def test_a_hand_over_that_fails_keeps_the_last_piece_here(http: PooledHttp) -> None:
    """What hand_over raises goes up, and the server never gets a whole request."""

    def refuse() -> None:
        raise LookupError("lease lost")

    body = StreamedBody(4, lambda: iter([b"ma", b"il"]), refuse)
    with WireServer(lambda _: Reply()) as server:
        with pytest.raises(LookupError):
            http.call("POST", server.url, headers=POST, body=body)
        assert http.call("GET", server.url, headers={}).status == 200
        http.close()

    assert [seen.method for seen in server.seen] == ["GET"]
    assert server.connections == 2


@pytest.mark.parametrize("says", [2, 3, 5])
def test_a_body_of_another_length_is_not_finished(http: PooledHttp, says: int) -> None:
    """A body that is not as long as it was said to be is never completed, nor handed over."""
    mail = Mail(b"ma", b"il", says=says)
    with WireServer(lambda _: Reply()) as server:
        with pytest.raises(ValueError, match="not as long"):
            http.call("POST", server.url, headers=POST, body=mail.body)
        assert http.call("GET", server.url, headers={}).status == 200
        http.close()

    assert mail.handed_over == 0
    assert [seen.method for seen in server.seen] == ["GET"]


def test_an_empty_piece_is_not_the_last_one(http: PooledHttp) -> None:
    """Nothing whole leaves before the hand-over, also where the body ends in an empty piece."""

    def refuse() -> None:
        raise LookupError("lease lost")

    body = StreamedBody(4, lambda: iter([b"mail", b""]), refuse)
    with WireServer(lambda _: Reply()) as server:
        with pytest.raises(LookupError):
            http.call("POST", server.url, headers=POST, body=body)
        assert http.call("GET", server.url, headers={}).status == 200
        http.close()

    assert [seen.method for seen in server.seen] == ["GET"]


def test_a_body_that_is_cut_short_is_certain(http: PooledHttp) -> None:
    """A server that hangs up in the middle of a body cannot have acted on it."""
    mail = Mail(*[b"x" * 1_000_000] * 20)
    with (
        WireServer(lambda _: Reply(read=1000, raw=b"", close=True)) as server,
        pytest.raises(NoAnswerError) as raised,
    ):
        http.call("POST", server.url, headers=POST, body=mail.body)

    assert not raised.value.whole
    assert mail.handed_over == 0


def test_an_early_refusal_is_an_answer(http: PooledHttp) -> None:
    """A server that refuses a body before its end is heard, and the answer says that it came early."""
    mail = Mail(*[b"x" * 1_000_000] * 20)
    with WireServer(lambda _: Reply(413, b"too large", read=1000, close=True)) as server:
        outcome = _status_or_whole(http, server.url, mail)

    # TCP lets the reset overtake the answer; then it is at least certain that nothing was sent.
    assert outcome in {(413, False), (None, False)}


def _status_or_whole(http: PooledHttp, url: str, mail: Mail) -> tuple[int | None, bool]:
    try:
        answer = http.call("POST", url, headers=POST, body=mail.body)
    except NoAnswerError as error:
        return None, error.whole
    return answer.status, answer.whole


def test_a_hang_up_during_the_hand_over_is_seen_before_the_last_piece(http: PooledHttp) -> None:
    """While the hand-over is written to disk the server may leave; then nothing was sent."""
    with WireServer(lambda _: Reply()) as server:
        http.call("GET", server.url, headers={})

        def hand_over() -> None:
            server.hang_up()
            time.sleep(0.05)  # the hang-up travels through the kernel

        body = StreamedBody(4, lambda: iter([b"mail"]), hand_over)
        with pytest.raises(NoAnswerError) as raised:
            http.call("POST", server.url, headers=POST, body=body)

    assert not raised.value.whole
    assert len(server.seen) == 1


def test_a_silent_server_is_given_up_after_the_time_out() -> None:
    """Without an answer in time the fate of the request is unknown."""
    http = PooledHttp(answer_timeout_s=0.2)
    quiet = threading.Event()
    with WireServer(lambda _: Reply(wait=quiet)) as server:
        with pytest.raises(NoAnswerError, match="TimeoutError") as raised:
            http.call("POST", server.url, headers=POST, body=Mail(b"mail").body)
        quiet.set()

    assert raised.value.whole


def test_a_dripping_answer_is_given_up_after_the_time_out() -> None:
    """The time-out is for the whole answer, not for each byte of it."""
    drips = 0

    def endless(_: Seen) -> Reply:
        nonlocal drips
        drips += 1
        return Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 10)

    http = PooledHttp(answer_timeout_s=0.3)
    with WireServer(endless) as server, pytest.raises(NoAnswerError) as raised:
        http.call("POST", server.url, headers=POST, body=b"x")

    assert raised.value.whole
    assert drips == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 999999 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"",
    ],
)
def test_an_answer_that_is_none_leaves_the_fate_unknown(http: PooledHttp, raw: bytes) -> None:
    """Garbage, cut and endless answers all count as no answer."""
    with WireServer(lambda _: Reply(raw=raw, close=True)) as server, pytest.raises(NoAnswerError) as raised:
        http.call("POST", server.url, headers=POST, body=b"x")

    assert raised.value.whole


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
    ],
)
def test_chunked_and_unmeasured_answers_are_read(http: PooledHttp, raw: bytes) -> None:
    """Both ways to end a body without a length are understood."""
    with WireServer(lambda _: Reply(raw=raw, close=True)) as server:
        assert http.call("GET", server.url, headers={}).body == b"hello"


def test_an_endless_answer_is_not_read_to_its_end(http: PooledHttp) -> None:
    """A body past the limit is no answer."""
    with WireServer(lambda _: Reply(body=b"x" * 2000)) as server, pytest.raises(NoAnswerError):
        http.call("GET", server.url, headers={}, limit_bytes=1999)


def test_redirects_are_not_followed(http: PooledHttp) -> None:
    """A redirect is an answer; a token does not travel on."""
    with WireServer(lambda _: Reply(302, headers={"Location": "http://127.0.0.1:1/"})) as server:
        assert http.call("GET", server.url, headers={}).status == 302
        http.close()


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "ä", "a\x00b"])
def test_a_header_that_is_not_one_line_is_refused_without_its_value(http: PooledHttp, value: str) -> None:
    """Nothing can be smuggled into the head, and the refusal does not repeat a secret."""
    with WireServer(lambda _: Reply()) as server:
        with pytest.raises(ValueError, match="'Authorization' is not one line") as raised:
            http.call("GET", server.url, headers={"Authorization": value})

        assert value not in str(raised.value)
        assert not server.seen


def test_many_threads_share_the_pool(http: PooledHttp) -> None:
    """Each answer reaches the thread that asked, over no more connections than threads."""
    wrong: list[str] = []

    def ask(number: int) -> None:
        for turn in range(20):
            expected = f"/{number}-{turn}"
            answer = http.call("GET", server.url + expected, headers={})
            if answer.body.decode() != expected:
                wrong.append(expected)

    with WireServer(lambda seen: Reply(body=seen.target.encode())) as server:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()

    assert not wrong
    assert server.connections <= 8


def test_a_certificate_that_nobody_vouches_for_is_refused(http: PooledHttp, tmp_path: Path) -> None:
    """Without a trusted certificate nothing is sent."""
    context = self_signed(tmp_path)
    with WireServer(lambda _: Reply(), tls=context) as server, pytest.raises(NoAnswerError) as raised:
        http.call("POST", server.url.replace("127.0.0.1", "localhost"), headers=POST, body=b"secret")

    assert not raised.value.whole
    assert not server.seen


def test_tls_connections_are_kept_too(
    http: PooledHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Session tickets do not look like a hang-up, and the version is 1.2 at least."""
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with WireServer(lambda _: Reply(), tls=context) as server:
        for _ in range(5):
            mail = Mail(b"one ", b"two")
            url = server.url.replace("127.0.0.1", "localhost")
            assert http.call("POST", url, headers=POST, body=mail.body).status == 200
        http.close()

    assert [seen.body for seen in server.seen] == [b"one two"] * 5
    assert server.connections == 1
    assert http._tls().minimum_version is ssl.TLSVersion.TLSv1_2
