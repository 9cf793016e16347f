"""``/v1/messages``: post, look, cancel, resend, correct, decide."""

import re
from dataclasses import dataclass
from typing import Any

from flask import Request, Response

from service.api.answers import accepted_answer, whole_message_answer
from service.api.attachments import Upload
from service.api.authentication import Caller
from service.api.body import Body
from service.api.faults import (
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    InvalidQueryError,
)
from service.api.json_body import parse_object
from service.api.multipart import read_form
from service.api.orders import Draft, Orders, missing_fields
from service.api.ports import ApiPorts
from service.api.reading import MULTIPART, check_id, media_type, read_model, read_query, read_small
from service.api.replies import language, reply
from service.api.schemas import Corrected, Decision, NewMessage, Nothing, Resend
from service.errors import (
    ConnectionDisconnectedError,
    InvalidRequestError,
    NotFoundError,
    Problem,
)
from service.outbox.correct import CorrectionOrder
from service.outbox.entry import Entry
from service.outbox.ports import Accepted
from service.outbox.submit import fingerprint

# Visible ASCII; a comma would be how servers join a header that was sent twice.
_IDEMPOTENCY_KEY = re.compile(r"[!-+\--~]{1,255}")
_NO_KEY = ""  # a dry run's: no message can have come by it


@dataclass(frozen=True, slots=True)
class _Posted:
    payload: dict[str, Any]
    files: list[Upload]


class Messages:
    """The views of messages."""

    def __init__(self, ports: ApiPorts) -> None:
        self._ports = ports
        self._outbox = ports.outbox
        self._orders = Orders(ports)

    def post(self, request: Request, caller: Caller) -> Response:
        """Take a message: 202 means that it is on disk."""
        if request.environ.get("QUERY_STRING") and _is_dry_run(request):
            return self._rehearse(request, caller)
        key = _idempotency_key(request)
        draft = self._draft(request, caller, key)
        return _accepted(self._submit(draft), draft.warnings)

    def get(self, _request: Request, caller: Caller, message_id: str) -> Response:
        """A message with its timeline."""
        entry = self._entry(caller, message_id)
        return self._whole(entry)

    def cancel(self, request: Request, caller: Caller, message_id: str) -> Response:
        """Withdraw a message that has not left yet."""
        read_small(request, Nothing, may_be_empty=True)
        entry = self._entry(caller, message_id)
        now = self._ports.clock.now()
        return self._whole(self._outbox.cancel(caller.tenant_id, entry.id, now, caller.actor))

    def resend(self, request: Request, caller: Caller, message_id: str) -> Response:
        """Send the same bytes once more."""
        asked = read_small(request, Resend, may_be_empty=True)
        entry = self._entry(caller, message_id)
        now = self._ports.clock.now()
        again = self._outbox.resend(caller.tenant_id, entry.id, now, caller.actor, force=asked.force)
        return self._whole(again)

    def correct(self, request: Request, caller: Caller, message_id: str) -> Response:
        """Send the same content to corrected recipients, as a new message."""
        key = _idempotency_key(request)
        asked = read_small(request, Corrected)
        entry = self._entry(caller, message_id)
        order = CorrectionOrder(
            tenant_id=caller.tenant_id,
            entry_id=entry.id,
            to=asked.to,
            cc=asked.cc,
            bcc=asked.bcc,
            idempotency_key=key,
            actor=caller.actor,
            force=asked.force,
        )
        return _accepted(*self._ports.correct.send(order))

    def decide(self, request: Request, caller: Caller, message_id: str) -> Response:
        """Say what became of a message whose outcome is unclear."""
        asked = read_small(request, Decision)
        entry = self._entry(caller, message_id)
        now = self._ports.clock.now()
        sent = asked.decision == "sent"
        return self._whole(self._outbox.decide(caller.tenant_id, entry.id, now, caller.actor, sent=sent))

    def _rehearse(self, request: Request, caller: Caller) -> Response:
        draft = self._draft(request, caller, _NO_KEY)
        draft.check_time()
        entry = self._ports.submit.check(draft.order)
        return reply(accepted_answer(entry, draft.warnings, language(), dry_run=True))

    def _draft(self, request: Request, caller: Caller, key: str) -> Draft:
        posted = self._read(request)
        asked = read_model(NewMessage, posted.payload, *missing_fields(posted.payload))
        return self._orders.draft(caller, asked, posted.files, key)

    def _read(self, request: Request) -> _Posted:
        settings = self._ports.settings
        if media_type(request, "application/json", MULTIPART) != MULTIPART:
            return _Posted(parse_object(Body(request.environ, settings.max_json_bytes).read()), [])
        form = read_form(request, self._ports.spool, settings.max_attachments_bytes)
        return _Posted(parse_object(form.message or b""), form.files)

    def _submit(self, draft: Draft) -> Accepted:
        """Keep it; what was once accepted is answered again, also where it would be refused today."""
        order = draft.order
        try:
            draft.check_time()
            return self._ports.submit.submit(order)
        except (InvalidRequestError, ConnectionDisconnectedError):
            entry = self._outbox.find_by_key(
                order.connection.tenant_id, order.idempotency_key, fingerprint(order)
            )
            if entry is None:
                raise
            return Accepted(entry, replayed=True)

    def _entry(self, caller: Caller, message_id: str) -> Entry:
        entry = self._outbox.get(caller.tenant_id, check_id("msg", message_id))
        if not caller.may_use(entry.connection_id):
            raise NotFoundError("message")
        return entry

    def _whole(self, entry: Entry) -> Response:
        events, attempts = self._outbox.timeline(entry.tenant_id, entry.id)
        return reply(whole_message_answer(entry, events, attempts, language()))


def _accepted(accepted: Accepted, warnings: list[Problem]) -> Response:
    headers = [("Location", f"/v1/messages/{accepted.entry.id}")]
    if accepted.replayed:
        headers.append(("Idempotent-Replayed", "true"))
    answer = accepted_answer(accepted.entry, warnings, language())
    return reply(answer, 202, headers=tuple(headers))


def _is_dry_run(request: Request) -> bool:
    wanted = read_query(request, "dry_run").get("dry_run", "false")
    if wanted not in {"true", "false"}:
        raise InvalidQueryError(Problem("dry_run", "invalid-choice", "dry_run is true or false."))
    return wanted == "true"


def _idempotency_key(request: Request) -> str:
    key: str | None = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if not key:
        raise IdempotencyKeyMissingError
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise IdempotencyKeyInvalidError
    return key
