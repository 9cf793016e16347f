"""SQLite's checkpoints, on a thread of their own: inside a commit they would set the slowest answer."""

import threading

import structlog
from sqlalchemy import Engine

from service.cores import leave_the_core
from service.storage.faults import DRIVER_ERRORS, is_sync_fault
from service.storage.sqlite import TurnLock

_EVERY_S = 0.25
_OFTEN_S = 0.1  # where much is written: a log that stays short is written, read and copied in the caches
_LONG_PAGES = 2_048  # 16 MiB
_FEW_PAGES = 512
_ROUNDS = 4

log = structlog.get_logger(__name__)


class Checkpointer:
    """Copies committed pages from the log into the database file.

    Args:
        turn: no other thread's; it is closed with this.
    """

    def __init__(self, engine: Engine, turn: TurnLock) -> None:
        self._engine = engine
        self._turn = turn
        self._is_wanted = threading.Event()
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sqlite-checkpoints", daemon=True)
        self._thread.start()

    def want(self) -> None:
        """Something was committed."""
        self._is_wanted.set()

    def give_up(self) -> None:
        """Copy no more: a commit is on no disk, and nobody knows which pages the log really has."""
        self._is_closed.set()
        self._is_wanted.set()

    def close(self) -> None:
        """End after the checkpoint that runs."""
        self.give_up()
        self._thread.join()
        self._turn.close()

    def _work(self) -> None:
        leave_the_core()
        pause_s = _EVERY_S
        while not self._is_closed.wait(pause_s):
            self._is_wanted.wait()
            self._is_wanted.clear()
            if self._is_closed.is_set():
                break
            try:
                pause_s = _EVERY_S if self._copy() < _FEW_PAGES else _OFTEN_S
            except DRIVER_ERRORS as error:
                if is_sync_fault(error):
                    # The kernel forgets a failure that it has told: another try would seem to succeed, and
                    # the log begin anew over what is on no disk.
                    log.critical("the disk failed: no more checkpoints before a restart")
                    break
                # Nothing is lost: the log keeps the pages, and the next commit asks again.
        self._engine.dispose()

    def _copy(self) -> int:
        """Copy what there is; the pages of the log when it began."""
        found, left = self._passive()
        length = found
        for _ in range(_ROUNDS):
            if length < _LONG_PAGES or left < _FEW_PAGES:
                break
            length, left = self._passive()
        if length >= _LONG_PAGES:
            # SQLite begins the log anew only when all of it was copied, and under steady writing there
            # is always a rest. It is short by now, so the writers hardly notice that they wait for it.
            with self._turn:
                self._passive()
        return found

    def _passive(self) -> tuple[int, int]:
        """Copy what can be copied without waiting; the pages of the log, and those not copied."""
        driver = self._engine.raw_connection()
        try:
            cursor = driver.cursor()
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            [(_, length, copied)] = cursor.fetchall()
            cursor.close()
        finally:
            driver.close()
        return length, length - copied
