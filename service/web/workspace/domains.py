"""SPF, DKIM and DMARC of the tenant's own domains, looked up when somebody presses the button."""

from collections.abc import Generator

from flask import render_template, request
from werkzeug.wrappers import Response

from service.domains.check import LOOKED_AT
from service.domains.own import own_domains
from service.domains.report import DomainReport, Finding
from service.errors import ChecksBusyError, InvalidRequestError, NotFoundError
from service.web import live
from service.web.ports import WebPorts
from service.web.words import DOMAIN_RESULTS, DOMAIN_SUBJECTS
from service.web.workspace.guests import Guests

CONSOLE = "https://admin.google.com/ac/apps/gmail/authenticateemail"


class DomainPages:
    """Asks which domain, and tells what receivers find."""

    def __init__(self, ports: WebPorts, guests: Guests) -> None:
        self._ports = ports
        self._guests = guests

    def show(self) -> str:
        """The domains to choose from; nothing is looked up yet."""
        return self._page(request.args.get("domain", ""))

    def check(self) -> Response | tuple[str, int]:
        """Look it up; what comes of it is this page itself. Nobody's domain but the tenant's is asked for."""
        domain = request.form.get("domain", "").strip().lower()
        if domain not in self._domains():
            raise NotFoundError("domain")
        rows = [live.Row(DOMAIN_SUBJECTS[subject]) for subject in LOOKED_AT]
        return live.answered(rows, self._watched(domain), lambda finding: DOMAIN_RESULTS[finding.result])

    def _watched(self, domain: str) -> Generator[Finding, None, live.Outcome]:
        selector = request.form.get("selector", "").strip() or None
        try:
            report = yield from self._ports.domain_check(self._guests.asker().tenant.id, domain, selector)
        except InvalidRequestError:
            return live.Outcome(self._page(domain, refused=True), status=422)
        except ChecksBusyError as error:
            return live.Outcome(self._page(domain, busy=error), status=429)
        return live.Outcome(self._page(domain, report))

    def _domains(self) -> list[str]:
        tenant = self._guests.asker().tenant
        return own_domains(
            self._ports.connections.of_tenant(tenant.id), self._ports.delegations.all(tenant.id)
        )

    def _page(
        self,
        domain: str,
        report: DomainReport | None = None,
        *,
        refused: bool = False,
        busy: ChecksBusyError | None = None,
    ) -> str:
        return render_template(
            "workspace/domains.html",
            asker=self._guests.asker(),
            domains=self._domains(),
            chosen=domain,
            selector=request.form.get("selector", "").strip(),
            report=report,
            is_refused=refused,
            busy=busy,
            console=CONSOLE,
        )
