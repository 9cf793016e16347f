"""What time settles: leases that ran out and mail that is past its give-up time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, bindparam, text

from service.outbox.entry import Attempt, State
from service.outbox.pace import Amount
from service.storage import due, ledger, outcomes, timeline
from service.storage.database import Database
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row, Statement

ANSWER_LOST = "answer-lost"
_AT_ONCE = 200  # rows a transaction, so that nobody waits long behind it

_RUN_OUT = Statement(
    """SELECT id, connection_id FROM messages
    WHERE state = 'sending' AND lease_until <= :now ORDER BY lease_until LIMIT :at_once"""
)
# The clock was set back; a second may lie between the clocks of two workers.
_AHEAD = Statement(
    """SELECT id, id AS connection_id FROM connections
    WHERE due_at > :now + 1000 AND (served_at > :now + 1000
        OR held_until > :now + 86401000 OR paced_until > :now + 61000) LIMIT :at_once"""
)
_PAST = Statement(
    """SELECT id, connection_id FROM messages
    WHERE state IN ('queued', 'deferred') AND give_up_at <= :now ORDER BY give_up_at LIMIT :at_once"""
)
_SETTLED = """RETURNING id, tenant_id, connection_id, attempts, claimed_at, handed_over_at, code,
    recipient_count, external_count"""
_STILL_RUN_OUT = "owner IS NOT NULL AND lease_until <= :now"
_REQUEUE = text(
    # The try that never began is not counted.
    f"""UPDATE messages SET state = 'queued', owner = NULL, lease_until = NULL, available_at = :now,
    attempts = attempts - 1
    WHERE id IN :ids AND {_STILL_RUN_OUT} AND handed_over_at IS NULL {_SETTLED}"""  # noqa: S608, no value in it
).bindparams(bindparam("ids", expanding=True))
_LOSE = text(
    f"""UPDATE messages SET state = 'uncertain', owner = NULL, lease_until = NULL, code = :code
    WHERE id IN :ids AND {_STILL_RUN_OUT} AND handed_over_at IS NOT NULL {_SETTLED}"""  # noqa: S608, no value in it
).bindparams(bindparam("ids", expanding=True))
_EXPIRE = text(
    f"""UPDATE messages SET state = 'expired'
    WHERE id IN :ids AND state IN ('queued', 'deferred') AND give_up_at <= :now {_SETTLED}"""  # noqa: S608, no value in it
).bindparams(bindparam("ids", expanding=True))


def reap(database: Database, now: datetime) -> int:
    """Settle entries whose lease ran out; no mailbox waits for a time that the clock once showed."""
    _in_portions(database, now, _AHEAD, _pull_back)
    return _in_portions(database, now, _RUN_OUT, _reap)


def expire(database: Database, now: datetime) -> int:
    """Give up on open entries past their time."""
    return _in_portions(database, now, _PAST, _expire)


def _in_portions(
    database: Database,
    now: datetime,
    candidates: Statement,
    settle: Callable[[Connection, list[str], datetime], int],
) -> int:
    settled, is_more = 0, True
    while is_more:
        rows = database.read(lambda c: candidates.all(c, now=to_ms(now), at_once=_AT_ONCE))
        ids, mailboxes = [row.id for row in rows], {row.connection_id for row in rows}
        count = database.write(partial(_locked, ids, mailboxes, now, settle)) if ids else 0
        settled += count
        is_more = count > 0 and len(rows) == _AT_ONCE
    return settled


def _locked(
    ids: list[str],
    mailboxes: set[str],
    now: datetime,
    settle: Callable[[Connection, list[str], datetime], int],
    connection: Connection,
) -> int:
    due.lock_many(connection, mailboxes)
    count = settle(connection, ids, now)
    for mailbox in sorted(mailboxes):
        due.recompute(connection, mailbox, to_ms(now), freed=True)
    return count


def _pull_back(connection: Connection, ids: list[str], now: datetime) -> int:
    due.pull_back(connection, ids, to_ms(now))
    return len(ids)


def _reap(connection: Connection, ids: list[str], now: datetime) -> int:
    values = {"ids": ids, "now": to_ms(now)}
    requeued = connection.execute(_REQUEUE, values).all()
    lost = connection.execute(_LOSE, {**values, "code": ANSWER_LOST}).all()
    if lost:
        timeline.add_attempts(connection, [(row.id, _lost_attempt(row, now)) for row in lost])
    for row in lost:
        # Google may have taken it.
        amount = Amount(1, row.recipient_count, row.external_count)
        mail = ledger.Mail(amount, to_ms(now), is_sent=False)
        ledger.add(connection, due.lock(connection, row.connection_id), [mail])
    _tell(connection, requeued, "message.requeued", now)
    _tell(connection, lost, "message.uncertain", now, code=ANSWER_LOST)
    return len(requeued) + len(lost)


def _expire(connection: Connection, ids: list[str], now: datetime) -> int:
    expired = connection.execute(_EXPIRE, {"ids": ids, "now": to_ms(now)}).all()
    _tell(connection, expired, "message.expired", now)
    for row in expired:
        if row.attempts:
            outcomes.return_to_sent(connection, row.id, "expired")
    return len(expired)


def _tell(
    connection: Connection, rows: Sequence[Row], kind: str, now: datetime, code: str | None = None
) -> None:
    if rows:
        timeline.add_events(
            connection,
            [
                timeline.event_row(
                    kind,
                    to_ms(now),
                    row.tenant_id,
                    message_id=row.id,
                    connection_id=row.connection_id,
                    details={"code": code or row.code},
                )
                for row in rows
            ],
        )


def _lost_attempt(row: Row, now: datetime) -> Attempt:
    return Attempt(
        number=row.attempts,
        transport="unknown",  # the worker that knew it is gone
        started_at=to_instant(row.claimed_at),
        ended_at=now,
        outcome=State.UNCERTAIN,
        handed_over_at=to_instant(row.handed_over_at),
        code=ANSWER_LOST,
    )
