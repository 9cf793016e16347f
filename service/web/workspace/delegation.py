"""Domain-wide delegation, step by step: key, senders, the admin's entry, check."""

import json
from collections.abc import Generator

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.catalogue import ADMIN_PATH
from service.connections.delegation import Delegation
from service.delegation.check import steps_for
from service.delegation.report import Report, Step
from service.delegation.setup import Wanted
from service.errors import ChecksBusyError, InvalidRequestError, Problem
from service.mail.address import Address, AddressError, parse_address
from service.web import live
from service.web.language import language
from service.web.ports import WebPorts
from service.web.told import Done, Told
from service.web.words import CHECK_RESULTS, CHECK_STEPS
from service.web.workspace.guests import Guests
from service.web.workspace.overview import stage_of

CONSOLE = "https://admin.google.com/ac/owl/domainwidedelegation"
_KEYLESS = ("account", "client_id")


class DelegationPages:
    """Takes the key, then the senders, shows what the admin enters, verifies, and removes."""

    def __init__(self, ports: WebPorts, guests: Guests, told: Told) -> None:
        self._ports = ports
        self._guests = guests
        self._told = told

    def ask(self) -> str:
        """The first step: the service account."""
        return self._key_page()

    def add(self) -> Response | tuple[str, int]:
        """Keep a key file, or a service account for which the operator's identity signs."""
        asker = self._guests.asker()
        try:
            if request.form.get("keyless"):
                account = (_typed("account"), _typed("client_id"))
                change = self._ports.delegations.add_keyless(
                    asker.tenant.id, account, Wanted(()), asker.actor
                )
            else:
                change = self._ports.delegations.add_with_key(
                    asker.tenant.id, _document(), Wanted(()), asker.actor
                )
        except InvalidRequestError as error:
            return self._key_page(error), 422
        self._told.leave(Done.ACCOUNT_SAVED)
        return redirect(url_for("web.delegation", delegation_id=change.delegation.id), 303)

    def show(self, delegation_id: str) -> str:
        """The other steps, from where the set-up stands."""
        return self._page(delegation_id)

    def set_senders(self, delegation_id: str) -> Response | tuple[str, int]:
        """Replace the list of senders; who is no longer in it stops at once."""
        asker = self._guests.asker()
        delegation = self._ports.delegations.get(asker.tenant.id, delegation_id)
        try:
            senders = _merged(_senders(request.form.get("senders", "")), delegation.senders)
            self._ports.delegations.set_senders(asker.tenant.id, delegation_id, senders, asker.actor)
        except InvalidRequestError as error:
            return self._page(delegation_id, refused=error), 422
        self._told.leave(Done.SENDERS_SAVED)
        return redirect(url_for("web.delegation", delegation_id=delegation_id), 303)

    def check(self, delegation_id: str) -> Response | tuple[str, int]:
        """Ask Google, step by step; what comes of it is this page itself."""
        tenant = self._guests.asker().tenant
        delegation = self._ports.delegations.get(tenant.id, delegation_id)
        rows = [live.Row(CHECK_STEPS[name], scope) for name, scope in steps_for(delegation)]
        return live.answered(rows, self._watched(delegation), lambda step: CHECK_RESULTS[step.result])

    def _watched(self, delegation: Delegation) -> Generator[Step, None, live.Outcome]:
        checking = self._ports.delegation_check(delegation.tenant_id, delegation.id, _typed("sender") or None)
        try:
            report = yield from checking
        except InvalidRequestError as error:
            return live.Outcome(self._page(delegation.id, refused=error), status=422)
        except ChecksBusyError as error:
            return live.Outcome(self._page(delegation.id, busy=error), status=429)
        return live.Outcome(self._page(delegation.id, report=report))

    def ask_remove(self, delegation_id: str) -> str:
        """Say what follows before anything happens."""
        asker = self._guests.asker()
        delegation = self._ports.delegations.get(asker.tenant.id, delegation_id)
        return render_template("workspace/remove.html", asker=asker, delegation=delegation)

    def remove(self, delegation_id: str) -> Response:
        """Forget the key, and stop all its senders."""
        asker = self._guests.asker()
        self._ports.delegations.remove(asker.tenant.id, delegation_id, asker.actor)
        self._told.leave(Done.DELEGATION_REMOVED)
        return redirect(url_for("web.workspace"), 303)

    def _key_page(self, refused: InvalidRequestError | None = None) -> str:
        return render_template(
            "workspace/key.html",
            asker=self._guests.asker(),
            problems=_each_once(refused),
            typed={name: _typed(name) for name in _KEYLESS},
            is_keyless=bool(request.form.get("keyless")),
        )

    def _page(
        self,
        delegation_id: str,
        *,
        refused: InvalidRequestError | None = None,
        report: Report | None = None,
        busy: ChecksBusyError | None = None,
    ) -> str:
        asker = self._guests.asker()
        delegation = (
            report.delegation if report else self._ports.delegations.get(asker.tenant.id, delegation_id)
        )
        return render_template(
            "workspace/delegation.html",
            asker=asker,
            delegation=delegation,
            stage=stage_of(delegation),
            checks={check.sender: check for check in delegation.checks},
            chosen=report.sender if report and report.code else _next(delegation),
            console=CONSOLE,
            admin_path=ADMIN_PATH.in_language(language()),
            problems=_each_once(refused),
            typed_senders=request.form.get("senders") if refused else None,
            shown_senders=request.form.get("shown") if refused else None,
            report=report,
            checked_id=self._connection_of(report) if report and report.code is None else None,
            busy=busy,
        )

    def _connection_of(self, report: Report) -> str | None:
        """The mailbox that was checked, for a test mail from it; an admin from outside sends none."""
        addresses = self._ports.connections.addresses(report.delegation.tenant_id)
        return next((one for one, address in addresses.items() if address == report.sender), None)


def _next(delegation: Delegation) -> str:
    """Whom to check now: who was not yet, then who was refused, then who was longest ago."""
    checks = {check.sender: (check.code is None, check.at) for check in delegation.checks}
    unchecked = sorted(delegation.senders - checks.keys())
    return unchecked[0] if unchecked else min(checks, key=checks.__getitem__, default="")


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _document() -> dict[str, object]:
    """The key file as it was uploaded, else as it was pasted.

    Raises:
        InvalidRequestError: code ``key-file-invalid``: it is no JSON object; nothing of it is repeated.
    """
    file = request.files.get("key_file")
    text = file.read() if file and file.filename else request.form.get("key", "").encode()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # no UTF-8, no JSON, or nested without end
        document = None
    if not isinstance(document, dict):
        raise InvalidRequestError(Problem("/key", "key-file-invalid", "This is no JSON object."))
    return document


def _senders(text: str) -> tuple[Address, ...]:
    """One address a line, or parted by commas. Raises ``InvalidRequestError``."""
    try:
        return tuple(parse_address(part) for part in text.replace(",", "\n").split())
    except AddressError as error:
        raise InvalidRequestError(Problem("/senders", error.code, error.args[0])) from None


def _merged(typed: tuple[Address, ...], now: frozenset[str]) -> list[Address]:
    """What was typed, and what somebody else has added or removed since the list was shown."""
    shown = frozenset(request.form.get("shown", " ".join(now)).split())
    left = [address for address in typed if address.key not in shown - now]
    return [*left, *_senders(" ".join(now - shown))]


def _each_once(refused: InvalidRequestError | None) -> list[Problem]:
    """The words of a code are the same for every field of the key file."""
    return list({problem.code: problem for problem in refused.problems}.values()) if refused else []
