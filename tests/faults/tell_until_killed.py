"""Tells owners once, by a clock so many seconds ahead, and dies just before its Nth commit.

``python -m tests.faults.tell_until_killed N SECONDS``
"""

import os
import signal
import sqlite3
import sys
from itertools import count

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from service import settings
from service.wiring import build
from tests.harness import ShiftedClock


def main(fatal: int, ahead_s: float) -> None:
    """Ends well when the run makes fewer commits."""
    commits = count(1)
    has_begun = False

    def die_in_time() -> None:
        if has_begun and next(commits) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        if isinstance(connection, sqlite3.Connection):  # its writer commits past SQLAlchemy
            connection.set_trace_callback(lambda sql: die_in_time() if sql == "COMMIT" else None)

    def commit(connection: Connection) -> None:
        is_read = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        if connection.dialect.name == "postgresql" and not is_read:
            die_in_time()

    event.listen(Engine, "connect", watch)
    event.listen(Engine, "commit", commit)
    clock = ShiftedClock()
    clock.advance(ahead_s)
    with build(settings.load(), clock) as services:
        has_begun = True
        services.notices.run_once()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
