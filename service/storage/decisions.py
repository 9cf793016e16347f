"""What people and evidence settle: cancel, resend, and the fate of unclear entries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from service.errors import AlreadySentError, NotFoundError, NotUncertainError, TooLateError
from service.outbox.entry import OPEN_STATES, Entry, State
from service.outbox.pace import Pace
from service.outbox.ports import Unclear
from service.storage import claiming, due, entries, outcomes, refusals, timeline
from service.storage.forecasts import Look
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement

_GIVE_UP = timedelta(days=5)
# Looking into *Sent* needs more than the right to send; these are the scopes that Google accepts for it.
LOOKING_SCOPES = (
    "https://mail.google.com/",
    "https://www.googleapis.com/auth/gmail.metadata",
    "https://www.googleapis.com/auth/gmail.modify",
    "https://www.googleapis.com/auth/gmail.readonly",
)

_MAILBOX_OF = Statement("SELECT connection_id FROM messages WHERE tenant_id = :tenant_id AND id = :id")
_ROW = Statement("SELECT state FROM messages WHERE id = :id")
_CANCEL = Statement("UPDATE messages SET state = 'cancelled' WHERE id = :id")
_QUEUE_AGAIN = Statement(
    """UPDATE messages SET state = 'queued', available_at = :at, give_up_at = :give_up_at, tries = 0,
    code = NULL, reply = NULL, receipt = NULL, sent_at = NULL, looked_at = NULL WHERE id = :id"""
)
_SENT = Statement(
    """UPDATE messages SET state = 'sent', sent_at = :at, receipt = :receipt, code = NULL WHERE id = :id"""
)
_MAY_LOOK = " OR ".join(f"(' ' || k.scopes || ' ') LIKE '% {scope} %'" for scope in LOOKING_SCOPES)
# Whichever credential of the mailbox may look: its owner's grant, or a delegation.
_LOOKER = f"""SELECT k.id FROM credentials AS k WHERE k.connection_id = m.connection_id
    AND k.status = 'active' AND ({_MAY_LOOK}) ORDER BY k.created_at LIMIT 1"""  # noqa: S608, no value in it
_UNCLEAR = Statement(
    f"""SELECT * FROM (SELECT m.id, m.tenant_id, m.connection_id, ({_LOOKER}) AS credential_id, m.fence,
        m.handed_over_at, m.claimed_at, m.looked_at
        FROM messages AS m JOIN connections AS c ON c.id = m.connection_id
        WHERE m.state = 'uncertain' AND COALESCE(m.looked_at, 0) < :before AND c.status = 'connected'
    ) AS unclear WHERE credential_id IS NOT NULL ORDER BY COALESCE(looked_at, 0) LIMIT :at_most"""  # noqa: S608, no value in it
)
_UNCLEAR_ROW = Statement(
    "SELECT id, tenant_id, connection_id, state FROM messages WHERE id = :id AND fence = :fence"
)
_LOOKED = Statement("UPDATE messages SET looked_at = :at WHERE id = :id AND fence = :fence")
_EARLIER = Statement("SELECT number FROM attempts WHERE message_id = :id AND receipt = :receipt")
# A message that was sent, queued again and cancelled since is still one that was sent.
_MAY_BE_OUT = Statement(
    "SELECT number FROM attempts WHERE message_id = :id AND outcome IN ('sent', 'uncertain')"
)
_KEEP_RECEIPT = Statement(
    """UPDATE attempts SET receipt = :receipt WHERE message_id = :id
    AND number = (SELECT attempts FROM messages WHERE id = :id)"""
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
    mailbox, state = _locked(connection, order)
    if state not in OPEN_STATES:
        raise TooLateError
    _CANCEL.run(connection, id=order.entry_id)
    outcomes.return_to_sent(connection, order.entry_id, "cancelled")
    return _done(connection, order, mailbox, "message.cancelled")


def resend(connection: Connection, order: Order, *, force: bool) -> Entry:
    """Queue the same bytes again."""
    mailbox, state = _locked(connection, order)
    if state in OPEN_STATES or state is State.SENDING:
        raise TooLateError
    may_be_out = state in {State.SENT, State.UNCERTAIN} or _MAY_BE_OUT.one(connection, id=order.entry_id)
    if may_be_out and not force:
        raise AlreadySentError
    return _queue_again(connection, order, mailbox, "message.resent")


def decide(connection: Connection, order: Order, *, sent: bool) -> Entry:
    """Settle an unclear entry by a person's word."""
    mailbox, state = _locked(connection, order)
    if state is not State.UNCERTAIN:
        raise NotUncertainError
    if not sent:
        return _queue_again(connection, order, mailbox, "message.decided", decision="resend")
    _SENT.run(connection, id=order.entry_id, at=to_ms(order.at), receipt=None)
    return _done(connection, order, mailbox, "message.decided", decision="sent")


def unclear(connection: Connection, before_ms: int, limit: int) -> list[Unclear]:
    """Unclear entries whose connection may look into *Sent*, the longest not looked for first."""
    return [
        Unclear(
            entry_id=row.id,
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            credential_id=row.credential_id,
            fence=row.fence,
            handed_over_at=to_instant(row.claimed_at if row.handed_over_at is None else row.handed_over_at),
        )
        for row in _UNCLEAR.all(connection, before=before_ms, at_most=limit)
    ]


def looked(connection: Connection, entry_id: str, fence: int, at_ms: int, receipt: str | None) -> None:
    """Note a look; a receipt settles the entry, unless an earlier try has brought that very copy."""
    row = _UNCLEAR_ROW.one(connection, id=entry_id, fence=fence)
    if row is None:
        return
    due.lock(connection, row.connection_id)
    _LOOKED.run(connection, id=entry_id, fence=fence, at=at_ms)
    row = _UNCLEAR_ROW.one(connection, id=entry_id, fence=fence)
    if receipt is None or row is None or row.state in {State.SENDING, State.SENT}:
        return
    if _EARLIER.one(connection, id=entry_id, receipt=receipt) is not None:
        return
    _SENT.run(connection, id=entry_id, at=at_ms, receipt=receipt)
    _KEEP_RECEIPT.run(connection, id=entry_id, receipt=receipt)
    details = {"receipt": receipt, "found_in": "sent"}
    timeline.add_event(
        connection,
        timeline.event_row(
            "message.sent",
            at_ms,
            row.tenant_id,
            message_id=entry_id,
            connection_id=row.connection_id,
            details=details,
        ),
    )
    due.recompute(connection, row.connection_id, at_ms)


def _locked(connection: Connection, order: Order) -> tuple[Row, State]:
    """The entry's mailbox, locked, and its kept state under that lock."""
    found = _MAILBOX_OF.one(connection, tenant_id=order.tenant_id, id=order.entry_id)
    mailbox = due.lock(connection, found.connection_id) if found is not None else None
    row = _ROW.one(connection, id=order.entry_id) if mailbox is not None else None
    if mailbox is None or row is None:
        raise NotFoundError("message")
    return mailbox, State(row.state)


def _queue_again(connection: Connection, order: Order, mailbox: Row, kind: str, **details: str) -> Entry:
    _QUEUE_AGAIN.run(connection, id=order.entry_id, at=to_ms(order.at), give_up_at=to_ms(order.at + _GIVE_UP))
    refusals.begin_anew(connection, order.entry_id)
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
