"""*The mailbox is somebody else's*: a connect link for its owner, and the mail that it is sent with."""

from collections.abc import Mapping

from flask import render_template, request, url_for
from flask_babel import gettext

from service.access.tenant import Tenant
from service.consent.ports import ConnectLink
from service.errors import InvalidRequestError
from service.web.browser import Browser
from service.web.letters import Letter, in_each_language
from service.web.logins import Refusal
from service.web.ports import WebPorts
from service.web.times import Times

_FIELD_OF = {"/expected_address": "address", "/purpose": "purpose"}


class InvitationPages:
    """Makes the link for the tenant; what its visitor sees is in ``consent``."""

    def __init__(self, ports: WebPorts, browser: Browser, times: Times) -> None:
        self._ports = ports
        self._browser = browser
        self._times = times

    def ask(self) -> str:
        """Say what the link does, and ask whom it is for."""
        _, tenant = self._browser.signed_in()
        purpose = gettext("So that the invoices of %(tenant)s leave from your mailbox.", tenant=tenant.name)
        return _form(tenant, {"address": "", "purpose": purpose})

    def make(self) -> str | tuple[str, int]:
        """A new link, shown this one time, in a mail of each language."""
        _, tenant = self._browser.signed_in()
        standing = self._browser.standing()
        typed = {name: request.form.get(name, "").strip() for name in ("address", "purpose")}
        try:
            link, url = self._ports.links.make(
                tenant_id=tenant.id,
                purpose=typed["purpose"],
                expected_address=typed["address"] or None,
                key_id=standing.key_id if standing else None,
                maker_id=standing.answerable_id if standing else None,
            )
        except InvalidRequestError as error:
            fields = {_FIELD_OF[problem.pointer]: problem.code for problem in error.problems}
            return _form(tenant, typed, Refusal(error.problems, fields)), 422
        letters = in_each_language(lambda tag: self._letter(tag, tenant, link, url))
        return render_template("invited.html", tenant=tenant, link=link, url=url, letters=letters)

    def _letter(self, tag: str, tenant: Tenant, link: ConnectLink, url: str) -> Letter:
        lines = (
            gettext("Hello,"),
            gettext(
                "%(tenant)s wants to send invoices from your Google mailbox. For that you connect it once. "
                "It takes about a minute, and you give no password away:",
                tenant=tenant.name,
            ),
            url,
            gettext("Please choose this account at Google: %(address)s", address=link.expected_address)
            if link.expected_address
            else gettext("At Google please choose the account that your customers know."),
            gettext(
                "Tick “Send email on your behalf” there, and confirm once more at the end. Your mail cannot "
                "be read or deleted by this. The link works once, until %(date)s.",
                date=self._times.day(link.expires_at),
            ),
            gettext("Thank you!"),
        )
        subject = gettext("Please connect your mailbox: invoices of %(tenant)s", tenant=tenant.name)
        return Letter(tag, subject, "\n\n".join(lines), to=link.expected_address or "")


def _form(tenant: Tenant, typed: Mapping[str, str], refusal: Refusal | None = None) -> str:
    return render_template(
        "invite.html", tenant=tenant, typed=typed, refusal=refusal, address=url_for("web.make_invitation")
    )
