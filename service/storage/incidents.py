"""Incidents are opened and ended with the connection that they tell of; its row is locked before."""

from sqlalchemy import Connection

from service.notices.incident import IncidentKind
from service.storage.notice_tables import notices
from service.storage.statement import Row, Statement, inserting

_ADD = inserting(notices)
_LAST = Statement("SELECT max(number) AS number FROM notices WHERE connection_id = :connection_id")
_OPEN = Statement(
    """SELECT number FROM notices WHERE connection_id = :connection_id AND kind = :kind
    AND ended_at IS NULL"""
)
# Who was never told that it failed is not told that it works. A mail that is being sent this moment counts
# once it is written: see ``notices``.
_END = Statement(
    """UPDATE notices SET ended_at = :at, is_solved = :is_solved, next_at = CASE
        WHEN :is_solved = 1 AND kind = 'stopped' AND mails > 0 THEN :at END
    WHERE connection_id = :connection_id AND kind = :kind AND ended_at IS NULL"""
)


def begin(connection: Connection, mailbox: Row, kind: IncidentKind, code: str, at_ms: int) -> None:
    """The mailbox newly needs its owner; nothing where that is known."""
    if kind is IncidentKind.STOPPED:
        # The mail that tells of the whole connection tells enough.
        end(connection, mailbox.id, IncidentKind.DEGRADED, at_ms, is_solved=False)
    if _OPEN.one(connection, connection_id=mailbox.id, kind=kind.value) is not None:
        return
    last = _LAST.one(connection, connection_id=mailbox.id)
    _ADD.run(
        connection,
        connection_id=mailbox.id,
        number=((last.number if last else None) or 0) + 1,
        tenant_id=mailbox.tenant_id,
        kind=kind.value,
        code=code,
        opened_at=at_ms,
        mails=0,
        tries=0,
        message_id=None,
        next_at=at_ms,
        leased_until=None,
        unsent_at=None,
        ended_at=None,
        is_solved=0,
    )


def end(
    connection: Connection, connection_id: str, kind: IncidentKind, at_ms: int, *, is_solved: bool = True
) -> None:
    """It works again, or nobody wants it to."""
    _END.run(connection, connection_id=connection_id, kind=kind.value, at=at_ms, is_solved=int(is_solved))


def end_all(connection: Connection, connection_id: str, at_ms: int) -> None:
    """The mailbox was disconnected."""
    for kind in IncidentKind:
        end(connection, connection_id, kind, at_ms, is_solved=False)
