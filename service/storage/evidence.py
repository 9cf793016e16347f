"""What a look into *Sent* settles, which entries are worth one, and which the tenant's rule sends again."""

from dataclasses import dataclass

from sqlalchemy import Connection

from service.connections.way import WayKind
from service.consent import scopes
from service.outbox.entry import State
from service.outbox.ports import Unclear
from service.storage import due, timeline
from service.storage.instants import to_instant
from service.storage.statement import Row, Statement

RULE = "rule"  # the actor of what no person decided
LOOK_MS = 24 * 3_600_000  # nobody looks for longer after the hand-over
SHORTEST_PAUSE_MS = 60_000
OF_ONE_MAILBOX = 4
RULE_AFTER_MS = 15 * 60_000
LOOKS = 3
MOST_UNCLEAR = 3  # tries of one entry; then a person decides even so

_BEGAN = "COALESCE(m.handed_over_at, m.claimed_at)"
_LAST_TRY = "LEFT JOIN attempts AS a ON a.message_id = m.id AND a.number = m.attempts"
_MAY_LOOK = " OR ".join(f"(' ' || l.scopes || ' ') LIKE '% {scope} %'" for scope in sorted(scopes.LOOKING))
# Whichever credential of the mailbox may look: its owner's grant, or a delegation.
_LOOKER = f"""(SELECT l.id FROM credentials AS l WHERE l.connection_id = m.connection_id
    AND l.status = 'active' AND ({_MAY_LOOK}) ORDER BY l.created_at LIMIT 1)"""  # noqa: S608, no value in it
_WITHOUT_COPY = ", ".join(f"'{kind}'" for kind in WayKind if not kind.leaves_copy)
_NO_COPY = f"COALESCE(a.transport, 'unknown') IN ({_WITHOUT_COPY})"
_PAUSE = f"""CASE WHEN m.looked_at - {_BEGAN} > {4 * SHORTEST_PAUSE_MS}
    THEN (m.looked_at - {_BEGAN}) / 4 ELSE {SHORTEST_PAUSE_MS} END"""
_UNCLEAR = Statement(
    f"""SELECT * FROM (
        SELECT m.id, m.tenant_id, m.connection_id, m.fence, m.message_id, {_BEGAN} AS began_at,
        COALESCE(m.looked_at, 0) AS looked, k.id AS credential_id, k.scopes, a.transport,
        row_number() OVER (
            PARTITION BY m.connection_id ORDER BY COALESCE(m.looked_at, 0), m.id) AS place
        FROM messages AS m JOIN connections AS c ON c.id = m.connection_id
        JOIN credentials AS k ON k.id = {_LOOKER} {_LAST_TRY}
        WHERE m.state = 'uncertain' AND c.status = 'connected' AND NOT {_NO_COPY}
        AND {_BEGAN} > :now - {LOOK_MS} AND (m.looked_at IS NULL OR m.looked_at + {_PAUSE} <= :now)
    ) AS worth WHERE place <= {OF_ONE_MAILBOX} ORDER BY looked, place, id LIMIT :at_most"""  # noqa: S608, no value in it
)
_TO_RESEND = Statement(
    f"""SELECT m.id, m.tenant_id, m.fence FROM messages AS m
    {_LAST_TRY}
    WHERE m.state = 'uncertain' AND (SELECT uncertain_rule FROM tenants WHERE id = m.tenant_id) = 'resend'
    AND {_BEGAN} <= :now - {RULE_AFTER_MS}
    AND (m.looks >= {LOOKS} OR {_LOOKER} IS NULL OR {_NO_COPY} OR {_BEGAN} <= :now - {LOOK_MS})
    AND (SELECT count(*) FROM attempts AS lost WHERE lost.message_id = m.id AND lost.outcome = 'uncertain')
        <= {MOST_UNCLEAR}
    ORDER BY m.id LIMIT :at_most"""  # noqa: S608, no value in it
)
_ROW = Statement("SELECT id, tenant_id, connection_id, state FROM messages WHERE id = :id AND fence = :fence")
_LOOKED = Statement(
    "UPDATE messages SET looked_at = :at, looks = looks + :counted WHERE id = :id AND fence = :fence"
)
# A copy of an earlier try cannot be told from the looked-for one where its receipt was no id of Gmail's.
_BY_SMTP = ", ".join(f"'{kind}'" for kind in WayKind if kind.has_envelope)
_EARLIER = Statement(
    f"""SELECT number FROM attempts WHERE message_id = :id AND receipt IS NOT NULL
        AND (receipt = :receipt OR transport IN ({_BY_SMTP}))"""  # noqa: S608, no value in it
)
_SENT = Statement(
    """UPDATE messages SET state = 'sent', sent_at = :at, receipt = :receipt, code = NULL WHERE id = :id"""
)
_KEEP_RECEIPT = Statement(
    """UPDATE attempts SET receipt = :receipt WHERE message_id = :id
    AND number = (SELECT attempts FROM messages WHERE id = :id)"""
)


@dataclass(frozen=True, slots=True)
class Look:
    """One look for one entry."""

    entry_id: str
    fence: int
    at_ms: int
    receipt: str | None
    has_answered: bool


def unclear(connection: Connection, now_ms: int, limit: int) -> list[Unclear]:
    """Unclear entries that are worth a look, the longest not looked for first."""
    return [_unclear(row) for row in _UNCLEAR.all(connection, now=now_ms, at_most=limit)]


def to_resend(connection: Connection, now_ms: int, limit: int) -> list[Row]:
    """``id``, ``tenant_id`` and ``fence`` of what the tenants' rule sends again."""
    return _TO_RESEND.all(connection, now=now_ms, at_most=limit)


def looked(connection: Connection, look: Look) -> None:
    """Note a look; a receipt settles the entry, unless an earlier try has brought that very copy."""
    name = {"id": look.entry_id, "fence": look.fence}
    row = _ROW.one(connection, **name)
    if row is None:
        return
    due.lock(connection, row.connection_id)
    _LOOKED.run(connection, **name, at=look.at_ms, counted=int(look.has_answered))
    row = _ROW.one(connection, **name)
    if look.receipt is None or row is None or row.state in {State.SENDING, State.SENT}:
        return
    if _EARLIER.one(connection, id=look.entry_id, receipt=look.receipt) is not None:
        return
    _SENT.run(connection, id=look.entry_id, at=look.at_ms, receipt=look.receipt)
    _KEEP_RECEIPT.run(connection, id=look.entry_id, receipt=look.receipt)
    timeline.add_event(
        connection,
        timeline.event_row(
            "message.sent",
            look.at_ms,
            row.tenant_id,
            message_id=look.entry_id,
            connection_id=row.connection_id,
            details={"receipt": look.receipt, "found_in": "sent"},
        ),
    )
    due.recompute(connection, row.connection_id, look.at_ms)


def _unclear(row: Row) -> Unclear:
    is_kept = row.transport in {kind.value for kind in WayKind if kind.has_envelope}
    may_search = scopes.may_search(frozenset(row.scopes.split()))
    return Unclear(
        entry_id=row.id,
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        credential_id=row.credential_id,
        fence=row.fence,
        handed_over_at=to_instant(row.began_at),
        message_id=row.message_id if is_kept and may_search else None,
    )
