"""The hand-over rule: what follows from how a try ended.

=================================================  ==============  ==============================
it broke                                           certain?        then
=================================================  ==============  ==============================
before the last byte left                          not sent        ``deferred``, next try by the schedule
clear refusal, temporary                           not sent        ``deferred``, or the mailbox pauses
clear refusal, for good                            not sent        ``failed``
only a person can mend it                          not sent        the connection waits, no try burnt
clear success                                      sent            the receipt is stored next
after the last byte: reset, time-out, crash        **unknown**     ``uncertain``; never resent by itself
=================================================  ==============  ==============================
"""

import random
from datetime import datetime, timedelta

from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    WayHeldError,
)
from service.outbox.entry import State
from service.outbox.ports import Claim, Hold, Reconnect, Verdict
from service.outbox.retry import next_attempt_at

PROBE_S = 3600.0  # after a limit that names no time
SENT = Verdict(State.SENT)
UNCERTAIN = Verdict(State.UNCERTAIN)


def judge(error: DeliveryError, claim: Claim, now: datetime, random_source: random.Random) -> Verdict:
    """What follows from a try that ended in ``error``. What is not certainly unsent is ``uncertain``."""
    match error:
        case PermanentDeliveryError():
            return Verdict(State.FAILED)
        case TransientDeliveryError():
            due = next_attempt_at(claim.tries + 1, now, wait_s=error.wait_s, random_source=random_source)
            return Verdict(State.DEFERRED, due)
        case MailboxHeldError() | WayHeldError():
            until = now + timedelta(seconds=error.wait_s or PROBE_S)
            return Verdict(State.DEFERRED, now, counts=False, connection=Hold(until, error.code))
        case ReconnectRequiredError():
            return Verdict(State.DEFERRED, now, counts=False, connection=Reconnect(error.code))
        case _:
            return UNCERTAIN


def outcome(verdict: Verdict) -> State:
    """The word for the timeline: a try that paused its mailbox is ``waiting``."""
    return State.WAITING if verdict.connection is not None else verdict.state
