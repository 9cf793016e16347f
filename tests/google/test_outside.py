"""How the installation is seen from outside, over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from service.google.http import PooledHttp
from service.google.outside import HttpOutside


class Answer(BaseHTTPRequestHandler):
    """Is fine at two addresses; its clock stands still."""

    date = "Mon, 23 Nov 2026 09:00:05 GMT"

    def do_GET(self) -> None:
        """Answer without a body."""
        self.send_response(200 if self.path in {"/healthz", "/certs"} else 502)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header Date."""
        assert timestamp is None
        return self.date

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def outside() -> Iterator[HttpOutside]:
    """The world, on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with closing(PooledHttp(answer_timeout_s=5)) as http:
            yield HttpOutside(http, f"http://127.0.0.1:{server.server_port}/certs")
        server.shutdown()
        thread.join()


def test_only_a_good_answer_counts(outside: HttpOutside) -> None:
    """A proxy that has lost its service answers too; a closed port does not."""
    origin = outside._certs_url.removesuffix("/certs")

    assert outside.is_answering(f"{origin}/healthz")
    assert not outside.is_answering(f"{origin}/other")
    assert not outside.is_answering("http://127.0.0.1:1/healthz")


def test_the_time_is_the_answers_own(outside: HttpOutside) -> None:
    """To the second, aware."""
    assert outside.google_time() == datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize("date", ["soon", "Mon, 99 Nov 2026 09:00:05 GMT", ""])
def test_what_is_no_date_is_no_time(outside: HttpOutside, monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    """A proxy on the way may write anything there."""
    monkeypatch.setattr(Answer, "date", date)

    assert outside.google_time() is None


def test_a_date_without_a_zone_is_utc(outside: HttpOutside, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5322 §3.3 writes the unknown zone so; HTTP knows no other one than UTC."""
    monkeypatch.setattr(Answer, "date", "Mon, 23 Nov 2026 09:00:05 -0000")

    assert outside.google_time() == datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


def test_no_answer_is_no_time() -> None:
    """Nobody is there."""
    with closing(PooledHttp(connect_timeout_s=2)) as http:
        assert HttpOutside(http, "http://127.0.0.1:1/certs").google_time() is None
