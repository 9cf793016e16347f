"""``outbox.ports.Doorbell``: what wakes the dispatcher.

A ring that gets lost costs little: the dispatcher looks by itself when the next mailbox is due, and
``wait`` on PostgreSQL never sleeps longer than a second.
"""

import sqlite3
import threading
import time

import psycopg

from service.storage.claiming import CHANNEL
from service.storage.database import Database

_POLL_S = 0.02
_FALLBACK_S = 1.0


class SqliteDoorbell:
    """Serves ``Doorbell``: an event in this process, and a look at the file's version for the others'.

    ``wait`` belongs to one thread.
    """

    def __init__(self, database: Database) -> None:
        self._path = database.path
        self._rung = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._version = 0

    def wait(self, timeout_s: float) -> bool:
        ends_at = time.monotonic() + timeout_s
        while not self._rung.wait(max(0.0, min(_POLL_S, ends_at - time.monotonic()))):
            if self._has_changed():
                return True
            if time.monotonic() >= ends_at:
                return False
        self._rung.clear()
        return True

    def ring(self) -> None:
        self._rung.set()

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _has_changed(self) -> bool:
        """Whether somebody wrote; ``True`` also when the file does not say: who looks for itself will see."""
        before = self._version
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._version = self._read_version(self._connection)
        except sqlite3.Error:
            self.close()
            return True
        return self._version != before

    @staticmethod
    def _read_version(connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return version


class PostgresDoorbell:
    """Serves ``Doorbell``: a thread listens on a connection of its own, and connects again when it breaks."""

    def __init__(self, database: Database) -> None:
        self._url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._rung = threading.Event()
        self._is_closed = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def wait(self, timeout_s: float) -> bool:
        self._listen()
        # Behind a pooler that drops LISTEN nobody rings; then a look a second has to do.
        is_rung = self._rung.wait(min(timeout_s, _FALLBACK_S))
        self._rung.clear()
        return is_rung

    def ring(self) -> None:
        self._rung.set()

    def close(self) -> None:
        """End the listening thread."""
        self._is_closed.set()
        with self._guard:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _listen(self) -> None:
        with self._guard:
            if self._thread is None and not self._is_closed.is_set():
                self._thread = threading.Thread(target=self._work, name="doorbell", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while not self._is_closed.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=10) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._rung.set()  # what came while nobody listened
                    self._hear(connection)
            except psycopg.Error:
                self._is_closed.wait(_FALLBACK_S)

    def _hear(self, connection: psycopg.Connection) -> None:
        while not self._is_closed.is_set():
            for _ in connection.notifies(timeout=0.5, stop_after=1):
                self._rung.set()
