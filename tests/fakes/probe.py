"""A mail server that answers as a test wants it."""

from collections.abc import Callable, Iterator

from service.connections.credential import MailLogin
from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind


class FakeProbe:
    """Serves ``MailServerProbe``: all goes well, until a step is told to fail.

    Attributes:
        meanwhile: what happens while the server is asked.
        before: what happens before a step.
    """

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] = list
        self.before: Callable[[ProbeName], object] = str
        self.failing: ProbeStep | None = None
        self.seen: list[tuple[MailLogin, WayKind, str]] = []

    def probe(self, login: MailLogin, kind: WayKind, sender: str) -> Iterator[ProbeStep]:
        """Every step up to the failing one."""
        self.seen.append((login, kind, sender))
        self.meanwhile()
        for name in ProbeName:
            self.before(name)
            if self.failing is not None and self.failing.name is name:
                yield self.failing
                return
            yield ProbeStep(name, reply="OK")
