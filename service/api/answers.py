"""Entries, connections and links become answers."""

from collections.abc import Iterable, Sequence

from service.api.replies import rfc3339, rfc3339_or_none
from service.api.sentences import explanations, sentence
from service.api.shapes import (
    AcceptedAnswer,
    AttachmentAnswer,
    AttemptAnswer,
    ConnectionAnswer,
    ConnectLinkAnswer,
    MessageAnswer,
    NewConnectionAnswer,
    RecipientAnswer,
    WayAnswer,
    WholeMessageAnswer,
)
from service.connections.connection import Connection
from service.connections.ports import ProbeStep, Usage
from service.connections.way import WayState
from service.consent import ladder
from service.consent.ports import ConnectLink
from service.errors import Problem
from service.outbox.entry import (
    AttachmentRecord,
    Attempt,
    Entry,
    Event,
    Recipient,
    RecipientKind,
    State,
)

_SCOPE_PREFIX = "https://www.googleapis.com/auth/"


def accepted_answer(
    entry: Entry, warnings: list[Problem], language: str, *, dry_run: bool = False
) -> AcceptedAnswer:
    """The answer to a post."""
    if entry.state is State.WAITING:
        warnings = [*warnings, Problem("/connection", "connection-waiting", "")]
    answer: AcceptedAnswer = {
        "object": "message",
        "id": entry.id,
        "status": entry.state,
        "connection": entry.connection_id,
        "created_at": rfc3339(entry.created_at),
        "expected_at": rfc3339_or_none(entry.expected_at),
        "give_up_at": rfc3339(entry.give_up_at),
        "size_bytes": entry.size_bytes,
        "code": entry.code,
        "problems": explanations([entry.code], language),
        "reference": entry.reference,
        "attachments": [_attachment(record) for record in entry.attachments],
        "warnings": [
            {
                "pointer": warning.pointer,
                "code": warning.code,
                "detail": sentence(warning.code, language),
            }
            for warning in warnings
        ],
    }
    if dry_run:
        del answer["id"]
        answer["dry_run"] = True
    return answer


def message_answer(entry: Entry, language: str) -> MessageAnswer:
    """A message as it stands."""
    codes = (entry.code, *(recipient.code for recipient in entry.recipients))
    return {
        "object": "message",
        "id": entry.id,
        "status": entry.state,
        "connection": entry.connection_id,
        "from": str(entry.sender),
        "to": _addresses(entry, RecipientKind.TO),
        "cc": _addresses(entry, RecipientKind.CC),
        "bcc": _addresses(entry, RecipientKind.BCC),
        "subject": entry.subject,
        "reference": entry.reference,
        "metadata": dict(entry.metadata),
        "attachments": [_attachment(record) for record in entry.attachments],
        "message_id": entry.message_id,
        "size_bytes": entry.size_bytes,
        "created_at": rfc3339(entry.created_at),
        "expected_at": rfc3339_or_none(entry.expected_at),
        "give_up_at": rfc3339(entry.give_up_at),
        "sent_at": rfc3339_or_none(entry.sent_at),
        "receipt": entry.receipt,
        "content_deleted_at": rfc3339_or_none(entry.content_deleted_at),
        "attempt_count": entry.attempts,
        "code": entry.code,
        "reply": entry.reply,
        "recipients": [_recipient(each) for each in entry.recipients if each.outcome or each.code],
        "problems": explanations(codes, language),
    }


def whole_message_answer(
    entry: Entry, events: Iterable[Event], attempts: Sequence[Attempt], language: str
) -> WholeMessageAnswer:
    """A message with all that happened to it, oldest first."""
    message = message_answer(entry, language)
    told = [problem["code"] for problem in message["problems"]]
    return {
        **message,
        "problems": explanations([*told, *(attempt.code for attempt in attempts)], language),
        "events": [
            {"type": event.type, "at": rfc3339(event.at), "details": dict(event.details)} for event in events
        ],
        "attempts": [_attempt(attempt) for attempt in attempts],
    }


def connection_answer(
    connection: Connection, route: Sequence[WayState], usage: Usage, language: str, *, is_default: bool
) -> ConnectionAnswer:
    """A mailbox as it stands."""
    codes = (connection.status_code, connection.held_code, *(state.code for state in route))
    return {
        "object": "connection",
        "id": connection.id,
        "address": connection.address,
        "display_name": connection.display_name,
        "is_default": is_default,
        "status": connection.status,
        "code": connection.status_code,
        "held_until": rfc3339_or_none(connection.held_until),
        "held_code": connection.held_code,
        "access": ["send", *ladder.given(connection.scopes)] if connection.credential_id else [],
        "senders": [connection.address, *sorted(connection.aliases)],
        "scopes": sorted(scope.removeprefix(_SCOPE_PREFIX) for scope in connection.scopes),
        "account_kind": connection.account_kind,
        "ways": [_way(state) for state in route],
        "problems": explanations(codes, language),
        "sent_24h": usage.sent_24h,
        "limit_24h": usage.limit_24h,
        "created_at": rfc3339(connection.created_at),
        "last_sent_at": rfc3339_or_none(connection.last_sent_at),
    }


def new_connection_answer(
    connection: Connection,
    route: Sequence[WayState],
    usage: Usage,
    steps: Iterable[ProbeStep],
    *,
    language: str,
    is_default: bool,
) -> NewConnectionAnswer:
    """A mailbox that was just taken, with what its mail server said."""
    return {
        **connection_answer(connection, route, usage, language, is_default=is_default),
        "steps": [{"name": step.name, "reply": step.reply} for step in steps],
    }


def connect_link_answer(link: ConnectLink, url: str) -> ConnectLinkAnswer:
    """A fresh link."""
    return {
        "object": "connect_link",
        "id": link.id,
        "url": url,
        "purpose": link.purpose,
        "expected_address": link.expected_address,
        "connection": link.connection_id,
        "return_url": link.return_url,
        "locale": link.locale,
        "access": list(link.access),
        "expires_at": rfc3339(link.expires_at),
    }


def _addresses(entry: Entry, kind: RecipientKind) -> list[str]:
    return [str(recipient.address) for recipient in entry.recipients if recipient.kind is kind]


def _recipient(recipient: Recipient) -> RecipientAnswer:
    return {
        "address": recipient.address.spec,
        "status": recipient.outcome,
        "code": recipient.code,
        "reply": recipient.reply,
    }


def _way(state: WayState) -> WayAnswer:
    return {
        "kind": state.way.kind,
        "status": state.status,
        "code": state.code,
        "blocked_until": rfc3339_or_none(state.blocked_until),
    }


def _attachment(record: AttachmentRecord) -> AttachmentAnswer:
    return {
        "filename": record.filename,
        "content_type": record.content_type,
        "size_bytes": record.size_bytes,
        "sha256": record.sha256,
        "content_id": record.content_id,
    }


def _attempt(attempt: Attempt) -> AttemptAnswer:
    return {
        "number": attempt.number,
        "transport": attempt.transport,
        "started_at": rfc3339(attempt.started_at),
        "ended_at": rfc3339(attempt.ended_at),
        "handed_over_at": rfc3339_or_none(attempt.handed_over_at),
        "outcome": attempt.outcome,
        "code": attempt.code,
        "status": attempt.status,
        "reply": attempt.reply,
        "receipt": attempt.receipt,
    }
