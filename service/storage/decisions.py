"""What people settle, and a tenant's rule for them: cancel, resend, and the fate of unclear entries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from service.errors import (
    AlreadySentError,
    ContentDeletedError,
    NotFoundError,
    NotUncertainError,
    TooLateError,
)
from service.outbox.entry import OPEN_STATES, Entry, State
from service.outbox.pace import Pace
from service.outbox.ports import Correction
from service.storage import claiming, due, entries, outcomes, refusals, timeline
from service.storage.forecasts import Look
from service.storage.instants import to_ms
from service.storage.statement import Row, Statement

_GIVE_UP = timedelta(days=5)

_MAILBOX_OF = Statement("SELECT connection_id FROM messages WHERE tenant_id = :tenant_id AND id = :id")
_ROW = Statement("SELECT state FROM messages WHERE id = :id")
_WITHOUT_CONTENT = Statement("SELECT id FROM messages WHERE id = :id AND content_deleted_at IS NOT NULL")
_SAME_TRY = Statement("SELECT id FROM messages WHERE id = :id AND fence = :fence")
_CANCEL = Statement("UPDATE messages SET state = 'cancelled' WHERE id = :id")
_QUEUE_AGAIN = Statement(
    """UPDATE messages SET state = 'queued', available_at = :at, give_up_at = :give_up_at, tries = 0,
    code = NULL, reply = NULL, receipt = NULL, sent_at = NULL, looked_at = NULL, looks = 0 WHERE id = :id"""
)
_SENT = Statement(
    """UPDATE messages SET state = 'sent', sent_at = :at, receipt = NULL, code = NULL WHERE id = :id"""
)
# A message that was sent, queued again and cancelled since is still one that was sent.
_MAY_BE_OUT = Statement(
    "SELECT number FROM attempts WHERE message_id = :id AND outcome IN ('sent', 'uncertain')"
)


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants something of which entry."""

    tenant_id: str
    entry_id: str
    at: datetime
    actor: str
    pace: Pace


def cancel(connection: Connection, order: Order) -> Entry:
    """Withdraw an open entry."""
    mailbox, state = _locked(connection, order.tenant_id, order.entry_id)
    if state not in OPEN_STATES:
        raise TooLateError
    _CANCEL.run(connection, id=order.entry_id)
    outcomes.return_to_sent(connection, order.entry_id, "cancelled")
    return _done(connection, order, mailbox, "message.cancelled")


def resend(connection: Connection, order: Order, *, force: bool) -> Entry:
    """Queue the same bytes again."""
    mailbox, state = _locked(connection, order.tenant_id, order.entry_id)
    _check_rest(connection, order.entry_id, state, force=force)
    refusals.begin_anew(connection, order.entry_id, was_sent=state is State.SENT)
    return _queue_again(connection, order, mailbox, "message.resent")


def decide(connection: Connection, order: Order, *, sent: bool) -> Entry:
    """Settle an unclear entry by a person's word."""
    mailbox, state = _locked(connection, order.tenant_id, order.entry_id)
    if state is not State.UNCERTAIN:
        raise NotUncertainError
    if not sent:
        refusals.owe_refused(connection, order.entry_id)
        return _queue_again(connection, order, mailbox, "message.decided", decision="resend")
    _SENT.run(connection, id=order.entry_id, at=to_ms(order.at))
    return _done(connection, order, mailbox, "message.decided", decision="sent")


def resend_by_rule(connection: Connection, order: Order, fence: int) -> bool:
    """Queue an entry again that is still unclear from the same try; says whether it was."""
    mailbox, state = _locked(connection, order.tenant_id, order.entry_id)
    if state is not State.UNCERTAIN or _SAME_TRY.one(connection, id=order.entry_id, fence=fence) is None:
        return False
    refusals.owe_refused(connection, order.entry_id)
    _queue_again(connection, order, mailbox, "message.resent")
    return True


def correct(connection: Connection, entry: Entry, correction: Correction, actor: str | None) -> None:
    """See that an entry may go to others as ``entry``, and note in its timeline that it does."""
    mailbox, state = _locked(connection, entry.tenant_id, correction.entry_id)
    if mailbox.id != entry.connection_id:
        raise NotFoundError("message")
    _check_rest(connection, correction.entry_id, state, force=correction.force)
    event = timeline.event_row(
        "message.corrected",
        to_ms(entry.created_at),
        entry.tenant_id,
        message_id=correction.entry_id,
        connection_id=mailbox.id,
        details={"corrected_by": entry.id, "actor": actor},
    )
    timeline.add_event(connection, event)


def _check_rest(connection: Connection, entry_id: str, state: State, *, force: bool) -> None:
    """Whether its content may leave once more without being doubled in silence."""
    if state in OPEN_STATES or state is State.SENDING:
        raise TooLateError
    if _WITHOUT_CONTENT.one(connection, id=entry_id):
        raise ContentDeletedError
    may_be_out = state in {State.SENT, State.UNCERTAIN} or _MAY_BE_OUT.one(connection, id=entry_id)
    if may_be_out and not force:
        raise AlreadySentError


def _locked(connection: Connection, tenant_id: str, entry_id: str) -> tuple[Row, State]:
    """The entry's mailbox, locked, and its kept state under that lock."""
    found = _MAILBOX_OF.one(connection, tenant_id=tenant_id, id=entry_id)
    mailbox = due.lock(connection, found.connection_id) if found is not None else None
    row = _ROW.one(connection, id=entry_id) if mailbox is not None else None
    if mailbox is None or row is None:
        raise NotFoundError("message")
    return mailbox, State(row.state)


def _queue_again(connection: Connection, order: Order, mailbox: Row, kind: str, **details: str) -> Entry:
    _QUEUE_AGAIN.run(connection, id=order.entry_id, at=to_ms(order.at), give_up_at=to_ms(order.at + _GIVE_UP))
    claiming.ring(connection)
    return _done(connection, order, mailbox, kind, **details)


def _done(connection: Connection, order: Order, mailbox: Row, kind: str, **details: str) -> Entry:
    timeline.add_event(
        connection,
        timeline.event_row(
            kind,
            to_ms(order.at),
            order.tenant_id,
            message_id=order.entry_id,
            connection_id=mailbox.id,
            details={"actor": order.actor, **details},
        ),
    )
    due.recompute(connection, mailbox.id, to_ms(order.at))
    return entries.find(connection, order.tenant_id, order.entry_id, Look(order.at, order.pace))
