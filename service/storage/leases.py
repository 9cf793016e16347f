"""What a worker does with its leases until their entries have a result; each change is fenced.

Hand-overs that share a transaction share their statement too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from service.outbox.ports import Claim
from service.storage import due, timeline, ways
from service.storage.statement import JointStatement, Statement

_HAND_OVER = JointStatement(
    """WITH leaving (id, fence, connection_id, credential_id, kind, at, lease_until) AS (VALUES {rows})
    UPDATE messages SET handed_over_at = leaving.at, lease_until = leaving.lease_until FROM leaving
    WHERE messages.id = leaving.id AND messages.fence = leaving.fence AND messages.owner IS NOT NULL
    AND EXISTS (SELECT 1 FROM connections WHERE id = leaving.connection_id AND status = 'connected')
    AND EXISTS (
        SELECT 1 FROM ways WHERE connection_id = leaving.connection_id
        AND credential_id = leaving.credential_id AND kind = leaving.kind AND status = 'ready')
    RETURNING messages.id, messages.fence""",
    ("id", "fence", "connection_id", "credential_id", "kind", "at", "lease_until"),
)
_PUT_BACK = Statement(
    """UPDATE messages SET state = 'queued', owner = NULL, lease_until = NULL, attempts = attempts - 1
    WHERE id = :id AND fence = :fence AND owner IS NOT NULL AND handed_over_at IS NULL"""
)
_RENEW = Statement(
    """UPDATE messages SET lease_until = :until
    WHERE id = :id AND owner = :owner AND lease_until < :until"""
)
_RELEASE = Statement(
    """UPDATE messages SET lease_until = :now
    WHERE state = 'sending' AND owner = :owner AND handed_over_at IS NULL"""
)


@dataclass(frozen=True, slots=True)
class HandOver:
    """The last byte of a claimed entry is about to leave."""

    claim: Claim
    at_ms: int
    lease_until_ms: int


def hand_over(connection: Connection, leaving: Sequence[HandOver]) -> list[bool]:
    """Note hand-overs; ``False`` where the entry is not this worker's, or its mailbox or way stopped."""
    rows = _HAND_OVER.returned(
        connection,
        [
            {
                **ways.of_claim(one.claim),
                "id": one.claim.entry_id,
                "fence": one.claim.fence,
                "at": one.at_ms,
                "lease_until": one.lease_until_ms,
            }
            for one in leaving
        ],
    )
    left = {(row.id, row.fence) for row in rows}
    stays = [(one.claim.entry_id, one.claim.fence) not in left for one in leaving]
    for one, is_here in zip(leaving, stays, strict=True):
        if is_here:
            _put_back(connection, one.claim, one.at_ms)
    return [not is_here for is_here in stays]


def _put_back(connection: Connection, claim: Claim, at_ms: int) -> None:
    """Unless another worker owns it, it is as if it had not been claimed."""
    mailbox = claim.connection_id
    due.lock(connection, mailbox)
    if _PUT_BACK.run(connection, id=claim.entry_id, fence=claim.fence):
        event = timeline.event_row(
            "message.requeued", at_ms, claim.tenant_id, message_id=claim.entry_id, connection_id=mailbox
        )
        timeline.add_event(connection, event)
        due.recompute(connection, mailbox, at_ms, freed=True)


def renew(connection: Connection, owner: str, entry_ids: Iterable[str], until_ms: int) -> None:
    """Keep what this worker has in flight."""
    _RENEW.run_many(connection, [{"id": one, "owner": owner, "until": until_ms} for one in sorted(entry_ids)])


def release(connection: Connection, owner: str, now_ms: int) -> None:
    """Let the leases of what was never handed over run out now."""
    _RELEASE.run(connection, owner=owner, now=now_ms)
