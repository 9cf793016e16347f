"""One mailbox: everything about it, and what its owner does with it."""

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from service.connections.connection import AccountKind, Connection
from service.connections.way import Way, WayKind
from service.consent.ladder import STEPS, given
from service.mail.address import AddressError, check_mailbox_name
from service.web.browser import Browser
from service.web.notices import Notice, Notices
from service.web.ports import WebPorts

_MOVES = {"up": -1, "down": 1}


class ConnectionPages:
    """The page of a mailbox, and its buttons."""

    def __init__(self, ports: WebPorts, browser: Browser, notices: Notices) -> None:
        self._ports = ports
        self._store = ports.connections
        self._browser = browser
        self._notices = notices

    def show(self, connection_id: str) -> str:
        """All that is known of it."""
        return self._page(self._get(connection_id))

    def told(self, connection: Connection, notice: Notice) -> str:
        """The page of a mailbox that something has just been done to."""
        return self._page(connection, notice=notice)

    def rename(self, connection_id: str) -> Response | tuple[str, int]:
        """Change the name beside the address."""
        connection = self._get(connection_id)
        typed = request.form.get("display_name", "").strip()
        try:
            check_mailbox_name(typed)
        except AddressError as error:
            return self._page(connection, typed_name=typed, name_code=error.code), 422
        renamed = self._store.rename(connection.tenant_id, connection.id, typed or None)
        return self._done("renamed", renamed)

    def make_default(self, connection_id: str) -> Response:
        """Let it send what names no mailbox."""
        _, tenant = self._browser.signed_in()
        return self._done("default", self._store.make_default(tenant.id, connection_id))

    def reroute(self, connection_id: str) -> Response:
        """Move one way up or down, or remove it with what opens it."""
        _, tenant = self._browser.signed_in()
        route = [state.way for state in self._store.route(tenant.id, connection_id)]
        order = _reordered(route)
        changed = self._ports.consent.reroute(tenant.id, connection_id, order, seen=route)
        return self._done("rerouted", changed)

    def pause(self, connection_id: str) -> Response:
        """Hold its mail."""
        _, tenant = self._browser.signed_in()
        return self._done("paused", self._store.pause(tenant.id, connection_id, self._ports.clock.now()))

    def resume(self, connection_id: str) -> Response:
        """Let its mail flow again."""
        _, tenant = self._browser.signed_in()
        return self._done("resumed", self._store.resume(tenant.id, connection_id, self._ports.clock.now()))

    def ask_disconnect(self, connection_id: str) -> str:
        """Say what follows before anything happens."""
        connection = self._get(connection_id)
        default = self._store.default(connection.tenant_id)
        route = self._store.route(connection.tenant_id, connection_id)
        return render_template(
            "disconnect.html",
            connection=connection,
            is_delegated=any(state.way.kind.is_delegated for state in route),
            waiting=self._waiting(connection),
            is_default=default == connection,
        )

    def disconnect(self, connection_id: str) -> Response:
        """Take the access back at Google and forget it."""
        connection = self._get(connection_id)
        connection = self._ports.consent.disconnect(connection.tenant_id, connection_id)
        self._notices.leave("disconnected", connection)
        return redirect(url_for("web.home"), 303)

    def _get(self, connection_id: str) -> Connection:
        _, tenant = self._browser.signed_in()
        return self._store.get(tenant.id, connection_id)

    def _done(self, what: str, connection: Connection) -> Response:
        self._notices.leave(what, connection)
        return redirect(url_for("web.connection", connection_id=connection.id), 303)

    def _waiting(self, connection: Connection) -> int:
        now = self._ports.clock.now()
        return self._ports.outbox.waiting(connection.tenant_id, now).get(connection.id, 0)

    def _page(
        self,
        connection: Connection,
        typed_name: str | None = None,
        name_code: str = "",
        notice: Notice | None = None,
    ) -> str:
        tenant_id, now = connection.tenant_id, self._ports.clock.now()
        ways = self._store.ways(tenant_id, connection.id)
        return render_template(
            "connection.html",
            connection=connection,
            route=[state for state, _ in ways],
            kept={state.way.credential_id: kept for state, kept in ways},
            used=self._store.usage(tenant_id, now)[connection.id],
            waiting=self._waiting(connection),
            incident=self._ports.incidents(tenant_id).get(connection.id),
            is_default=self._store.default(tenant_id) == connection,
            fallbacks=_fallbacks(connection, {state.way.kind for state, _ in ways}),
            ladder=STEPS.values(),
            has=given(connection.scopes),
            notice=notice or self._notices.take(tenant_id),
            typed_name=(connection.display_name or "") if typed_name is None else typed_name,
            name_code=name_code,
        )


def _reordered(route: list[Way]) -> list[Way]:
    """The route after the button that was pressed; a way that is no longer there changes nothing."""
    pressed = {name: request.form[name] for name in (*_MOVES, "remove") if name in request.form}
    if len(pressed) != 1:
        raise BadRequest
    [(name, kind)] = pressed.items()
    place = next((place for place, way in enumerate(route) if way.kind == kind), None)
    if place is None:
        return route
    order = [way for way in route if way.kind != kind]
    if name in _MOVES:
        order.insert(max(0, place + _MOVES[name]), route[place])
    return order


def _fallbacks(connection: Connection, has: set[WayKind]) -> list[WayKind]:
    """The ways that could still be added here."""
    is_google = connection.account_kind in {AccountKind.CONSUMER, AccountKind.WORKSPACE}
    offered = [WayKind.APP_PASSWORD] if is_google else []
    return [kind for kind in (*offered, WayKind.SMTP_SERVER) if kind not in has]
