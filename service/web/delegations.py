"""Domain-wide delegation: one page for the key, the admin's entry, the allowed senders and the check."""

import json

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.catalogue import ADMIN_PATH
from service.delegation.report import Report
from service.delegation.setup import Wanted
from service.errors import InvalidRequestError, Problem
from service.mail.address import Address, AddressError, parse_address
from service.web.browser import Browser
from service.web.language import language
from service.web.ports import WebPorts


class DelegationPages:
    """Shows set-ups, adds them, changes their senders, verifies them."""

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def show(self) -> str:
        """All set-ups, and the form for one more."""
        return self._page()

    def add(self) -> Response | tuple[str, int]:
        """Keep a key file and connect its senders; the key is never shown again."""
        session, tenant = self._browser.signed_in()
        try:
            wanted = Wanted(_senders(request.form.get("senders", "")))
            self._ports.delegations.add_with_key(tenant.id, _document(), wanted, f"web:{session.id}")
        except InvalidRequestError as error:
            return self._page(refused=error), 422
        return redirect(url_for("web.delegations"), 303)

    def set_senders(self, delegation_id: str) -> Response | tuple[str, int]:
        """Replace the list of senders; who is no longer in it stops at once."""
        session, tenant = self._browser.signed_in()
        self._ports.delegations.get(tenant.id, delegation_id)
        try:
            senders = _senders(request.form.get("senders", ""))
            self._ports.delegations.set_senders(tenant.id, delegation_id, senders, f"web:{session.id}")
        except InvalidRequestError as error:
            return self._page(refused=error, refused_id=delegation_id), 422
        return redirect(url_for("web.delegations"), 303)

    def check(self, delegation_id: str) -> str | tuple[str, int]:
        """Ask Google; the answer is this page itself, step by step."""
        _, tenant = self._browser.signed_in()
        sender = request.form.get("sender", "").strip() or None
        try:
            report = self._ports.delegation_check.run(tenant.id, delegation_id, sender)
        except InvalidRequestError as error:
            return self._page(refused=error, refused_id=delegation_id), 422
        return self._page(report=report)

    def _page(
        self,
        *,
        refused: InvalidRequestError | None = None,
        refused_id: str | None = None,
        report: Report | None = None,
    ) -> str:
        _, tenant = self._browser.signed_in()
        return render_template(
            "delegations.html",
            delegations=self._ports.delegations.all(tenant.id),
            admin_path=ADMIN_PATH.in_language(language()),
            problems=_each_once(refused.problems) if refused else [],
            refused_id=refused_id,
            typed_senders=request.form.get("senders", "") if refused else "",
            report=report,
        )


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


def _each_once(problems: tuple[Problem, ...]) -> list[Problem]:
    """The words of a code are the same for every field of the key file."""
    return list({problem.code: problem for problem in problems}.values())
