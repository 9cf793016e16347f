"""One's own account: who one is here, another tenant of one's own, signing out everywhere."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.access.member import Member, Role
from service.errors import NotFoundError
from service.web.browser import Browser
from service.web.google_sign_in import standing_of
from service.web.ports import WebPorts
from service.web.told import Done, Told


class AccountPages:
    """The views of the person who is signed in."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def show(self) -> str:
        """Who is signed in, and as what."""
        own = self._accounts()
        names = {tenant.id: tenant.name for tenant in self._ports.tenants.all()} if own else {}
        return render_template(
            "account.html", standing=self._browser.standing(), accounts=own, tenant_names=names
        )

    def switch(self) -> Response:
        """Go on as another account of the same person."""
        wanted = request.form.get("member_id")
        member = next((each for each in self._accounts() if each.id == wanted), None)
        if member is None:
            raise NotFoundError("member")
        self._browser.go_on(standing_of(member), locale=member.locale)
        self._told.leave(Done.LOOKING)
        return redirect(url_for("web.home"), 303)

    def leave_everywhere(self) -> Response:
        """End all sessions of the person; of whom a link has let in, this one."""
        standing = self._browser.standing()
        if standing is not None and standing.member_id is not None:
            self._ports.sessions.end_all(standing.member_id)
        self._browser.close()
        self._told.leave(Done.SIGNED_OUT_EVERYWHERE)
        return redirect(url_for("web.home"), 303)

    def _accounts(self) -> list[Member]:
        standing = self._browser.standing()
        if standing is None or standing.member_id is None:
            return []
        own = self._ports.accounts.of_same_person(standing.member_id)
        operators = self._ports.settings.operator_addresses
        # An operator's account outlives its place in the settings, and opens nothing then.
        return [each for each in own if each.role is not Role.OPERATOR or each.address in operators]
