"""Signing in with a one-time link, signing out, choosing a language."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

from flask import redirect, render_template, request, url_for
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from service.web.browser import Browser
from service.web.language import LANGUAGES, use_link_locale
from service.web.ports import WebPorts
from service.web.problems import advice
from service.web.told import Done, Told

_REMEMBERED = timedelta(days=365)
_CAN_BE_OPENED_AGAIN = frozenset(
    {
        f"web.{endpoint}"
        for endpoint in (
            "home",
            "login",
            "connect_link",
            "confirm",
            "connection",
            "ask_disconnect",
            "ask_test",
            "tested",
            "messages",
            "message",
            "ask_correction",
            "problem",
            "problems",
            "new_connection",
            "invite",
            "new_login",
            "workspace",
            "relay",
            "new_delegation",
            "delegation",
            "ask_remove_delegation",
            "domains",
            "hand_over",
            "wizard_link",
            "developers",
            "keys",
            "new_key",
            "key",
            "ask_revoke",
            "settings",
            "members",
            "limits",
            "setup",
            "check",
            "tenants",
            "account",
        )
    }
)


class SignIn:
    """The views around the session itself."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def ask(self, secret: str) -> str | tuple[str, int]:
        """Show one button. Looking does not use the link up: mail scanners open every link."""
        link = self._ports.session_links.find(secret)
        if link is None:
            return _invalid()
        use_link_locale(link.locale)
        return render_template("login.html", secret=secret)

    def enter(self, secret: str) -> Response | tuple[str, int]:
        """Use the link up and open a session."""
        link = self._ports.session_links.use(secret)
        if link is None:
            return _invalid()
        self._browser.open(link.standing, locale=self._browser.note("language") or link.locale)
        return redirect(url_for("web.home"), 303)

    def leave(self) -> Response:
        """End the session."""
        self._browser.close()
        self._told.leave(Done.SIGNED_OUT)
        return redirect(url_for("web.home"), 303)

    def choose_language(self) -> Response:
        """Remember the language, in the session or else in a cookie, and show the same page again."""
        wish = request.form.get("language", "")
        session = self._browser.session()
        if wish in LANGUAGES:
            self._browser.leave("language", wish, _REMEMBERED)
            if session is not None:
                self._ports.sessions.set_locale(session.id, wish)
        return redirect(_own_place(request.form.get("next", "")), 303)


def _invalid() -> tuple[str, int]:
    code = "login-link-invalid"
    return render_template("problem.html", code=code, advice=advice(code)), 404


def here() -> str:
    """Path and query of this page, for the choice of a language; what Google wrote into one stays there."""
    has_query = request.query_string and request.endpoint in _CAN_BE_OPENED_AGAIN
    return request.full_path if has_query else request.path


def _own_place(place: str) -> str:
    """The place, with its query, when it is a page of ours that can be opened again, else the start page."""
    path, _, query = place.partition("?")
    adapter = request_ctx.url_adapter
    try:
        found = adapter.match(path, method="GET") if adapter and path.startswith("/") else None
    except HTTPException:
        found = None
    if found is None or found[0] not in _CAN_BE_OPENED_AGAIN:
        return url_for("web.home")
    own = url_for(found[0], **found[1])
    # Written anew: whatever was sent, it stays a query.
    return f"{own}?{urlencode(parse_qsl(query, keep_blank_values=True))}" if query else own
