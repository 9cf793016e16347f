"""Who belongs to the tenant: one page to add people, change their roles and remove them."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.errors import ConflictError, InvalidRequestError
from service.web.browser import Browser
from service.web.ports import WebPorts
from service.web.told import Done, Told


class MemberPages:
    """The views of a tenant's people."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def show(self) -> str:
        """All people, and the form for one more."""
        return self._page()

    def add(self) -> Response | tuple[str, int]:
        """Let one more person sign in."""
        _, tenant = self._browser.signed_in()
        address, role = request.form.get("address", ""), request.form.get("role", "")
        try:
            self._ports.members.add(tenant.id, address, role)
        except InvalidRequestError as error:
            return self._page([problem.code for problem in error.problems]), 422
        except ConflictError as error:
            return self._page([error.code]), 409
        self._told.leave(Done.MEMBER_ADDED)
        return redirect(url_for("web.members"), 303)

    def change_role(self, member_id: str) -> Response | tuple[str, int]:
        """Give another role, in open sessions too."""
        _, tenant = self._browser.signed_in()
        try:
            self._ports.members.change_role(tenant.id, member_id, request.form.get("role", ""))
        except ConflictError as error:
            return self._page([error.code]), 409
        return self._back(member_id, Done.ROLE_CHANGED)

    def remove(self, member_id: str) -> Response | tuple[str, int]:
        """Remove somebody; their sessions end at once."""
        _, tenant = self._browser.signed_in()
        try:
            self._ports.members.remove(tenant.id, member_id)
        except ConflictError as error:
            return self._page([error.code]), 409
        return self._back(member_id, Done.MEMBER_REMOVED)

    def _back(self, changed_id: str, done: Done) -> Response:
        """To the list; who has changed their own account may not see it any more."""
        self._told.leave(done)
        is_own = changed_id == self._own_id()
        return redirect(url_for("web.home" if is_own else "web.members"), 303)

    def _own_id(self) -> str | None:
        standing = self._browser.standing()
        return standing.member_id if standing else None

    def _page(self, codes: list[str] | None = None) -> str:
        _, tenant = self._browser.signed_in()
        domains = self._ports.settings.tenant_of_sign_in_domain
        return render_template(
            "members.html",
            tenant=tenant,
            public_url=self._ports.settings.public_url,
            members=self._ports.members.all(tenant.id),
            own_id=self._own_id(),
            domains=[domain for domain, tenant_id in domains.items() if tenant_id == tenant.id],
            codes=codes or [],
            typed={"address": request.form.get("address", "") if codes else ""},
        )
