"""The SMTP ports of a sandbox: implicit TLS and STARTTLS for ``smtp.gmail.com``, the same for the relay."""

from collections.abc import Callable

from service.sandbox.google import Google
from service.sandbox.listener import Guest, Listener
from service.sandbox.smtp.certificate import authority
from service.sandbox.smtp.houses import House, Submission, WorkspaceRelay
from service.sandbox.smtp.line import Line
from service.sandbox.smtp.session import Session


class SmtpPorts:
    """All of them; started and stopped together.

    Args:
        first_port: of four in a row; 0 takes free ones.
    """

    def __init__(self, google: Google, host: str, first_port: int) -> None:
        self._google = google
        gmail, relay = Submission(google), WorkspaceRelay(google)
        wanted = range(first_port, first_port + 4) if first_port else (0, 0, 0, 0)
        self.smtps = Listener(host, wanted[0], self._converse(gmail, is_secure=True))
        self.submission = Listener(host, wanted[1], self._converse(gmail, is_secure=False))
        self.relay = Listener(host, wanted[2], self._converse(relay, is_secure=False))
        self.relay_smtps = Listener(host, wanted[3], self._converse(relay, is_secure=True))
        self._all = (self.smtps, self.submission, self.relay, self.relay_smtps)

    @property
    def accepted(self) -> int:
        """Connections so far."""
        return sum(listener.accepted for listener in self._all)

    def start(self) -> None:
        """Listen."""
        for listener in self._all:
            listener.start()
        self._google.ports = {
            "smtps": self.smtps.port,
            "submission": self.submission.port,
            "relay": self.relay.port,
            "relay_smtps": self.relay_smtps.port,
        }

    def stop(self) -> None:
        """Close every connection and wait for every thread."""
        for listener in self._all:
            listener.stop()

    def _converse(self, house: House, *, is_secure: bool) -> Callable[[Guest], None]:
        def converse(guest: Guest) -> None:
            self._google.counters.add("smtp:connections")
            line = Line(guest, self._google.counters)
            if is_secure:
                line.secure(authority().context)
            Session(self._google, house, line).run()

        return converse
