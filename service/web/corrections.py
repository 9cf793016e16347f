"""Correct the address and send: the same content to other recipients, as a new message."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service.errors import AlreadySentError, IdempotencyKeyReusedError, InvalidRequestError
from service.identifiers import new_id
from service.mail.address import Address, AddressError, parse_address
from service.outbox.correct import CorrectionOrder
from service.outbox.entry import Entry, RecipientKind, RecipientOutcome, State
from service.web.browser import Browser
from service.web.ports import WebPorts
from service.web.problems import lost
from service.web.told import Done, Told

_MAX_KEY = 60


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the form: a text with one address a line for each field."""

    texts: dict[str, str]
    key: str
    force: bool = False


class CorrectionPages:
    """The form, and what its button does."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def ask(self, entry_id: str) -> str:
        """The form, with the addresses that have not got the mail, else with all."""
        _, tenant = self._browser.signed_in()
        entry = self._ports.outbox.get(tenant.id, entry_id)
        return self._page(entry, _Typed(dict(_wanting(entry)), new_id("cor")), {})

    def send(self, entry_id: str) -> Response | tuple[str, int]:
        """Send it; the form again where something is wrong in it."""
        _, tenant = self._browser.signed_in()
        entry = self._ports.outbox.get(tenant.id, entry_id)
        texts = {kind.value: request.form.get(kind.value, "") for kind in RecipientKind}
        key = request.form.get("key", "")[:_MAX_KEY] or new_id("cor")
        typed = _Typed(texts, key, request.form.get("force") == "yes")
        fields, faults = _read(texts)
        if faults:
            return self._page(entry, typed, faults), 422
        order = CorrectionOrder(
            tenant_id=tenant.id,
            entry_id=entry.id,
            to=fields["to"],
            cc=fields["cc"],
            bcc=fields["bcc"],
            idempotency_key=f"web-{key}",
            actor=self._browser.actor(),
            force=typed.force,
        )
        try:
            accepted, _ = self._ports.correct.send(order)
        except AlreadySentError as error:
            return self._page(entry, typed, {"force": error.code}), 409
        except IdempotencyKeyReusedError as error:  # sent, gone back to, and changed
            return self._page(entry, replace(typed, key=new_id("cor")), {"key": error.code}), 409
        except InvalidRequestError as error:
            return self._page(entry, typed, {"to": error.problems[0].code}), 422
        self._told.leave(Done.CORRECTED)
        return redirect(url_for("web.message", entry_id=accepted.entry.id), 303)

    def _page(self, entry: Entry, typed: _Typed, faults: dict[str, str]) -> str:
        may_be_out = entry.state in {State.SENT, State.UNCERTAIN} or "force" in faults
        _, attempts = self._ports.outbox.timeline(entry.tenant_id, entry.id)
        return render_template(
            "correct.html",
            entry=entry,
            typed=typed,
            faults=faults,
            may_be_out=may_be_out,
            lost=lost(attempts),
        )


def _wanting(entry: Entry) -> Iterator[tuple[str, str]]:
    refused = [one for one in entry.recipients if one.outcome is RecipientOutcome.REFUSED]
    for kind in RecipientKind:
        yield (
            kind.value,
            "\n".join(str(one.address) for one in refused or entry.recipients if one.kind is kind),
        )


def _read(texts: dict[str, str]) -> tuple[dict[str, tuple[Address, ...]], dict[str, str]]:
    """The addresses of each field, and the code of the first fault in each."""
    fields: dict[str, tuple[Address, ...]] = {}
    faults: dict[str, str] = {}
    for name, text in texts.items():
        try:
            lines = (line.strip() for line in text.splitlines())
            fields[name] = tuple(parse_address(line) for line in lines if line)
        except AddressError as error:
            faults[name] = error.code
    return fields, faults
