"""Google on loopback as one thing to start and stop."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from service.clock import Clock
from service.sandbox.app import create_app
from service.sandbox.google import Google
from service.sandbox.smtp.certificate import authority
from service.sandbox.smtp.ports import SmtpPorts
from service.sandbox.wire import Server

_NOTE = """\
A pretended Google at {url} (accounts, mailboxes, all mail). Settings of a service that uses it:
{settings}
App passwords, relay, delegation: {url}/workspace
Its OAuth client file (google_client.json):
  curl -s {url}/sandbox/clients -H 'Content-Type: application/json' \\
    -d '{{"redirect_uris": ["http://localhost:8025/consent/callback"]}}'"""


EHLO_NAME = "app.beispiel.example"


class Sandbox:
    """A Google of its own on loopback: ``with Sandbox() as sandbox: ... sandbox.url``.

    Stopped and started again it keeps its port and everything in it, as after an outage.

    Args:
        port: of HTTP; the four SMTP ports follow it. 0 takes free ones.
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
        self._smtp = SmtpPorts(self.google, host, port + 1 if port else 0)

    @property
    def host(self) -> str:
        """The address that all its ports are on, as it stands in a URL."""
        return f"[{self._server.host}]" if ":" in self._server.host else self._server.host

    @property
    def url(self) -> str:
        """Its origin, without a slash at the end."""
        return f"http://{self.host}:{self._server.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What a service sets to use it in Google's place; ``ehlo_name`` is of a registered domain."""
        return {
            "gmail_url": self.url,
            "google_revoke_url": f"{self.url}/revoke",
            "google_certs_url": f"{self.url}/oauth2/v1/certs",
            "iam_url": self.url,
            "gmail_smtp": f"tls://{self.host}:{self.smtps_port}",
            "gmail_submission": f"starttls://{self.host}:{self.submission_port}",
            "relay_smtp": f"starttls://{self.host}:{self.relay_port}",
            "smtp_ca_file": str(self.ca_path),
            "ehlo_name": EHLO_NAME,
        }

    @property
    def smtps_port(self) -> int:
        """``smtp.gmail.com:465``: TLS from the first byte."""
        return self._smtp.smtps.port

    @property
    def submission_port(self) -> int:
        """``smtp.gmail.com:587``: STARTTLS."""
        return self._smtp.submission.port

    @property
    def relay_port(self) -> int:
        """``smtp-relay.gmail.com:587``: STARTTLS, or none."""
        return self._smtp.relay.port

    @property
    def relay_smtps_port(self) -> int:
        """``smtp-relay.gmail.com:465``: TLS from the first byte."""
        return self._smtp.relay_smtps.port

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the authority behind the SMTP ports' certificate."""
        return authority().pem

    @property
    def ca_path(self) -> Path:
        """The same as a file, until this process ends."""
        return authority().path

    @property
    def smtp_connections(self) -> int:
        """How many SMTP connections were ever accepted."""
        return self._smtp.accepted

    @property
    def round_trips(self) -> int:
        """How often a client had to wait for SMTP replies, greetings included."""
        return self.google.counters["smtp:round_trips"]

    @property
    def connections(self) -> int:
        """How many HTTP connections were ever accepted."""
        return self._server.accepted

    def client_file(self, redirect_uris: list[str]) -> dict[str, dict[str, object]]:
        """Register an OAuth client and give its file, in the shape that Google's console downloads."""
        return self.google.client_file(self.url, redirect_uris)

    def service_account(self) -> dict[str, str]:
        """Make a service account and give its key file, as Google's console downloads it."""
        return self.google.service_account(self.url)

    def start(self) -> Self:
        """Listen."""
        self.google.stopping.clear()
        try:
            self._server.start()
            self._smtp.start()
        except OSError:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close every connection and wait for every thread."""
        self.google.stopping.set()
        self._server.stop()
        self._smtp.stop()

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
        print(_note(sandbox), flush=True)  # noqa: T201, this is what the command says
        ended.wait()


def _note(sandbox: Sandbox) -> str:
    settings = (f"  POSTAUSGANG_{name.upper()}={value}" for name, value in sandbox.settings.items())
    return _NOTE.format(url=sandbox.url, settings="\n".join(settings))


@contextlib.contextmanager
def _on_signals(ended: threading.Event) -> Iterator[None]:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in signals}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
