"""Google's consoles: what an account holder, a Workspace admin and a project's owner press there."""

import ipaddress
import json
from collections.abc import Callable

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from service.sandbox.google import Google
from service.sandbox.pages import guard


def create_console(google: Google) -> Blueprint:
    """The pages over one state."""
    blueprint = Blueprint("console", __name__, url_prefix="/workspace")
    pages = _Console(google)
    blueprint.add_url_rule("", "workspace", pages.workspace)
    rules: tuple[tuple[str, str, Callable[[], ResponseReturnValue]], ...] = (
        ("app-passwords", "create_app_password", pages.create_app_password),
        ("relay/allow", "allow_ip", pages.allow_ip),
        ("relay/deny", "deny_ip", pages.deny_ip),
        ("service-accounts", "create_service_account", pages.create_service_account),
        ("delegations", "allow_client", pages.allow_client),
        ("delegations/delete", "delete_client", pages.delete_client),
    )
    for place, endpoint, view in rules:
        blueprint.add_url_rule(f"/{place}", endpoint, view, methods=["POST"])
    blueprint.before_request(_check_site)
    blueprint.after_request(guard)
    return blueprint


class _Console:
    def __init__(self, google: Google) -> None:
        self._google = google

    def workspace(self) -> str:
        """Ports, app passwords, relay and delegation."""
        return self._page()

    def create_app_password(self) -> str:
        """A new app password, shown once."""
        address = request.form.get("account", "")
        if self._google.directory.find_account(address) is None:
            abort(404)
        return self._page(address, self._google.app_password(address))

    def allow_ip(self) -> Response:
        """Register an address with the relay."""
        self._google.relay.allow_ip(_ip())
        return _back("relay")

    def deny_ip(self) -> Response:
        """Take it off the list."""
        self._google.relay.deny_ip(_ip())
        return _back("relay")

    def create_service_account(self) -> Response:
        """A new service account; its key file is downloaded, this one time."""
        file = self._google.service_account(request.host_url.rstrip("/"))
        name = f"{file['client_email'].partition('@')[0]}.json"
        return Response(
            json.dumps(file, indent=2),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def allow_client(self) -> Response:
        """Enter a client with its scopes; as at Google, nobody looks whether there are such."""
        scopes = request.form.get("scopes", "").replace(",", " ").split()
        client_id = request.form.get("client_id", "").strip()
        if client_id and scopes:
            self._google.delegations.allow(self._domain(), client_id, scopes)
        return _back("delegation")

    def delete_client(self) -> Response:
        """Delete an entry."""
        self._google.delegations.revoke(self._domain(), request.form.get("client_id", ""))
        return _back("delegation")

    def _domain(self) -> str:
        domain = request.form.get("domain", "")
        return domain if domain in self._google.directory.domains() else abort(404)

    def _page(self, address: str = "", password: str = "") -> str:
        google = self._google
        return render_template(
            "workspace.html",
            ports=google.ports,
            accounts=google.directory.accounts(),
            relay=google.relay,
            domains=sorted(google.directory.domains()),
            delegations=google.delegations.all(),
            service_accounts=google.service_accounts.all(),
            address=address,
            password=password,
        )


def _check_site() -> None:
    """A foreign page presses nothing here; Origin is null, for the pages send no referrer."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site") != "same-origin":
        abort(403)


def _ip() -> str:
    try:
        return str(ipaddress.ip_address(request.form.get("ip", "").strip()))
    except ValueError:
        abort(400, "This is no IP address.")


def _back(part: str) -> Response:
    return redirect(url_for("console.workspace", _anchor=part), 303)
