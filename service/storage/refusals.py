"""The fate of single recipients, where a server took a mail for some and not for others."""

from sqlalchemy import Connection

from service.errors import Refusal
from service.outbox.entry import OPEN_STATES, RecipientOutcome, State
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage.statement import Statement

_RECIPIENT_SENT = Statement(
    """UPDATE recipients SET outcome = 'sent', code = NULL, reply = NULL
    WHERE message_id = :id AND address = :address AND outcome IS NULL"""
)
_RECIPIENT_REFUSED = Statement(
    """UPDATE recipients SET outcome = :outcome, code = :code, reply = :reply
    WHERE message_id = :id AND address = :address AND outcome IS NULL"""
)
# Who had not got the mail when its last try ended for good, while others had.
_REST_REFUSED = Statement(
    """UPDATE recipients SET outcome = 'refused', code = COALESCE(code, :code)
    WHERE message_id = :id AND outcome IS NULL AND reached = 0 AND EXISTS (
        SELECT 1 FROM recipients AS other
        WHERE other.message_id = :id AND (other.outcome = 'sent' OR other.reached = 1))"""
)
_REST_SENT = Statement(
    """UPDATE recipients SET code = NULL, reply = NULL
    WHERE message_id = :id AND outcome IS NULL AND code IS NOT NULL"""
)
_OWE_REFUSED = Statement(
    """UPDATE recipients SET outcome = NULL, code = NULL, reply = NULL
    WHERE message_id = :id AND outcome = 'refused'"""
)
_BEGIN_ANEW = Statement(
    """UPDATE recipients SET code = NULL, reply = NULL, outcome = NULL,
    reached = CASE WHEN outcome = 'sent' OR outcome IS NULL AND :was_sent = 1 THEN 1 ELSE reached END
    WHERE message_id = :id"""
)


def keep(connection: Connection, claim: Claim, verdict: Verdict) -> None:
    """Each recipient gets the mail once: who has it is left out of every later try.

    Where the answer was lost, whoever had been refused before has certainly not got it, also for now.
    """
    refused = {refusal.address: refusal for refusal in verdict.refused}
    is_unclear = verdict.state is State.UNCERTAIN
    taken = [address.spec for address in claim.recipients if address.spec not in refused]
    if verdict.state in OPEN_STATES:
        rows = [{"id": claim.entry_id, "address": spec} for spec in taken]
        _RECIPIENT_SENT.run_many(connection, rows)
    _RECIPIENT_REFUSED.run_many(
        connection,
        [
            _refusal_row(claim.entry_id, refusal, is_final=is_unclear or refusal.is_permanent)
            for refusal in refused.values()
        ],
    )


def owe_refused(connection: Connection, entry_id: str) -> None:
    """An unclear try is made again: it is owed to whoever it had not reached."""
    _OWE_REFUSED.run(connection, id=entry_id)


def _refusal_row(entry_id: str, refusal: Refusal, *, is_final: bool) -> dict[str, str | None]:
    return {
        "id": entry_id,
        "address": refusal.address,
        "outcome": RecipientOutcome.REFUSED.value if is_final else None,
        "code": refusal.code,
        "reply": refusal.reply,
    }


def close(connection: Connection, entry_id: str, code: str) -> None:
    """No further try: who has not got what others got never will."""
    _REST_REFUSED.run(connection, id=entry_id, code=code)


def rest_sent(connection: Connection, entry_id: str) -> None:
    """The rest has got it too: why it came later is no news any more."""
    _REST_SENT.run(connection, id=entry_id)


def begin_anew(connection: Connection, entry_id: str, *, was_sent: bool) -> None:
    """A person's resend goes to everybody again; who had got the mail before is remembered."""
    _BEGIN_ANEW.run(connection, id=entry_id, was_sent=int(was_sent))
