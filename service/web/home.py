"""The first page: the mailboxes, and what can be done with each."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from service.connections.connection import Connection
from service.connections.ports import ProbeName
from service.consent.ladder import STEPS, Access, Step, given
from service.errors import NotFoundError
from service.web.browser import Browser
from service.web.menu import Menu
from service.web.ports import WebPorts
from service.web.rights import Rights
from service.web.setup import pressing

NOTICES = frozenset({"connected", "signed_in", "paused", "resumed", "disconnected", "tested"})


@dataclass(frozen=True, slots=True)
class RefusedTest:
    """A test mail whose addressee could not be read; the form is shown again with it."""

    connection_id: str
    to: str


@dataclass(frozen=True, slots=True)
class _Notice:
    """What the page before this one has just done."""

    what: str | None = None
    connection: Connection | None = None
    unticked: tuple[Step, ...] = ()
    steps: tuple[ProbeName, ...] = ()


class Home:
    """Shows the page, or the ways to sign in."""

    def __init__(self, ports: WebPorts, browser: Browser, menu: Menu, rights: Rights) -> None:
        self._menu = menu
        self._rights = rights
        self._ports = ports
        self._browser = browser

    def show(self) -> str | Response:
        """The page of the signed-in tenant; who sees other pages only is sent to the first of them."""
        if self._browser.standing() is None:
            return render_template("welcome.html")
        first = self._menu.first()
        return self.page() if first == "web.home" else redirect(url_for(first), 303)

    def page(self, refused: RefusedTest | None = None) -> str:
        """The page, with a refused test mail when there is one."""
        _, tenant = self._browser.signed_in()
        notice = self._notice(tenant.id)
        connections = self._ports.connections.of_tenant(tenant.id)
        sets_up = self._rights.may("setup")
        return render_template(
            "home.html",
            tenant=tenant,
            connections=connections,
            tasks=pressing(self._ports.doctor, tenant.id, connections) if sets_up else (),
            routes=self._ports.connections.routes(tenant.id),
            usage=self._ports.connections.usage(tenant.id, self._ports.clock.now()),
            incidents=self._ports.incidents(tenant.id),
            refused=refused,
            notice=notice.what,
            noticed=notice.connection,
            unticked=notice.unticked,
            noticed_steps=notice.steps,
            ladder=STEPS.values(),
            given=given,
        )

    def leave_notice(
        self, notice: str, connection: Connection, more: Iterable[Access | ProbeName] = ()
    ) -> None:
        """Let the next page say what has just happened; ``more``: what was not given, or the steps taken."""
        self._browser.leave("notice", ".".join((notice, connection.id, *more)))

    def _notice(self, tenant_id: str) -> _Notice:
        notice, connection_id, *names = f"{self._browser.note('notice') or ''}.".split(".")
        self._browser.leave("notice", None)
        if notice not in NOTICES:
            return _Notice()
        try:
            connection = self._ports.connections.get(tenant_id, connection_id)
        except NotFoundError:
            return _Notice()
        unticked = tuple(STEPS[Access(name)] for name in names if name in STEPS)
        return _Notice(notice, connection, unticked, tuple(step for step in ProbeName if step in names))
