"""What the page before this one has just done, told once on the next one."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.connections.connection import Connection
from service.connections.ports import ConnectionStore, ProbeName
from service.consent.ladder import STEPS, Access, Step
from service.errors import NotFoundError
from service.web.browser import Browser

_KNOWN = frozenset(
    {"connected", "signed_in", "paused", "resumed", "disconnected", "renamed", "default", "rerouted"}
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One of them.

    Attributes:
        what: ``connected``, ``signed_in``, ``paused`` …
        unticked: what was asked for at Google and not given.
        steps: what went well at a mail server.
    """

    what: str
    connection: Connection
    unticked: tuple[Step, ...] = ()
    steps: tuple[ProbeName, ...] = ()


class Notices:
    """Kept in the browser from one page to the next."""

    def __init__(self, connections: ConnectionStore, browser: Browser) -> None:
        self._connections = connections
        self._browser = browser

    def leave(self, what: str, connection: Connection, more: Iterable[Access | ProbeName] = ()) -> None:
        """Let the next page say it; ``more``: what was not given, or the steps taken."""
        self._browser.leave("notice", ".".join((what, connection.id, *more)))

    def take(self, tenant_id: str) -> Notice | None:
        """What was left, if it is about a mailbox of this tenant."""
        what, connection_id, *names = f"{self._browser.note('notice') or ''}.".split(".")
        self._browser.leave("notice", None)
        if what not in _KNOWN:
            return None
        try:
            connection = self._connections.get(tenant_id, connection_id)
        except NotFoundError:
            return None
        unticked = tuple(STEPS[Access(name)] for name in names if name in STEPS)
        return Notice(what, connection, unticked, tuple(step for step in ProbeName if step in names))
