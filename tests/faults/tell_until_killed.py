"""Tells owners once, by a clock so many seconds ahead, and dies just before its Nth commit.

``python -m tests.faults.tell_until_killed N SECONDS``
"""

import os
import signal
import sys
from itertools import count

from sqlalchemy import Connection, Engine, event

from service import settings
from service.wiring import build
from tests.harness import ShiftedClock


def main(fatal: int, ahead_s: float) -> None:
    """Ends well when the run makes fewer commits."""
    commits = count(1)

    def die_in_time(connection: Connection) -> None:
        is_read = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        if not is_read and next(commits) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = ShiftedClock()
    clock.advance(ahead_s)
    with build(settings.load(), clock) as services:
        event.listen(Engine, "commit", die_in_time)
        services.notices.run_once()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
