"""SQLite's checkpoints, on a thread of their own: inside a commit they would set the slowest answer."""

import threading
from pathlib import Path

from sqlalchemy import Engine

from service.storage.faults import DRIVER_ERRORS
from service.storage.sqlite import TurnLock

_EVERY_S = 1.0
_TRUNCATE_BYTES = 32 * 1024 * 1024


class Checkpointer:
    """Copies committed pages from the log into the database file."""

    def __init__(self, engine: Engine, turn: TurnLock, log: Path) -> None:
        self._engine = engine
        self._turn = turn
        self._log = log
        self._is_wanted = threading.Event()
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sqlite-checkpoints", daemon=True)
        self._thread.start()

    def want(self) -> None:
        """Something was committed."""
        self._is_wanted.set()

    def close(self) -> None:
        """End after the checkpoint that runs."""
        self._is_closed.set()
        self._is_wanted.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._is_closed.wait(_EVERY_S):
            self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                self._copy()
            except (*DRIVER_ERRORS, OSError):
                # Nothing is lost: the log keeps the pages, and the next commit asks again.
                continue
        self._engine.dispose()

    def _copy(self) -> None:
        self._run("PASSIVE")
        if self._log.stat().st_size > _TRUNCATE_BYTES:
            # A log that is written to without a pause never ends by passive checkpoints alone. Most
            # pages are copied by now, so the writers wait only for the few that came since.
            with self._turn.held():
                self._run("TRUNCATE")

    def _run(self, mode: str) -> None:
        driver = self._engine.raw_connection()
        try:
            cursor = driver.cursor()
            cursor.execute(f"PRAGMA wal_checkpoint({mode})")
            cursor.fetchall()
            cursor.close()
        finally:
            driver.close()
