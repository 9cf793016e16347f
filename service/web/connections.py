"""What an owner does with a connected mailbox."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.mail.address import AddressError
from service.web.browser import Browser
from service.web.home import Home, RefusedTest
from service.web.language import language
from service.web.ports import WebPorts
from service.web.rights import Rights


class ConnectionPages:
    """Test, pause, resume and disconnect."""

    def __init__(self, ports: WebPorts, browser: Browser, home: Home, rights: Rights) -> None:
        self._ports = ports
        self._browser = browser
        self._home = home
        self._rights = rights

    def test(self, connection_id: str) -> Response | tuple[str, int]:
        """Queue a test mail and show its timeline, to whom may see it."""
        session, tenant = self._browser.signed_in()
        to = request.form.get("to", "").strip() or None
        try:
            entry = self._ports.test_mail(tenant.id, connection_id, to, language(), f"web:{session.id}")
        except AddressError:
            return self._home.page(RefusedTest(connection_id, to or "")), 422
        if self._rights.may("message"):
            return redirect(url_for("web.message", entry_id=entry.id), 303)
        self._home.leave_notice("tested", self._ports.connections.get(tenant.id, connection_id))
        return redirect(url_for("web.home"), 303)

    def pause(self, connection_id: str) -> Response:
        """Hold its mail."""
        _, tenant = self._browser.signed_in()
        connection = self._ports.connections.pause(tenant.id, connection_id, self._ports.clock.now())
        self._home.leave_notice("paused", connection)
        return redirect(url_for("web.home"), 303)

    def resume(self, connection_id: str) -> Response:
        """Let its mail flow again."""
        _, tenant = self._browser.signed_in()
        connection = self._ports.connections.resume(tenant.id, connection_id, self._ports.clock.now())
        self._home.leave_notice("resumed", connection)
        return redirect(url_for("web.home"), 303)

    def ask_disconnect(self, connection_id: str) -> str:
        """Say what follows before anything happens."""
        _, tenant = self._browser.signed_in()
        connection = self._ports.connections.get(tenant.id, connection_id)
        return render_template("disconnect.html", tenant=tenant, connection=connection)

    def disconnect(self, connection_id: str) -> Response:
        """Take the access back at Google and forget it."""
        _, tenant = self._browser.signed_in()
        self._ports.connections.get(tenant.id, connection_id)
        connection = self._ports.consent.disconnect(tenant.id, connection_id)
        self._home.leave_notice("disconnected", connection)
        return redirect(url_for("web.home"), 303)
