"""The hand-over rule: what follows from how a try ended.

=================================================  ==============  ==============================
it broke                                           certain?        then
=================================================  ==============  ==============================
before the last byte left                          not sent        next way at once, else ``deferred``
clear refusal, temporary                           not sent        ``deferred``, or the mailbox pauses
clear refusal, for good                            not sent        ``failed``
only a person can mend this way                    not sent        next way at once, else the connection
                                                                   waits; no try burnt
clear success                                      sent            the receipt is stored next
taken for some recipients, refused for others      both            who has it never gets it again
after the last byte: reset, time-out, crash        **unknown**     ``uncertain``; never resent by itself
=================================================  ==============  ==============================
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.outbox.entry import State
from service.outbox.ports import Claim
from service.outbox.retry import next_attempt_at
from service.outbox.verdict import Detour, Hold, Receipt, Reconnect, Verdict

PROBE_S = 3600.0  # after a limit that names no time, for the first time
DETOUR_S = 300.0  # how long a way that does not work is left out, where nobody named a time


def judge(error: DeliveryError, claim: Claim, now: datetime, random_source: random.Random) -> Verdict:
    """What follows from a try that ended in ``error``. What is not certainly unsent is ``uncertain``."""
    match error:
        case PermanentDeliveryError():
            return Verdict(State.FAILED)
        case WayDownError() | WayHeldError() if claim.has_next_way:
            until = now + timedelta(seconds=error.wait_s or DETOUR_S)
            return Verdict(State.DEFERRED, now, counts=False, connection=Detour(until, error.code))
        case TransientDeliveryError():
            return _deferred(claim, now, random_source, error.wait_s)
        case MailboxHeldError() | WayHeldError():
            until = now + timedelta(seconds=error.wait_s or PROBE_S)
            hold = Hold(until, error.code, is_guess=error.wait_s is None)
            return Verdict(State.DEFERRED, now, counts=False, connection=hold)
        case ReconnectRequiredError():
            return Verdict(State.DEFERRED, now, counts=False, connection=Reconnect(error.code))
        case _:
            refused = error.refused if isinstance(error, UncertainDeliveryError) else ()
            return Verdict(State.UNCERTAIN, refused=refused)


def judge_receipt(receipt: Receipt, claim: Claim, now: datetime, random_source: random.Random) -> Verdict:
    """What follows from a receipt: who was refused for now is tried again, and nobody else."""
    if all(refusal.is_permanent for refusal in receipt.refused):
        return Verdict(State.SENT, refused=receipt.refused)
    return replace(_deferred(claim, now, random_source, None), refused=receipt.refused)


def outcome(verdict: Verdict) -> State:
    """The word for the timeline: a try that paused its mailbox is ``waiting``."""
    return State.WAITING if isinstance(verdict.connection, Hold | Reconnect) else verdict.state


def _deferred(claim: Claim, now: datetime, random_source: random.Random, wait_s: float | None) -> Verdict:
    due = next_attempt_at(claim.tries + 1, now, wait_s=wait_s, random_source=random_source)
    return Verdict(State.DEFERRED, due)
