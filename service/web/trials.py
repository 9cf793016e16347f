"""The test mail: asked for, sent by the way that invoices take, and looked for in the inbox."""

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from service.connections.connection import Connection
from service.errors import InvalidRequestError, NotFoundError
from service.mail.address import AddressError
from service.outbox.entry import Attempt, State
from service.outbox.trial import KIND, Trial
from service.web.activity import pause_s
from service.web.browser import Browser
from service.web.language import language
from service.web.logins import Refusal
from service.web.ports import WebPorts
from service.web.problems import lost
from service.web.words import is_google, leaves_copy

_INBOX = frozenset({"arrived", "spam", "nothing"})


class TrialPages:
    """Form and result."""

    def __init__(self, ports: WebPorts, browser: Browser) -> None:
        self._ports = ports
        self._browser = browser

    def ask(self, connection_id: str) -> str:
        """The form; the mailbox writes to itself unless somebody else is named."""
        connection = self._get(connection_id)
        return _form(connection, {"to": connection.address, "invoice": "yes"})

    def send(self, connection_id: str) -> Response | tuple[str, int]:
        """Queue it, and lead to its result."""
        _, tenant = self._browser.signed_in()
        connection = self._get(connection_id)
        typed = {name: request.form.get(name, "").strip() for name in ("sender", "to", "invoice")}
        trial = Trial(
            tenant.id,
            connection.id,
            self._browser.actor(),
            to=typed["to"] or None,
            sender=typed["sender"] or None,
            locale=language(),
            has_invoice=typed["invoice"] == "yes",
        )
        try:
            entry = self._ports.test_mail(trial)
        except AddressError as error:
            return _form(connection, typed, _not_an_address(error)), 422
        except InvalidRequestError as error:
            return _form(connection, typed, Refusal((), {"sender": error.problems[0].code})), 422
        return redirect(url_for("web.tested", connection_id=connection.id, entry_id=entry.id), 303)

    def show(self, connection_id: str, entry_id: str) -> str:
        """What became of it; the answer to *is it in your inbox?* stands in the address."""
        connection = self._get(connection_id)
        entry = self._ports.outbox.get(connection.tenant_id, entry_id)
        if entry.connection_id != connection.id or KIND not in entry.metadata:
            raise NotFoundError("page")
        _, attempts = self._ports.outbox.timeline(connection.tenant_id, entry_id)
        inbox = request.args.get("inbox", "")
        return render_template(
            "tested.html",
            connection=connection,
            route=self._ports.connections.route(connection.tenant_id, connection.id),
            entry=entry,
            last=attempts[-1] if attempts else None,
            accepted_after_s=_accepted_after_s(attempts),
            is_by_google=not attempts or is_google(attempts[-1].transport),
            leaves_copy=bool(attempts) and leaves_copy(attempts[-1].transport),
            lost=lost(attempts),
            pause_s=pause_s(entry),
            inbox=inbox if inbox in _INBOX else "",
        )

    def _get(self, connection_id: str) -> Connection:
        _, tenant = self._browser.signed_in()
        return self._ports.connections.get(tenant.id, connection_id)


def _form(connection: Connection, typed: Mapping[str, str], refusal: Refusal | None = None) -> str:
    senders = [(one, one) for one in (connection.address, *sorted(connection.aliases))]
    return render_template("test.html", connection=connection, senders=senders, typed=typed, refusal=refusal)


def _not_an_address(error: AddressError) -> Refusal:
    sentence = gettext("This is not an email address such as name@example.com.")
    return Refusal((), {"to": error.code}, told={"to": sentence})


def _accepted_after_s(attempts: list[Attempt]) -> float | None:
    """Seconds from the beginning of the successful try to the receipt."""
    for attempt in reversed(attempts):
        if attempt.outcome is State.SENT:
            return (attempt.ended_at - attempt.started_at).total_seconds()
    return None
