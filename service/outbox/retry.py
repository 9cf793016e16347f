"""When a mail that was not sent is tried again.

30 s, 2 min, 10 min, 30 min, then hourly, each ±20 %, until its give-up time. RFC 5321 §4.5.4.1 asks for
a give-up time of at least 4 to 5 days; the first steps are shorter than its 30 minutes because the other
end is always Google, whose troubles are mostly short.
"""

import random
from datetime import datetime, timedelta

STEPS_S = (30, 120, 600, 1800)
LAST_STEP_S = 3600
JITTER = 0.2


def next_attempt_at(
    tries: int, now: datetime, *, wait_s: float | None, random_source: random.Random
) -> datetime:
    """When to try again.

    Args:
        tries: how many tries have failed by now, from 1.
        now: when the last one ended.
        wait_s: seconds that the server named; a longer wait than the schedule's is kept.
        random_source: spreads the tries, so that an outage does not end in a stampede.
    """
    step_s = STEPS_S[tries - 1] if tries <= len(STEPS_S) else LAST_STEP_S
    spread_s = step_s * random_source.uniform(1 - JITTER, 1 + JITTER)
    return now + timedelta(seconds=max(spread_s, wait_s or 0))
