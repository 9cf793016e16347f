"""SQLite: how its connections are set up, and the lock that makes processes wait their turn."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, StaticPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import ConfigurationError

BUSY_TIMEOUT_MS = 10_000
_LOG_BYTES = 64 * 1024 * 1024  # a log that grew longer is cut when it begins anew
_STATVFS_EVERY_S = 1.0


def reading_engine(url: URL, pool_size: int) -> Engine:
    """Connections that cannot write; each ``begin`` is one snapshot."""
    engine = create_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=5, hide_parameters=True)
    _on_connect(engine, "PRAGMA query_only = ON")
    event.listen(engine, "begin", _begin_reading)
    return engine


def writing_engine(url: URL, *, one_connection: bool) -> Engine:
    """Connections whose ``begin`` takes the write lock at once."""
    engine = create_engine(url, poolclass=StaticPool if one_connection else NullPool, hide_parameters=True)
    # Checkpoints run on a thread of their own: inside a commit they set the slowest answer.
    _on_connect(
        engine,
        "PRAGMA wal_autocheckpoint = 0",
        f"PRAGMA journal_size_limit = {_LOG_BYTES}",
        "PRAGMA cache_size = -8000",
    )
    event.listen(engine, "begin", _begin_writing)
    return engine


def prepare_file(path: Path) -> None:
    """Make the folder and the file, readable by this user only.

    Raises:
        ConfigurationError: there can be no such file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigurationError(f"{path}: there can be no database here ({error.strerror})") from None


def lock_path(path: Path) -> Path:
    """The file beside the database that processes lock to write in turn."""
    return path.with_name(f"{path.name}.lock")


def _on_connect(engine: Engine, *pragmas: str) -> None:
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        for pragma in (
            f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA secure_delete = FAST",
            *pragmas,
        ):
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine, "connect", configure)


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class TurnLock:
    """Lets one process at a time write, and wakes the next one from the kernel.

    SQLite's own busy handler sleeps and tries again; two busy processes then wait up to a second for each
    other. The lock only shortens that wait; that one writes at a time, SQLite sees to itself.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up the file."""
        os.close(self._file)


class FreeSpace:
    """How much room the disk has, asked at most once a second."""

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._asked_at = float("-inf")
        self._is_enough = True

    def is_enough(self) -> bool:
        """Whether another message may be taken."""
        if self._min_free_bytes and time.monotonic() - self._asked_at >= _STATVFS_EVERY_S:
            facts = os.statvfs(self._folder)
            self._is_enough = facts.f_bavail * facts.f_frsize >= self._min_free_bytes
            self._asked_at = time.monotonic()
        return self._is_enough
