"""What is set up and what is to do: the checklist, and a page for each check of the server."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, url_for

from service.connections.connection import Connection
from service.doctor.doctor import Doctor
from service.doctor.finding import Check, Condition, Finding
from service.errors import NotFoundError
from service.web.browser import Browser
from service.web.language import language
from service.web.ports import WebPorts

# Where a company does what is to do; the operator's checks have pages of their own.
_PLACES = {Check.CONNECTION: "web.new_connection", Check.TEST_MAIL: "web.home", Check.API_KEY: "web.keys"}
# The other details are paths and servers: for the operator's terminal, not for every tenant.
_TOLD = frozenset({Check.PUBLIC_ADDRESS, Check.WORKER, Check.CLOCK})


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in the language of the page, and where it leads."""

    check: Check
    condition: Condition
    title: str
    sentence: str
    fix: str | None
    detail: str | None
    copy: str | None
    address: str


class SetupPages:
    """Shows the rows."""

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def show(self) -> str:
        """The whole checklist."""
        _, tenant = self._browser.signed_in()
        connections = self._ports.connections.of_tenant(tenant.id)
        return render_template(
            "setup.html",
            own_rows=_rows(self._ports.doctor.of_tenant(tenant.id, connections)),
            server_rows=_rows(self._ports.doctor.of_server()),
        )

    def check(self, check: str) -> str:
        """One of the server's checks, with what helps.

        Raises:
            NotFoundError: there is no such check of the server.
        """
        self._browser.signed_in()
        found = [each for each in self._ports.doctor.of_server() if each.check == check]
        if not found:
            raise NotFoundError("check")
        return render_template("check.html", row=_rows(found)[0])


def pressing(doctor: Doctor, tenant_id: str, connections: Sequence[Connection]) -> list[Row]:
    """What the first page asks for: the company's steps until all are done, and what is broken."""
    own = doctor.of_tenant(tenant_id, connections)
    broken = [each for each in doctor.of_server() if each.condition is Condition.PROBLEM]
    if not broken and all(each.condition is Condition.OK for each in own):
        return []
    return _rows([*broken, *own])


def _rows(findings: Sequence[Finding]) -> list[Row]:
    spoken = language()
    return [
        Row(
            check=each.check,
            condition=each.condition,
            title=each.title.in_language(spoken),
            sentence=each.remark.sentence.in_language(spoken),
            fix=each.remark.fix.in_language(spoken) if each.remark.fix else None,
            detail=each.detail if each.check in _TOLD else None,
            copy=each.copy,
            address=url_for(_PLACES[each.check])
            if each.check in _PLACES
            else url_for("web.check", check=each.check.value),
        )
        for each in findings
    ]
