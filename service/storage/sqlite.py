"""SQLite: how its connections are set up, and the lock that makes processes wait their turn."""

import fcntl
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import cast

from sqlalchemy import URL, Connection, Engine, NullPool, StaticPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import ConfigurationError, StorageUnavailableError
from service.storage.statement import Row, Statement, Values

BUSY_TIMEOUT_MS = 10_000
_PAGE_BYTES = 8192  # of a new file: a mail of 100 kB is written and copied in half as many steps as by 4096
_LOG_BYTES = 128 * 1024 * 1024  # a log that grew longer is cut when it begins anew, and must grow again
_STATVFS_EVERY_S = 1.0
_NO_FILE = -1
_CACHED_STATEMENTS = 512  # joint statements have a text for each number of rows


class Readers:
    """Kept connections that cannot write.

    SQLAlchemy's pool and transactions would cost several times the look-up that most readings are, so the
    connections are kept here and their snapshots begun and ended on the driver.
    """

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        _on_connect(self._engine, "PRAGMA query_only = ON")
        self._idle: list[Connection] = []

    def find(self, statement: Statement, values: Values) -> Row | None:
        """The first row of a question, as the database is now."""
        connection = self._connection()
        try:
            row = statement.one(connection, **values)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return row

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees the database as it is now, until the end of the block."""
        connection = self._connection()
        try:
            driver = cast("sqlite3.Connection", connection.connection.driver_connection)
            driver.execute("BEGIN")
            yield connection
            connection.rollback()  # SQLAlchemy begins one of its own where a statement went by it
            if driver.in_transaction:
                driver.rollback()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _connection(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._engine.connect()

    def close(self) -> None:
        """Close the connections; none may be in use."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


def writing_engine(url: URL, *, one_connection: bool, synced_apart: bool = False) -> Engine:
    """Connections whose ``begin`` takes the write lock at once.

    With ``synced_apart`` a commit is on disk only when ``WriteAheadLog.sync`` was called after it.
    """
    engine = create_engine(
        url,
        poolclass=StaticPool if one_connection else NullPool,
        hide_parameters=True,
        connect_args={"cached_statements": _CACHED_STATEMENTS},
    )
    # Checkpoints run on a thread of their own: inside a commit they set the slowest answer.
    _on_connect(
        engine,
        "PRAGMA wal_autocheckpoint = 0",
        f"PRAGMA journal_size_limit = {_LOG_BYTES}",
        "PRAGMA cache_size = -8000",
        f"PRAGMA synchronous = {'NORMAL' if synced_apart else 'FULL'}",
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
            f"PRAGMA page_size = {_PAGE_BYTES}",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA secure_delete = FAST",
            # What a savepoint may have to take back: else every commit makes and removes a file for it.
            "PRAGMA temp_store = MEMORY",
            *pragmas,
        ):
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine, "connect", configure)


def _begin_writing(connection: Connection) -> None:
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    if not driver.in_transaction:  # else it joins in what the group writer has begun
        driver.execute("BEGIN IMMEDIATE")


class TurnLock:
    """Lets one process at a time write, and wakes the next one from the kernel.

    SQLite's own busy handler sleeps and tries again; two busy processes then wait up to a second for each
    other. The lock only shortens that wait; that one writes at a time, SQLite sees to itself.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        """Wait for it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one have it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up the file."""
        os.close(self._file)


class WriteAheadLog:
    """SQLite's log, synced by us: SQLite would keep the write lock until the disk has answered.

    For one thread: the kernel tells each open file once that something was lost.

    With ``synchronous = NORMAL`` it does all else for the log by itself: it syncs what it copies into the
    database file, so that a power cut costs at most the last commits (sqlite.org/pragma.html, synchronous).
    """

    def __init__(self, path: Path) -> None:
        file = path.resolve()  # SQLite follows a link to the database, and keeps the log over there
        self._path = file.with_name(f"{file.name}-wal")
        self._file = _NO_FILE

    def open(self) -> None:
        """Open the file, where that is still to be done; a connection must have it open.

        It stays open, so that ``sync`` tells what failed between two calls too. SQLite locks no byte of it.

        Raises:
            StorageUnavailableError: this cannot be done now.
        """
        if self._file == _NO_FILE:
            try:
                self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                raise StorageUnavailableError from error

    def sync(self) -> None:
        """Have everything on disk that any process has committed; ``open`` comes first.

        Raises:
            StorageUnavailableError: the disk failed, now or since the last call.
        """
        try:
            if sys.platform == "linux":
                os.fdatasync(self._file)
            else:
                os.fsync(self._file)
        except OSError as error:
            raise StorageUnavailableError from error

    def close(self) -> None:
        """Give up the file."""
        if self._file != _NO_FILE:
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
