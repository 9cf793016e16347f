"""Google on loopback as one thing to start and stop."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from service.clock import Clock
from service.sandbox.app import create_app
from service.sandbox.google import Google
from service.sandbox.wire import Server

_NOTE = """\
A pretended Google at {url} (accounts, mailboxes, all mail). Settings of a service that uses it:
  POSTAUSGANG_GMAIL_URL={url}
  POSTAUSGANG_GOOGLE_REVOKE_URL={url}/revoke
  POSTAUSGANG_GOOGLE_CERTS_URL={url}/oauth2/v1/certs
Its OAuth client file (google_client.json):
  curl -s {url}/sandbox/clients -H 'Content-Type: application/json' \\
    -d '{{"redirect_uris": ["http://localhost:8025/consent/callback"]}}'"""


class Sandbox:
    """A Google of its own on loopback: ``with Sandbox() as sandbox: ... sandbox.url``.

    Stopped and started again it keeps its port and everything in it, as after an outage.

    Args:
        port: 0 takes a free one.
        clock: decides when codes and tokens end.
        token_lifetime_s: how long access tokens live.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        clock: Clock | None = None,
        token_lifetime_s: int = 3599,
    ) -> None:
        self.google = Google(clock, token_lifetime_s=token_lifetime_s)
        self._server = Server(create_app(self.google), host, port)

    @property
    def url(self) -> str:
        """Its origin, without a slash at the end."""
        host = f"[{self._server.host}]" if ":" in self._server.host else self._server.host
        return f"http://{host}:{self._server.port}"

    @property
    def connections(self) -> int:
        """How many connections were ever accepted."""
        return self._server.accepted

    def client_file(self, redirect_uris: list[str]) -> dict[str, dict[str, object]]:
        """Register an OAuth client and give its file, in the shape that Google's console downloads."""
        return self.google.client_file(self.url, redirect_uris)

    def start(self) -> Self:
        """Listen."""
        self.google.stopping.clear()
        self._server.start()
        return self

    def stop(self) -> None:
        """Close every connection and wait for every thread."""
        self.google.stopping.set()
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def run(host: str, port: int) -> None:
    """Run a sandbox until Ctrl+C or SIGTERM, and say where it is."""
    ended = threading.Event()
    with _on_signals(ended), Sandbox(host, port) as sandbox:
        print(_NOTE.format(url=sandbox.url), flush=True)  # noqa: T201, this is what the command says
        ended.wait()


@contextlib.contextmanager
def _on_signals(ended: threading.Event) -> Iterator[None]:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in signals}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
