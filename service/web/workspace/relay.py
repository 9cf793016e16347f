"""The SMTP relay of a Workspace: what the admin enters, and the check with the first sender."""

import ipaddress
import re
from collections.abc import Generator, Iterable, Mapping

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.connections.connection import AccountKind
from service.connections.logins import NewLogin
from service.connections.ports import ProbeName, ProbeStep
from service.errors import ChecksBusyError, InvalidRequestError, Problem
from service.web import live
from service.web.browser import Browser
from service.web.login_forms import FormKind, kept, read_login
from service.web.logins import Refusal, not_begun, refusal_of, watched
from service.web.ports import WebPorts
from service.web.workspace.guests import Guests

CONSOLE = "https://admin.google.com/ac/apps/gmail/routing"
_NOTE = "relay"
# How Google's relay names who is not on its list: "Invalid credentials for relay [192.0.2.7]." or,
# where it may also be the domain that it does not know, "Mail relay denied [192.0.2.7]."
_SEEN = re.compile(r"relay( denied)? \[([0-9A-Fa-f.:]{2,45})\]")


class RelayPages:
    """Shows the path in the Admin console, signs in at the relay, keeps the sender."""

    def __init__(self, ports: WebPorts, browser: Browser, guests: Guests) -> None:
        self._ports = ports
        self._browser = browser
        self._guests = guests

    def show(self) -> str:
        """The steps and the form; after a check that went well, its steps."""
        typed = kept({"connection_id": request.args.get("connection", "")})
        passed_id = self._browser.note(_NOTE)
        self._browser.leave(_NOTE, None)
        return self._page(typed | self._known(typed["connection_id"]), passed_id=passed_id)

    def add(self) -> Response | tuple[str, int]:
        """Check at the relay and keep; what is wrong is shown on the same page, without the password."""
        asker = self._guests.asker()
        typed = kept(request.form)
        typed |= self._known(typed["connection_id"])
        try:
            new = read_login(FormKind.RELAY, asker.tenant.id, {**request.form, **typed})
            if live.is_wanted():
                return watched(self._watched(typed, new))
            connection, _ = self._ports.logins.add(new)
        except (InvalidRequestError, ChecksBusyError) as error:
            return self._refused(typed, error)
        self._browser.leave(_NOTE, connection.id)
        return redirect(url_for("web.relay"), 303)

    def _watched(self, typed: Mapping[str, str], new: NewLogin) -> Generator[ProbeStep, None, live.Outcome]:
        """As ``add``, step by step."""
        try:
            connection = yield from self._ports.logins.adding(new)
        except (InvalidRequestError, ChecksBusyError) as error:
            return live.Outcome(self._refused(typed, error)[0])
        return live.Outcome(self._page(kept({}), passed_id=connection.id), url_for("web.relay"))

    def _refused(
        self, typed: Mapping[str, str], error: InvalidRequestError | ChecksBusyError
    ) -> tuple[str, int]:
        if isinstance(error, ChecksBusyError):
            return self._page(typed, not_begun(error)), 429
        return self._page(typed, refusal_of(FormKind.RELAY, error)), 422

    def _known(self, connection_id: str) -> dict[str, str]:
        """What the mailbox settles already: its sender never changes."""
        if not connection_id:
            return {}
        tenant = self._guests.asker().tenant
        return {"address": self._ports.connections.get(tenant.id, connection_id).address}

    def _page(
        self, typed: Mapping[str, str], refusal: Refusal | None = None, passed_id: str | None = None
    ) -> str:
        asker = self._guests.asker()
        connections = self._ports.connections.of_tenant(asker.tenant.id)
        problems = refusal.problems if refusal else ()
        seen = _seen_addresses(problems)
        return render_template(
            "workspace/relay.html",
            asker=asker,
            relays=[one for one in connections if one.account_kind is AccountKind.RELAY],
            passed=next((one for one in connections if one.id == passed_id), None),
            passed_steps=list(ProbeName),
            typed=typed,
            refusal=refusal,
            console=CONSOLE,
            addresses=list(dict.fromkeys([*seen, *self._ports.settings.own_addresses])),
            is_seen=bool(seen),
            is_certain=not any("relay denied" in problem.detail for problem in problems),
        )


def _seen_addresses(problems: Iterable[Problem]) -> list[str]:
    """Our addresses as the relay itself names them when it refuses them."""
    found = (_SEEN.search(problem.detail) for problem in problems)
    return [str(address) for match in found if match for address in _parsed(match[2])]


def _parsed(text: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        return [ipaddress.ip_address(text)]
    except ValueError:
        return []
