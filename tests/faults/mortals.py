"""Processes that do one thing and are killed in the midst of it: before its Nth statement, or at some moment.

``python -m tests.faults.mortals`` has everything imported; each line on its standard input is a ``Deed`` as
JSON, for which it forks a process. It answers ``done`` when that one came to its end before it was killed.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import count
from types import TracebackType
from typing import Any, Self, cast

import psycopg
from psycopg.abc import Params
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from service import settings
from service.mail.address import Address
from service.outbox.correct import CorrectionOrder
from service.wiring import Services, build
from tests.harness import Installation, ShiftedClock

END_S = 30
_STILL_THERE = "SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)"


@dataclass(frozen=True)
class Deed:
    """What shall be done, and when its process dies.

    Attributes:
        name: ``correct`` or ``forget``.
        ahead_s: how far its clock is ahead.
        before: the statement, counted from 1, that it does not come to; reads count, and so do commits.
        after_s: seconds from its beginning.
    """

    name: str
    ahead_s: float = 0
    before: int | None = None
    after_s: float | None = None
    tenant_id: str = ""
    entry_id: str = ""
    key: str = ""

    def order(self) -> CorrectionOrder:
        """What a deed ``correct`` asks for."""
        to = (Address("richtig@example.com"),)
        return CorrectionOrder(self.tenant_id, self.entry_id, to, (), (), self.key, "Anna")


DEEDS: dict[str, Callable[[Services, Deed], object]] = {
    "correct": lambda services, deed: services.correct.send(deed.order()),
    "forget": lambda services, _: services.upkeep.forget.run_once(),
}


class Mortals:
    """Lets deeds of one installation be done by processes that die."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self._process = self._installation.converse("tests.faults.mortals")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def do(self, deed: Deed) -> bool:
        """Whether it was done before its process was killed.

        When this returns that one is dead, and PostgreSQL has ended what it was about: a commit that was on
        its way comes to its end without whoever asked for it.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asdict(deed)), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().strip()
        assert answer in {"done", "killed"}, self._installation.log()
        return answer == "done"


def main() -> None:
    """Fork a process for every line, and wait for its end."""
    for line in sys.stdin:
        deed = Deed(**json.loads(line))
        hearing, telling = os.pipe()
        pid = os.fork()
        if pid == 0:
            _live(deed, telling)
            os._exit(0)
        os.close(telling)
        _, status = os.waitpid(pid, 0)
        with os.fdopen(hearing) as told:
            _await_end([int(server_pid) for server_pid in told])
        print(
            {0: "done", -signal.SIGKILL: "killed"}.get(os.waitstatus_to_exitcode(status), "broken"),
            flush=True,
        )


def _await_end(server_pids: list[int]) -> None:
    """Wait until these processes of PostgreSQL, which served the dead one, are gone."""
    if server_pids:
        with psycopg.connect(os.environ["POSTAUSGANG_DATABASE_URL"], autocommit=True) as connection:
            deadline = time.monotonic() + END_S
            while connection.execute(_STILL_THERE, (server_pids,)).fetchone() is not None:
                if time.monotonic() > deadline:
                    raise TimeoutError(server_pids)
                time.sleep(0.002)


def _live(deed: Deed, telling: int) -> None:
    clock = ShiftedClock()
    clock.advance(deed.ahead_s)
    fate = _Fate(telling)
    with build(settings.load(), clock) as services:
        fate.fatal = deed.before
        if deed.after_s is not None:
            threading.Timer(deed.after_s, _die).start()
        DEEDS[deed.name](services, deed)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Fate:
    """Counts what this process asks its database from when ``fatal`` is set, and ends it there.

    Args:
        telling: where it writes by which processes of PostgreSQL it is served, a line each.
    """

    def __init__(self, telling: int) -> None:
        self._telling = telling
        self.fatal: int | None = None
        self._statements = count(1)
        event.listen(Engine, "connect", self._watch)
        event.listen(Engine, "commit", self._commit)

    def come_by(self) -> None:
        if self.fatal is not None and next(self._statements) == self.fatal:
            _die()

    def _watch(self, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(lambda _: self.come_by())  # BEGIN and COMMIT are statements there
            return
        session = cast("psycopg.Connection[Any]", connection)
        os.write(self._telling, f"{session.info.backend_pid}\n".encode())
        fate = self

        class MortalCursor(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Params | None = None, **how: Any) -> Self:
                fate.come_by()
                return super().execute(query, params, **how)

            def executemany(self, query: Any, params_seq: Any, **how: Any) -> None:
                fate.come_by()
                super().executemany(query, params_seq, **how)

        session.cursor_factory = MortalCursor

    def _commit(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            self.come_by()


if __name__ == "__main__":
    main()
