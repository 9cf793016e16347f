"""The first page: all mailboxes at a glance."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.connections.connection import Connection, ConnectionStatus
from service.web.browser import Browser
from service.web.menu import Menu
from service.web.notices import Notices
from service.web.ports import WebPorts
from service.web.rights import Rights
from service.web.setup import pressing

PAGE_LENGTH = 25
_MAX_SEARCH = 100


@dataclass(frozen=True, slots=True)
class _Pile:
    """The part of a tenant's mailboxes that one page shows.

    Attributes:
        number: of the page, from 1.
        pages: how many there are; at least one.
    """

    shown: list[Connection]
    number: int
    pages: int


class Home:
    """Shows the list, or the ways to sign in."""

    def __init__(
        self, ports: WebPorts, browser: Browser, menu: Menu, rights: Rights, notices: Notices
    ) -> None:
        self._menu = menu
        self._rights = rights
        self._ports = ports
        self._browser = browser
        self._notices = notices

    def show(self) -> str | Response:
        """The page of the signed-in tenant; who sees other pages only is sent to the first of them."""
        if self._browser.standing() is None:
            return render_template("welcome.html")
        first = self._menu.first()
        return self._list() if first == "web.home" else redirect(url_for(first), 303)

    def _list(self) -> str:
        _, tenant = self._browser.signed_in()
        store, now = self._ports.connections, self._ports.clock.now()
        search = request.args.get("q", "").strip()[:_MAX_SEARCH]
        connections = store.of_tenant(tenant.id)
        broken = [one for one in connections if one.status is ConnectionStatus.NEEDS_RECONNECT]
        waiting = self._ports.outbox.waiting(tenant.id, now)
        sets_up = self._rights.may("setup")
        return render_template(
            "home.html",
            pile=_pile(connections, search, request.args.get("page", "1")),
            tasks=pressing(self._ports.doctor, tenant.id, connections) if sets_up else (),
            search=search,
            is_searchable=len(connections) > PAGE_LENGTH,
            has_any=bool(connections),
            broken=broken,
            stuck=sum(waiting.get(one.id, 0) for one in broken),
            waiting=waiting,
            default=store.default(tenant.id),
            routes=store.routes(tenant.id),
            usage=store.usage(tenant.id, now),
            notice=self._notices.take(tenant.id),
        )


def _pile(connections: list[Connection], search: str, page: str) -> _Pile:
    """What needs its owner comes first, the rest by address."""
    found = sorted(
        (one for one in connections if _matches(one, search.lower())),
        key=lambda one: (one.status is not ConnectionStatus.NEEDS_RECONNECT, one.address.lower()),
    )
    pages = max(1, -(-len(found) // PAGE_LENGTH))
    number = min(int(page), pages) if page.isascii() and page.isdigit() and len(page) < len("10000") else 1
    number = max(1, number)
    return _Pile(found[(number - 1) * PAGE_LENGTH : number * PAGE_LENGTH], number, pages)


def _matches(connection: Connection, search: str) -> bool:
    return search in f"{connection.address} {connection.display_name or ''}".lower()
