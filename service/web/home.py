"""The one page: mailboxes, test mail, last messages."""

from dataclasses import dataclass

from flask import render_template, request

from service.connections.connection import Connection
from service.errors import NotFoundError
from service.outbox.ports import MessageFilter
from service.web.browser import Browser
from service.web.ports import WebPorts

PAGE_LENGTH = 25
NOTICES = frozenset({"connected", "paused", "resumed", "disconnected"})


@dataclass(frozen=True, slots=True)
class RefusedTest:
    """A test mail whose addressee could not be read; the form is shown again with it."""

    connection_id: str
    to: str


class Home:
    """Shows the page, or the way to a login link."""

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def show(self) -> str:
        """The page of the signed-in tenant."""
        session = self._browser.session()
        if session is None or session.tenant_id is None:
            return render_template("welcome.html")
        return self.page()

    def page(self, refused: RefusedTest | None = None) -> str:
        """The page, with a refused test mail when there is one."""
        _, tenant = self._browser.signed_in()
        before = request.args.get("before") or None
        entries = self._ports.outbox.search(tenant.id, MessageFilter(before=before), PAGE_LENGTH + 1)
        notice, connection = self._notice(tenant.id)
        return render_template(
            "home.html",
            tenant=tenant,
            connections=self._ports.connections.of_tenant(tenant.id),
            incidents=self._ports.incidents(tenant.id),
            entries=entries[:PAGE_LENGTH],
            older=entries[PAGE_LENGTH - 1].id if len(entries) > PAGE_LENGTH else None,
            before=before,
            refused=refused,
            notice=notice,
            noticed=connection,
        )

    def leave_notice(self, notice: str, connection: Connection) -> None:
        """Let the next page say what has just happened."""
        self._browser.leave("notice", f"{notice}.{connection.id}")

    def _notice(self, tenant_id: str) -> tuple[str | None, Connection | None]:
        notice, _, connection_id = (self._browser.note("notice") or "").partition(".")
        self._browser.leave("notice", None)
        if notice not in NOTICES:
            return None, None
        try:
            return notice, self._ports.connections.get(tenant_id, connection_id)
        except NotFoundError:
            return None, None
