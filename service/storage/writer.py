"""SQLite's one writer: a thread that puts the writes of many callers into one commit.

Nobody hears of success before the commit is on disk; while it gets there, another process has its turn.
A failing write takes back only itself. Those of one kind share their statements too: every statement is a
chance for other threads to take the interpreter.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, cast

from sqlalchemy import Connection, Engine

from service.errors import StorageUnavailableError
from service.storage.faults import DRIVER_ERRORS, is_sync_fault, storage_error
from service.storage.sqlite import TurnLock, WriteAheadLog

_MAX_BATCH = 64
Write = Callable[[Connection], Any]
JointWrite = Callable[[Connection, Sequence[Any]], Sequence[Any]]


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Job:
    write: JointWrite
    item: Any
    result: Any = None
    error: Exception | None = None
    done: threading.Lock = field(default_factory=_locked)  # a quarter of what an event costs

    def answer(self) -> Any:
        """Wait until it was run, for good or ill."""
        with self.done:
            pass
        if self.error is not None:
            raise self.error
        return self.result


class GroupWriter:
    """Runs writes one after the other; those that wait meanwhile share a commit.

    Args:
        engine: its commits are not on disk before ``log`` was synced.
        after_commit: called after each.
        when_broken: called once a sync has failed; from then on every write is refused.
    """

    def __init__(
        self,
        engine: Engine,
        turn: TurnLock,
        log: WriteAheadLog,
        *,
        after_commit: Callable[[], None],
        when_broken: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._turn = turn
        self._log = log
        self._after_commit = after_commit
        self._when_broken = when_broken
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._is_closed = False
        self._broken: Exception | None = None
        self._kept: Connection | None = None
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    def write(self, write: Write) -> Any:
        """Run ``write`` in a transaction; answers what it answers, once that is on disk."""
        return self.write_jointly(_one_by_one, write)

    def write_jointly(self, write: JointWrite, item: Any) -> Any:
        """Run ``write`` for this item and those that wait with it; answers what it answers for this one."""
        return self.begin_jointly(write, item)()

    def begin_jointly(self, write: JointWrite, item: Any) -> Callable[[], Any]:
        """The same without waiting for it; what comes back waits and answers.

        What is given later shares its commit or has a later one, unless this write fails.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write inside a write would wait for itself")
        job = _Job(write, item)
        with self._guard:
            if self._is_closed:
                raise StorageUnavailableError("The database was closed.")
            self._jobs.put(job)
        return job.answer

    def close(self) -> None:
        """Finish what is queued, then end."""
        with self._guard:
            if not self._is_closed:
                self._is_closed = True
                self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            job = self._jobs.get()
            is_open = job is not None and self._run([job])
        if self._kept is not None:
            self._kept.close()
        self._engine.dispose()

    def _run(self, batch: list[_Job]) -> bool:
        """Run these writes and those that wait with them; says whether more may come."""
        is_open = True
        if self._broken is None:
            try:
                with self._turn:
                    # Only now: what came while another process had its turn shares the commit.
                    is_open = self._collect(batch)
                    self._commit_together(batch)
                self._sync()
            except Exception as error:  # noqa: BLE001, every caller is told, nobody may wait for ever
                self._fail(batch, error)
        else:
            self._fail(batch, self._broken)
        for job in batch:
            job.done.release()
        if self._broken is None:
            self._after_commit()
        return is_open

    def _collect(self, batch: list[_Job]) -> bool:
        while len(batch) < _MAX_BATCH:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                return False
            batch.append(job)
        return True

    def _commit_together(self, batch: list[_Job]) -> None:
        connection = self._connection()
        with _transaction(connection):
            self._log.open()  # by now SQLite has it open; after the commit a failure would be a failed sync
            for group in _groups(batch):
                self._run_group(connection, group)
                if not _is_open(connection):
                    break
            else:
                self._commit(connection)
                return
        # The engine took everything back by itself (disk full, I/O): the others try again alone.
        self._commit_apart(connection, [job for job in batch if [job] != group])

    def _commit_apart(self, connection: Connection, jobs: list[_Job]) -> None:
        for job in jobs:
            job.result, job.error = None, None
            if self._broken is not None:
                self._fail([job], self._broken)
                continue
            try:
                with _transaction(connection):
                    if self._run_members(connection, [job]):
                        self._commit(connection)
            except DRIVER_ERRORS as error:
                self._fail([job], error)

    def _run_group(self, connection: Connection, group: list[_Job]) -> None:
        if not self._run_members(connection, group) and len(group) > 1:
            for job in group:
                job.error = None
                if not _is_open(connection):
                    return  # all of them try again apart
                self._run_members(connection, [job])

    def _run_members(self, connection: Connection, group: list[_Job]) -> bool:
        _if_open(connection, "SAVEPOINT members")
        try:
            results = group[0].write(connection, [job.item for job in group])
        except Exception as error:  # noqa: BLE001, it belongs to the caller who waits for it
            self._fail(group, error)
            _if_open(connection, "ROLLBACK TO members")
        else:
            for job, result in zip(group, results, strict=True):
                job.result = result
        _if_open(connection, "RELEASE members")
        return group[0].error is None

    def _commit(self, connection: Connection) -> None:
        try:
            _driver(connection).execute("COMMIT")
        except DRIVER_ERRORS as error:
            if is_sync_fault(error):  # a log that begins anew is synced by SQLite itself
                self._break(error)
            raise

    def _sync(self) -> None:
        try:
            self._log.sync()
        except StorageUnavailableError as error:
            self._break(error)
            raise

    def _break(self, error: Exception) -> None:
        """After a failed sync the kernel may call lost pages clean: only a restart reads the truth."""
        self._broken = error
        self._when_broken()

    def _connection(self) -> Connection:
        if self._kept is None:
            self._kept = self._engine.connect()
        return self._kept

    @staticmethod
    def _fail(jobs: list[_Job], error: Exception) -> None:
        for job in jobs:
            job.result, job.error = None, storage_error(error) or error


def _one_by_one(connection: Connection, writes: Sequence[Write]) -> list[Any]:
    return [write(connection) for write in writes]


def _groups(batch: list[_Job]) -> list[list[_Job]]:
    """The joint writes of one kind together; each other write is a group of its own."""
    groups: dict[Any, list[_Job]] = {}
    for job in batch:
        groups.setdefault(job if job.write is _one_by_one else job.write, []).append(job)
    return list(groups.values())


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    """Take back what is not committed in it. On the driver: SQLAlchemy's own costs several times that."""
    _driver(connection).execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        try:
            connection.rollback()  # SQLAlchemy joins in where a statement went by it
        finally:
            _if_open(connection, "ROLLBACK")


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _is_open(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def _if_open(connection: Connection, sql: str) -> None:
    if _is_open(connection):
        _driver(connection).execute(sql)
