"""One message: what is known of it, and what an owner can do with it."""

from itertools import chain

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from service.outbox.entry import Attempt, Entry, State
from service.web.activity import pause_s
from service.web.browser import Browser
from service.web.ports import WebPorts
from service.web.problems import advice, lost
from service.web.timeline import moments
from service.web.told import Done, Told
from service.web.words import is_google

CAN_CANCEL = frozenset({State.SCHEDULED, State.QUEUED, State.DEFERRED, State.WAITING})
CAN_RESEND = frozenset({State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED})
CAN_CORRECT = CAN_RESEND | {State.UNCERTAIN}
# A mail is somebody's document: a browser may keep it, and never shows it as a page of ours.
_AS_A_FILE = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


class MessagePages:
    """The timeline and the decisions."""

    def __init__(self, ports: WebPorts, browser: Browser, told: Told) -> None:
        self._ports = ports
        self._browser = browser
        self._told = told

    def show(self, entry_id: str) -> str:
        """All that is known of the message, oldest first."""
        _, tenant = self._browser.signed_in()
        entry = self._ports.outbox.get(tenant.id, entry_id)
        events, attempts = self._ports.outbox.timeline(tenant.id, entry_id)
        return render_template(
            "message.html",
            tenant=tenant,
            entry=entry,
            advice=advice(entry.code) if entry.code else None,
            lost=lost(attempts),
            moments=moments(events, attempts),
            accepted_after_s=_accepted_after_s(attempts),
            is_by_google=not attempts or is_google(attempts[-1].transport),
            is_test=dict(entry.metadata).get("kind") == "test-mail",
            connection=self._ports.connections.get(tenant.id, entry.connection_id),
            may_be_out=_may_be_out(attempts),
            can_cancel=entry.state in CAN_CANCEL,
            can_resend=entry.state in CAN_RESEND and entry.content_deleted_at is None,
            can_correct=entry.state in CAN_CORRECT and entry.content_deleted_at is None,
            pause_s=pause_s(entry),
        )

    def download(self, entry_id: str) -> Response:
        """The mail as it goes out, as a file; hidden recipients do not stand in it."""
        _, tenant = self._browser.signed_in()
        entry = self._ports.outbox.get(tenant.id, entry_id)
        content = self._ports.outbox.content(tenant.id, entry_id)
        first = next(content, b"")  # what cannot be opened becomes a page before anything has left
        answer = Response(chain([first], content), mimetype="message/rfc822", headers=_AS_A_FILE)
        answer.headers.set("Content-Disposition", "attachment", filename=f"{entry.id}.eml")
        answer.content_length = entry.size_bytes
        return answer

    def cancel(self, entry_id: str) -> Response:
        """Withdraw it."""
        _, tenant = self._browser.signed_in()
        now, actor = self._ports.clock.now(), self._browser.actor()
        return self._back(self._ports.outbox.cancel(tenant.id, entry_id, now, actor), Done.CANCELLED)

    def resend(self, entry_id: str) -> Response:
        """Queue the same bytes again; what was sent only when the box is ticked."""
        _, tenant = self._browser.signed_in()
        force = request.form.get("force") == "yes"
        now, actor = self._ports.clock.now(), self._browser.actor()
        entry = self._ports.outbox.resend(tenant.id, entry_id, now, actor, force=force)
        return self._back(entry, Done.QUEUED_AGAIN)

    def decide(self, entry_id: str) -> Response:
        """Settle an unclear message."""
        _, tenant = self._browser.signed_in()
        outcome = request.form.get("outcome")
        if outcome not in {"sent", "resend"}:
            raise BadRequest
        now, actor = self._ports.clock.now(), self._browser.actor()
        was_sent = outcome == "sent"
        entry = self._ports.outbox.decide(tenant.id, entry_id, now, actor, sent=was_sent)
        return self._back(entry, Done.WAS_SENT if was_sent else Done.QUEUED_AGAIN)

    def _back(self, entry: Entry, done: Done) -> Response:
        self._told.leave(done)
        return redirect(url_for("web.message", entry_id=entry.id), 303)


def _may_be_out(attempts: list[Attempt]) -> bool:
    """Whether a copy was, or may have been, sent: then another one needs a tick."""
    return any(attempt.outcome in {State.SENT, State.UNCERTAIN} for attempt in attempts)


def _accepted_after_s(attempts: list[Attempt]) -> float | None:
    """Seconds from the beginning of the successful try to the receipt."""
    for attempt in reversed(attempts):
        if attempt.outcome is State.SENT:
            return (attempt.ended_at - attempt.started_at).total_seconds()
    return None
