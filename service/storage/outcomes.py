"""How the try of a leased entry ended, fenced, with all that follows from it in one transaction.

Results that share a transaction share their statements too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection

from service.outbox.entry import OPEN_STATES, Attempt, State
from service.outbox.pace import weigh
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage import due, effects, ledger, refusals, timeline
from service.storage.instants import to_ms
from service.storage.statement import JointStatement, Row, Statement


def _settling(condition: str) -> JointStatement:
    return JointStatement(
        f"""WITH result (id, fence, number, state, available_at, counted, code, reply, receipt, sent_at)
        AS (VALUES {{rows}})
        UPDATE messages SET state = result.state, owner = NULL, lease_until = NULL,
        available_at = COALESCE(result.available_at, messages.available_at),
        tries = messages.tries + result.counted, code = result.code, reply = result.reply,
        receipt = result.receipt, sent_at = result.sent_at FROM result
        WHERE messages.id = result.id AND messages.fence = result.fence AND ({condition})
        RETURNING messages.id, messages.fence""",  # noqa: S608, no value in it
        (
            *("id", "fence", "number", "state", "available_at"),
            *("counted", "code", "reply", "receipt", "sent_at"),
        ),
        casts={"available_at": "BIGINT", "sent_at": "BIGINT"},
    )


_SETTLE_OURS = _settling("owner IS NOT NULL")
# The others ask for the owner too, so that they stay on the primary key.
# What Google said replaces what the end of the lease made us guess.
_SETTLE_CERTAIN = _settling("owner IS NOT NULL OR messages.state = 'uncertain'")
# Positive evidence always wins, also when the lease had run out meanwhile, and when a person wants it sent
# again that is not claimed yet. A receipt that is written already is no news: it may not end a resend.
_SETTLE_SENT = _settling(
    """owner IS NOT NULL OR messages.state <> 'sent' AND NOT EXISTS (
        SELECT 1 FROM attempts WHERE message_id = result.id AND number = result.number
        AND attempts.receipt = result.receipt)"""
)
# The same for a receipt that holds for some recipients only: the others are still owed.
_SETTLE_PARTLY = _settling("owner IS NOT NULL OR messages.state IN ('queued', 'deferred', 'uncertain')")
_STILL_SENT = Statement(
    "UPDATE messages SET state = 'sent', sent_at = :at, receipt = :receipt, code = NULL WHERE id = :id"
)
_SENT_FROM = Statement(
    """UPDATE connections SET last_sent_at = :at
    WHERE id = :connection_id AND (last_sent_at IS NULL OR last_sent_at < :at)"""
)

_Key: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """How the try of a claimed entry ended."""

    claim: Claim
    attempt: Attempt
    verdict: Verdict

    @property
    def key(self) -> _Key:
        """The entry and its fence: another claim of the same entry is another thing."""
        return self.claim.entry_id, self.claim.fence

    @property
    def concerns_mailbox(self) -> bool:
        """Whether it changes more of its mailbox than what is counted."""
        return self.verdict.connection is not None or self.claim.way_has_failed


def record(connection: Connection, results: Sequence[Result]) -> list[bool]:
    """Write results and all that follows from each; ``False`` where the entry is no longer ours."""
    written = _write(connection, [result for result in results if not result.concerns_mailbox])
    for result in results:
        if result.concerns_mailbox:  # the next one has to see what this one changes
            written |= _write(connection, [result])
    return [result.key in written for result in results]


def _write(connection: Connection, results: Sequence[Result]) -> set[_Key]:
    if not results:
        return set()
    mailboxes = {
        name: due.lock(connection, name) for name in sorted({one.claim.connection_id for one in results})
    }
    ours = _settle(connection, results, _SETTLE_OURS)
    late = {one.key for one in results if one.key not in ours and _settle_late(connection, one)}
    written = [one for one in results if one.key in ours or one.key in late]
    timeline.add_attempts(connection, [(one.claim.entry_id, one.attempt) for one in written])
    timeline.add_events(connection, [_event(one.claim, one.attempt, one.verdict) for one in written])
    for name, mailbox in mailboxes.items():
        of_mailbox = [one for one in written if one.claim.connection_id == name]
        if mailbox is not None and of_mailbox:
            _count(connection, mailbox, of_mailbox, late)
            for one in of_mailbox:
                _follow(connection, mailbox, one)
            ended_ms = max(to_ms(one.attempt.ended_at) for one in of_mailbox)
            due.recompute(connection, name, ended_ms, freed=True)
    return ours | late


def _count(connection: Connection, mailbox: Row, results: Sequence[Result], late: set[_Key]) -> None:
    """What the server took, or may have taken, counts for its limits."""
    mails = []
    for one in results:
        at_ms, is_sent = to_ms(one.attempt.ended_at), one.attempt.receipt is not None
        if one.key in late:
            # It was counted when its lease ran out, and says nothing of a limit of now.
            if is_sent:
                _SENT_FROM.run(connection, connection_id=mailbox.id, at=at_ms)
        elif is_sent or one.verdict.state is State.UNCERTAIN:
            recipients = [recipient.spec for recipient in one.claim.recipients]
            mails.append(ledger.Mail(weigh(one.claim.sender.spec, recipients), at_ms, is_sent=is_sent))
    if mails:
        ledger.add(connection, mailbox, mails)
    sent_at = [mail.at_ms for mail in mails if mail.is_sent]
    if sent_at:
        effects.flow(connection, mailbox, max(sent_at))


def _follow(connection: Connection, mailbox: Row, result: Result) -> None:
    """What a result means beyond its own row."""
    claim, attempt, verdict = result.claim, result.attempt, result.verdict
    ended_ms = to_ms(attempt.ended_at)
    if verdict.state is State.FAILED:
        return_to_sent(connection, claim.entry_id, attempt.code or "message-refused")
    if verdict.refused:
        refusals.keep(connection, claim, verdict)
    if attempt.receipt is not None:
        _sent(connection, mailbox, claim, verdict, ended_ms)
    if verdict.connection is not None:
        effects.follow(connection, mailbox, claim, verdict.connection, ended_ms)


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


def _settle_late(connection: Connection, result: Result) -> bool:
    """The lease has run out meanwhile: only what is certain is still written."""
    is_sent = result.verdict.state is State.SENT
    if result.verdict.state is State.UNCERTAIN:
        return False
    if result.attempt.receipt is None:
        statement = _SETTLE_CERTAIN
    else:
        statement = _SETTLE_SENT if is_sent else _SETTLE_PARTLY
    return bool(_settle(connection, [result], statement))


def _settle(connection: Connection, results: Sequence[Result], statement: JointStatement) -> set[_Key]:
    rows = statement.returned(
        connection, [_settled_row(one.claim, one.attempt, one.verdict) for one in results]
    )
    return {(row.id, row.fence) for row in rows}


def _settled_row(claim: Claim, attempt: Attempt, verdict: Verdict) -> dict[str, Any]:
    is_sent = verdict.state is State.SENT
    return {
        "id": claim.entry_id,
        "fence": claim.fence,
        "number": attempt.number,
        "state": verdict.state.value,
        "available_at": to_ms(verdict.next_attempt_at),
        "counted": int(verdict.counts),
        "code": None if is_sent else attempt.code,
        "reply": attempt.reply,
        "receipt": attempt.receipt,
        "sent_at": to_ms(attempt.ended_at) if is_sent else None,
    }


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
