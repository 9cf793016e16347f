"""A mail server that answers as a test wants it."""

from collections.abc import Callable

from service.connections.credential import MailLogin
from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind


class FakeProbe:
    """Serves ``MailServerProbe``: all goes well, until a step is told to fail.

    Attributes:
        meanwhile: what happens while the server is asked.
    """

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] = list
        self.failing: ProbeStep | None = None
        self.seen: list[tuple[MailLogin, WayKind, str]] = []

    def probe(self, login: MailLogin, kind: WayKind, sender: str) -> list[ProbeStep]:
        """Every step up to the failing one."""
        self.seen.append((login, kind, sender))
        self.meanwhile()
        steps: list[ProbeStep] = []
        for name in ProbeName:
            if self.failing is not None and self.failing.name is name:
                return [*steps, self.failing]
            steps.append(ProbeStep(name, reply="OK"))
        return steps
