"""Which messages went out: the list."""

from flask import render_template, request
from flask_babel import gettext

from service.outbox.entry import Entry, State
from service.web.browser import Browser
from service.web.filters import Filters, read_filters
from service.web.ports import WebPorts
from service.web.times import Times

PAGE_LENGTH = 25
MOVING = frozenset({State.QUEUED, State.SENDING})
_MOVING_PAUSE_S = 2
_DEFERRED_PAUSE_S = 15
_LIST = "div#list"  # what htmx says it will put the answer into, when it only looks again


class Activity:
    """The messages of the tenant, newest first."""

    def __init__(self, ports: WebPorts, browser: Browser, times: Times) -> None:
        self._ports = ports
        self._browser = browser
        self._times = times

    def show(self) -> tuple[str, int]:
        """One page of the list; 422 and no list where a filter is wrong."""
        _, tenant = self._browser.signed_in()
        filters = read_filters(request.args, self._times)
        is_poll = request.headers.get("HX-Target") == _LIST
        connections = {} if is_poll else self._connections(tenant.id, filters)
        entries = self._entries(tenant.id, filters)
        page = render_template(
            "messages.html",
            filters=filters,
            is_poll=is_poll,
            connections=connections,
            entries=entries[:PAGE_LENGTH],
            older=entries[PAGE_LENGTH - 1].id if len(entries) > PAGE_LENGTH else None,
            pause_s=pause_s(*entries[:PAGE_LENGTH]),
        )
        return page, 422 if filters.faults else 200

    def _connections(self, tenant_id: str, filters: Filters) -> dict[str, str]:
        """Addresses to choose from; whether the chosen one is among them."""
        connections = self._ports.connections.addresses(tenant_id)
        chosen = filters.wanted.connection_id
        if chosen is not None and chosen not in connections:
            filters.faults["connection"] = gettext("There is no such connection.")
        return connections

    def _entries(self, tenant_id: str, filters: Filters) -> list[Entry]:
        if filters.faults:
            return []
        return self._ports.outbox.search(tenant_id, filters.wanted, PAGE_LENGTH + 1)


def pause_s(*entries: Entry) -> int | None:
    """After how many seconds it is worth looking again; ``None`` when nothing moves by itself."""
    states = {entry.state for entry in entries}
    if states & MOVING:
        return _MOVING_PAUSE_S
    return _DEFERRED_PAUSE_S if State.DEFERRED in states else None
