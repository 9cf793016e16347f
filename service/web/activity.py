"""Which messages went out: the list."""

from flask import render_template, request

from service.outbox.ports import MessageFilter
from service.web.browser import Browser
from service.web.ports import WebPorts

PAGE_LENGTH = 25


class Activity:
    """The messages of the tenant, newest first."""

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def show(self) -> str:
        """One page of the list."""
        _, tenant = self._browser.signed_in()
        before = request.args.get("before") or None
        entries = self._ports.outbox.search(tenant.id, MessageFilter(before=before), PAGE_LENGTH + 1)
        return render_template(
            "messages.html",
            entries=entries[:PAGE_LENGTH],
            older=entries[PAGE_LENGTH - 1].id if len(entries) > PAGE_LENGTH else None,
            before=before,
        )
