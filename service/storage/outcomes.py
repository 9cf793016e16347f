"""What becomes of a leased entry: hand-over and result, each fenced, each in one transaction."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from service.outbox.entry import OPEN_STATES, Attempt, State
from service.outbox.pace import weigh
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage import due, effects, ledger, refusals, timeline, ways
from service.storage.instants import to_ms
from service.storage.statement import Row, Statement

_HAND_OVER = Statement(
    """UPDATE messages SET handed_over_at = :at, lease_until = :lease_until
    WHERE id = :id AND fence = :fence AND owner IS NOT NULL AND EXISTS (
        SELECT 1 FROM connections WHERE id = :connection_id AND status = 'connected') AND EXISTS (
        SELECT 1 FROM ways WHERE connection_id = :connection_id AND credential_id = :credential_id
        AND kind = :kind AND status = 'ready')"""
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
_SETTLE = """UPDATE messages SET state = :state, owner = NULL, lease_until = NULL,
    available_at = COALESCE(:available_at, available_at), tries = tries + :counted, code = :code,
    reply = :reply, receipt = :receipt, sent_at = :sent_at
    WHERE id = :id AND fence = :fence AND """
_SETTLE_OURS = Statement(f"{_SETTLE} owner IS NOT NULL")
# The others ask for the owner too, so that they stay on the primary key.
# What Google said replaces what the end of the lease made us guess.
_SETTLE_CERTAIN = Statement(f"{_SETTLE} (owner IS NOT NULL OR state = 'uncertain')")
# Positive evidence always wins, also when the lease had run out meanwhile, and when a person wants it sent
# again that is not claimed yet. A receipt that is written already is no news: it may not end a resend.
_SETTLE_SENT = Statement(
    f"""{_SETTLE} (owner IS NOT NULL OR state <> 'sent' AND NOT EXISTS (
        SELECT 1 FROM attempts
        WHERE message_id = :id AND number = :number AND attempts.receipt = :receipt))"""  # noqa: S608, no value in it
)
# The same for a receipt that holds for some recipients only: the others are still owed.
_SETTLE_PARTLY = Statement(f"{_SETTLE} (owner IS NOT NULL OR state IN ('queued', 'deferred', 'uncertain'))")
_STILL_SENT = Statement(
    "UPDATE messages SET state = 'sent', sent_at = :at, receipt = :receipt, code = NULL WHERE id = :id"
)
_SENT_FROM = Statement(
    """UPDATE connections SET last_sent_at = :at
    WHERE id = :connection_id AND (last_sent_at IS NULL OR last_sent_at < :at)"""
)


def hand_over(connection: Connection, claim: Claim, at_ms: int, lease_until_ms: int) -> bool:
    """Note the hand-over; ``False`` when the entry is not this worker's, or its mailbox or way stopped."""
    entry = {"id": claim.entry_id, "fence": claim.fence}
    mailbox = claim.connection_id
    if _HAND_OVER.run(connection, **entry, **ways.of_claim(claim), at=at_ms, lease_until=lease_until_ms):
        return True
    due.lock(connection, mailbox)
    if _PUT_BACK.run(connection, **entry):
        event = timeline.event_row(
            "message.requeued", at_ms, claim.tenant_id, message_id=claim.entry_id, connection_id=mailbox
        )
        timeline.add_event(connection, event)
        due.recompute(connection, mailbox, at_ms, freed=True)
    return False


def renew(connection: Connection, owner: str, entry_ids: Iterable[str], until_ms: int) -> None:
    """Keep what this worker has in flight."""
    _RENEW.run_many(connection, [{"id": one, "owner": owner, "until": until_ms} for one in sorted(entry_ids)])


def release(connection: Connection, owner: str, now_ms: int) -> None:
    """Let the leases of what was never handed over run out now."""
    _RELEASE.run(connection, owner=owner, now=now_ms)


def record(connection: Connection, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
    """Write a result and all that follows from it; ``False`` when the entry is no longer ours."""
    mailbox = due.lock(connection, claim.connection_id)
    if mailbox is None:
        return False
    is_ours = _settle(connection, claim, attempt, verdict, _SETTLE_OURS)
    if not is_ours and not _settle_late(connection, claim, attempt, verdict):
        return False
    timeline.add_attempts(connection, [(claim.entry_id, attempt)])
    timeline.add_event(connection, _event(claim, attempt, verdict))
    ended_ms = to_ms(attempt.ended_at)
    if verdict.state is State.FAILED:
        return_to_sent(connection, claim.entry_id, attempt.code or "message-refused")
    if attempt.receipt is not None or verdict.state is State.UNCERTAIN:
        _count(connection, mailbox, claim, attempt, is_late=not is_ours)
    if verdict.refused:
        refusals.keep(connection, claim, verdict)
    if attempt.receipt is not None:
        _sent(connection, mailbox, claim, verdict, ended_ms)
    if verdict.connection is not None:
        effects.follow(connection, mailbox, claim, verdict.connection, ended_ms)
    due.recompute(connection, mailbox.id, ended_ms, freed=True)
    return True


def _count(connection: Connection, mailbox: Row, claim: Claim, attempt: Attempt, *, is_late: bool) -> None:
    """What the server took, or may have taken, counts for its limits."""
    at_ms = to_ms(attempt.ended_at)
    sent_at_ms = None if attempt.receipt is None else at_ms
    if is_late:
        # It was counted when its lease ran out, and says nothing of a limit of now.
        _SENT_FROM.run(connection, connection_id=mailbox.id, at=at_ms)
        return
    amount = weigh(claim.sender.spec, [recipient.spec for recipient in claim.recipients])
    ledger.add(connection, mailbox, amount, at_ms, sent_at_ms=sent_at_ms)
    if sent_at_ms is not None:
        effects.flow(connection, mailbox, at_ms)


def _sent(connection: Connection, mailbox: Row, claim: Claim, verdict: Verdict, at_ms: int) -> None:
    if claim.is_rest and verdict.state is State.SENT:
        refusals.rest_sent(connection, claim.entry_id)
    if claim.way_has_failed:
        effects.recovered(connection, mailbox, claim, at_ms)


def return_to_sent(connection: Connection, entry_id: str, code: str) -> None:
    """An entry that just ended without being sent is ``sent`` all the same when an earlier copy was.

    ``code`` tells why, for recipients whom that copy did not reach.
    """
    before = timeline.sent_before(connection, entry_id)
    if before is not None:
        at_ms, receipt = before
        _STILL_SENT.run(connection, id=entry_id, at=at_ms, receipt=receipt)
        refusals.close(connection, entry_id, code)


def _settle_late(connection: Connection, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
    """The lease has run out meanwhile: only what is certain is still written."""
    if verdict.state is State.UNCERTAIN:
        return False
    if attempt.receipt is None:
        return _settle(connection, claim, attempt, verdict, _SETTLE_CERTAIN)
    statement = _SETTLE_SENT if verdict.state is State.SENT else _SETTLE_PARTLY
    return _settle(connection, claim, attempt, verdict, statement)


def _settle(
    connection: Connection, claim: Claim, attempt: Attempt, verdict: Verdict, statement: Statement
) -> bool:
    is_sent = verdict.state is State.SENT
    return bool(
        statement.run(
            connection,
            id=claim.entry_id,
            fence=claim.fence,
            number=attempt.number,
            state=verdict.state.value,
            available_at=to_ms(verdict.next_attempt_at),
            counted=int(verdict.counts),
            code=None if is_sent else attempt.code,
            reply=attempt.reply,
            receipt=attempt.receipt,
            sent_at=to_ms(attempt.ended_at) if is_sent else None,
        )
    )


def _event(claim: Claim, attempt: Attempt, verdict: Verdict) -> dict[str, Any]:
    is_open = verdict.state in OPEN_STATES
    next_at = verdict.next_attempt_at if is_open else None
    is_partly_sent = is_open and attempt.receipt is not None
    return timeline.event_row(
        timeline.PARTLY_SENT if is_partly_sent else f"message.{attempt.outcome.value}",
        to_ms(attempt.ended_at),
        claim.tenant_id,
        message_id=claim.entry_id,
        connection_id=claim.connection_id,
        details={
            "code": attempt.code,
            "way": attempt.transport,
            "receipt": attempt.receipt,
            "next_attempt_at": next_at.isoformat() if next_at is not None else None,
        },
    )
