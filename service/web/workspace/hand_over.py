"""*I am not the admin*: a link that opens the wizard alone, and the mail that it is sent with."""

from datetime import datetime

from flask import redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.web.browser import Browser
from service.web.letters import Letter, in_each_language
from service.web.ports import WebPorts
from service.web.problems import advice
from service.web.times import Times
from service.web.workspace.guests import Guests


class HandOverPages:
    """Makes the link for the tenant; lets the admin in who opens it."""

    def __init__(self, ports: WebPorts, browser: Browser, guests: Guests, times: Times) -> None:
        self._ports = ports
        self._browser = browser
        self._guests = guests
        self._times = times

    def ask(self) -> str:
        """Say what the link opens, and what not."""
        _, tenant = self._browser.signed_in()
        return render_template("workspace/hand_over.html", tenant=tenant, letters=[], url=None)

    def make(self) -> str:
        """A new link, shown this one time, in a mail of each language: first that of the page."""
        _, tenant = self._browser.signed_in()
        secret, until = self._guests.invite()
        url = self._ports.settings.public_url + url_for("web.wizard_link", secret=secret)
        return render_template(
            "workspace/hand_over.html",
            tenant=tenant,
            url=url,
            until=until,
            letters=in_each_language(lambda tag: _letter(tag, tenant.name, url, until, self._times)),
        )

    def open_link(self, secret: str) -> str | tuple[str, int]:
        """Say who asks, with one button. Looking does not use the link up: mail scanners open every link."""
        host = self._guests.host(secret)
        if host is None and not self._guests.are_in():
            return _invalid()
        return render_template("workspace/enter.html", secret=secret, host=host)

    def enter(self, secret: str) -> Response | tuple[str, int]:
        """Use the link up; who is in already comes back by it."""
        if self._guests.admit(secret) or self._guests.are_in():
            return redirect(url_for("web.workspace"), 303)
        return _invalid()


def _invalid() -> tuple[str, int]:
    code = "wizard-link-invalid"
    return render_template("problem.html", code=code, advice=advice(code)), 404


def _letter(tag: str, tenant: str, url: str, until: datetime, times: Times) -> Letter:
    lines = (
        gettext("Hello,"),
        gettext(
            "%(tenant)s wants to send its invoices from our own Google Workspace, with Postausgang. For "
            "that an admin has to enter something in the Google Admin console once. It takes about ten "
            "minutes.",
            tenant=tenant,
        ),
        gettext("This page shows it step by step, with everything to copy. It needs no account:"),
        url,
        gettext(
            "The link can be opened once, until %(date)s. It shows these steps alone, no mail and no "
            "customer. In the same browser you can come back to them for a week.",
            date=times.day(until),
        ),
        gettext("Thank you!"),
    )
    return Letter(tag, gettext("Please set up: sending invoices by Google Workspace"), "\n\n".join(lines))
