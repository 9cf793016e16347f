"""What each mailbox has handed over in the last 24 h. The connection's row is locked before.

A row keeps the running totals after its mail, so what lies in any window is a difference of two rows: one
seek, however many mails there are. `counted_*` of the connection is the newest total, `left_*` the newest
one that is known to be older than 24 h, so their difference is never less than what counts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from service.outbox.pace import DAY_MS, Amount
from service.storage.statement import Row, Statement, inserting
from service.storage.tables import ledger

_COUNT = Statement(
    """UPDATE connections SET counted_messages = :messages, counted_recipients = :recipients,
    counted_external = :external, counted_at = :at,
    last_sent_at = CASE WHEN last_sent_at > :sent_at THEN last_sent_at
        ELSE COALESCE(:sent_at, last_sent_at) END WHERE id = :connection_id"""
)
_ADD = inserting(ledger)
_LAST_LEFT = Statement(
    """SELECT messages, recipients, external FROM ledger
    WHERE connection_id = :connection_id AND at <= :cutoff ORDER BY at DESC, messages DESC LIMIT 1"""
)
_FORGET = Statement("DELETE FROM ledger WHERE connection_id = :connection_id AND at <= :cutoff")
_LEFT = Statement(
    """UPDATE connections SET left_messages = :messages, left_recipients = :recipients,
    left_external = :external, left_at = :at WHERE id = :connection_id"""
)
_ENOUGH_LEFT = Statement(
    """SELECT at FROM ledger WHERE connection_id = :connection_id AND at > :cutoff
    AND messages >= :messages AND recipients >= :recipients AND external >= :external
    ORDER BY at, messages LIMIT 1"""
)
_PULL_BACK = Statement("UPDATE ledger SET at = :now WHERE connection_id = :connection_id AND at > :now")
_USAGE = Statement(
    """SELECT id, account_kind, counted_messages - COALESCE((
        SELECT messages FROM ledger WHERE connection_id = connections.id AND at <= :cutoff
        ORDER BY at DESC, messages DESC LIMIT 1), left_messages) AS sent
    FROM connections WHERE tenant_id = :tenant_id"""
)
_COUNTED_BACK = Statement("UPDATE connections SET counted_at = :now WHERE id = :connection_id")


class Mail(NamedTuple):
    """A mail that is counted; ``is_sent`` where it was surely taken."""

    amount: Amount
    at_ms: int
    is_sent: bool


def add(connection: Connection, mailbox: Row, mails: Sequence[Mail]) -> None:
    """Count mails, at least one; ``mailbox`` is the row as it was locked."""
    total, at_ms = _counted(mailbox), mailbox.counted_at or 0
    rows = []
    # Results of several senders come in any order; the totals only make sense in one.
    for mail in mails:
        total, at_ms = total.plus(mail.amount), max(at_ms, mail.at_ms)
        rows.append({"connection_id": mailbox.id, "at": at_ms, **total._asdict()})
    _ADD.run_many(connection, rows)
    sent_at = max((mail.at_ms for mail in mails if mail.is_sent), default=None)
    _COUNT.run(connection, **rows[-1], sent_at=sent_at)


def at_most(mailbox: Row) -> Amount:
    """What counts now is not more than this; costs nothing."""
    return _counted(mailbox).minus(_left(mailbox))


def exactly(connection: Connection, mailbox: Row, now_ms: int) -> Amount:
    """What counts now; what is older is forgotten."""
    cutoff = now_ms - DAY_MS
    row = _LAST_LEFT.one(connection, connection_id=mailbox.id, cutoff=cutoff)
    left = _left(mailbox) if row is None else Amount(*row)
    _LEFT.run(connection, connection_id=mailbox.id, at=now_ms, **left._asdict())
    if row is not None:
        _FORGET.run(connection, connection_id=mailbox.id, cutoff=cutoff)
    return _counted(mailbox).minus(left)


def free_at_ms(connection: Connection, mailbox: Row, used: Amount, excess: Amount, now_ms: int) -> int:
    """When that much more of ``used`` will be older than 24 h, or all of it."""
    left = _counted(mailbox).minus(used)
    wanted = left.plus(Amount(*map(min, excess, used)))
    row = _ENOUGH_LEFT.one(connection, connection_id=mailbox.id, cutoff=now_ms - DAY_MS, **wanted._asdict())
    return now_ms + DAY_MS if row is None else int(row.at) + DAY_MS


def usage(connection: Connection, tenant_id: str, now_ms: int) -> list[Row]:
    """``id``, ``account_kind`` and ``sent`` of each mailbox: the messages that count now."""
    return _USAGE.all(connection, tenant_id=tenant_id, cutoff=now_ms - DAY_MS)


def pull_back(connection: Connection, mailbox: Row, now_ms: int) -> None:
    """The clock was set back: what was counted in the future was sent just now at the latest."""
    _PULL_BACK.run(connection, connection_id=mailbox.id, now=now_ms)
    _COUNTED_BACK.run(connection, connection_id=mailbox.id, now=now_ms)


def _counted(mailbox: Row) -> Amount:
    return Amount(mailbox.counted_messages, mailbox.counted_recipients, mailbox.counted_external)


def _left(mailbox: Row) -> Amount:
    return Amount(mailbox.left_messages, mailbox.left_recipients, mailbox.left_external)
