"""For those who build on the API: samples, and the keys."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from service.access.api_key import ApiKey
from service.errors import InvalidRequestError
from service.identifiers import new_id
from service.web.browser import Browser
from service.web.key_forms import LIFETIMES, OVERLAPS, RIGHTS, kept, key_id_of, read_key, rights_word
from service.web.ports import WebPorts
from service.web.samples import Sample, samples
from service.web.told import Done, Told

ANY_CONNECTION = "con_…"
ANY_KEY = "pa_live_…"


class DeveloperPages:
    """Shows, makes, replaces and ends keys."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def show(self) -> str:
        """Where to begin."""
        _, tenant = self._browser.signed_in()
        return render_template("developers.html", samples=self._samples(tenant.id))

    def keys(self) -> str:
        """The tenant's keys, those that are valid first."""
        _, tenant = self._browser.signed_in()
        now = self._ports.clock.now()
        keys = sorted(self._ports.keys.of_tenant(tenant.id), key=lambda key: not key.is_valid(now))
        return render_template("keys.html", keys=keys, now=now, **self._words(tenant.id))

    def ask(self) -> str:
        """An empty form."""
        _, tenant = self._browser.signed_in()
        return self._form(tenant.id, kept({}), None)

    def create(self) -> str | tuple[str, int]:
        """Make a key and show it, this one time: no redirect, as the secret is kept nowhere."""
        _, tenant = self._browser.signed_in()
        connections = self._ports.connections.of_tenant(tenant.id)
        try:
            new = read_key(tenant.id, request.form, frozenset(each.id for each in connections))
        except InvalidRequestError as error:
            return self._form(tenant.id, kept(request.form), error), 422
        key, secret = self._ports.keys.create(new)
        return self._once(key, secret.get_secret_value())

    def key(self, key_id: str) -> str:
        """One key, and what can be done with it."""
        _, tenant = self._browser.signed_in()
        key = self._ports.keys.get(tenant.id, key_id)
        return render_template(
            "key.html",
            key=key,
            now=self._ports.clock.now(),
            overlaps=OVERLAPS,
            fresh_id=new_id("key"),
            **self._words(tenant.id),
        )

    def roll(self, key_id: str) -> str:
        """Replace a key, and show the new one this one time."""
        _, tenant = self._browser.signed_in()
        hours = request.form.get("overlap", "")
        if hours not in OVERLAPS:
            raise BadRequest
        overlap = timedelta(hours=int(hours))
        key, secret = self._ports.keys.roll(tenant.id, key_id, key_id_of(request.form), overlap)
        return self._once(key, secret.get_secret_value())

    def ask_revoke(self, key_id: str) -> str:
        """Say what follows before anything happens."""
        _, tenant = self._browser.signed_in()
        return render_template("revoke.html", key=self._ports.keys.get(tenant.id, key_id))

    def revoke(self, key_id: str) -> Response:
        """End it at once."""
        _, tenant = self._browser.signed_in()
        self._ports.keys.revoke(tenant.id, key_id)
        self._told.leave(Done.KEY_REVOKED)
        return redirect(url_for("web.keys"), 303)

    def _form(self, tenant_id: str, typed: dict[str, str], error: InvalidRequestError | None) -> str:
        return render_template(
            "new_key.html",
            typed=typed,
            ticked=request.form.getlist("connection"),
            problems=error.problems if error else (),
            fields={each.pointer.removeprefix("/"): each.code for each in error.problems} if error else {},
            rights=RIGHTS,
            lifetimes=LIFETIMES,
            connections=self._ports.connections.of_tenant(tenant_id),
            fresh_id=new_id("key"),
        )

    def _once(self, key: ApiKey, secret: str) -> str:
        only = sorted(key.connection_ids) if key.connection_ids else []
        return render_template(
            "key_once.html",
            key=key,
            secret=secret,
            samples=self._samples(key.tenant_id, secret, only[0] if only else None),
        )

    def _samples(self, tenant_id: str, key: str = ANY_KEY, connection_id: str | None = None) -> list[Sample]:
        if connection_id is None:
            connections = self._ports.connections.of_tenant(tenant_id)
            connection_id = connections[0].id if connections else ANY_CONNECTION
        return samples(self._ports.settings.public_url, key, connection_id)

    def _words(self, tenant_id: str) -> dict[str, object]:
        return {
            "rights_word": rights_word,
            "addresses": self._ports.connections.addresses(tenant_id),
        }
