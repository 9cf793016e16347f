"""The operator's page: all tenants; which one to look at, a new one, a link for its people."""

from dataclasses import replace

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from service.access.member import Role
from service.access.members import GIVEN_ROLES
from service.access.session import Standing
from service.access.tenant import Tenant, new_tenant
from service.errors import InvalidRequestError
from service.web.browser import Browser, NotSignedInError
from service.web.ports import WebPorts
from service.web.told import Done, Told


class TenantPages:
    """The views of who runs the service."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def show(self) -> str:
        """All tenants."""
        return self._page()

    def add(self) -> Response | tuple[str, int]:
        """Add one, and look at it."""
        try:
            tenant = new_tenant(request.form.get("name", ""), self._ports.clock.now())
        except InvalidRequestError as error:
            return self._page(codes=[problem.code for problem in error.problems]), 422
        self._ports.tenants.add(tenant)
        return self._look_at(tenant, Done.TENANT_ADDED)

    def look_at(self, tenant_id: str) -> Response:
        """See its pages from now on."""
        return self._look_at(self._ports.tenants.get(tenant_id), Done.LOOKING)

    def make_login_link(self, tenant_id: str) -> str:
        """Make a one-time link for somebody of the tenant. This answer alone shows it."""
        tenant = self._ports.tenants.get(tenant_id)
        role = request.form.get("role", "")
        if role not in GIVEN_ROLES:
            raise BadRequest
        own = self._standing()
        standing = Standing(Role(role), tenant.id, maker_id=own.answerable_id)
        return self._page(linked=tenant, url=self._ports.session_links.login(standing))

    def _look_at(self, tenant: Tenant, done: Done) -> Response:
        own, session = self._standing(), self._browser.session()
        self._browser.go_on(replace(own, tenant_id=tenant.id), locale=session.locale if session else None)
        self._told.leave(done)
        return redirect(url_for("web.home"), 303)

    def _standing(self) -> Standing:
        standing = self._browser.standing()
        if standing is None:
            raise NotSignedInError
        return standing

    def _page(
        self, *, codes: list[str] | None = None, linked: Tenant | None = None, url: str | None = None
    ) -> str:
        return render_template(
            "tenants.html",
            tenants=self._ports.tenants.all(),
            codes=codes or [],
            typed={"name": request.form.get("name", "") if codes else ""},
            linked=linked,
            url=url,
        )
