"""SQLite's group commit: many callers, one commit, and nobody pays for another's failure."""

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from service.errors import NotFoundError, StorageFullError, StorageUnavailableError
from service.storage import writer
from service.storage.checkpoint import Checkpointer
from service.storage.database import Database

ADD = "INSERT INTO tenants (id, name, created_at) VALUES (?, 'n', 0)"


def _add(name: str) -> Callable[[Connection], str]:
    def run(connection: Connection) -> str:
        connection.exec_driver_sql(ADD, (name,))
        return name

    return run


def _kept(database: Database) -> set[str]:
    return database.read(lambda c: {row[0] for row in c.exec_driver_sql("SELECT id FROM tenants")})


def _together(
    database: Database, threads: ThreadPoolExecutor, *writes: Callable[[Connection], object]
) -> list[Future[object]]:
    """Queue writes behind one that waits, so that they share a commit."""
    return _queued(database, threads, [partial(database.write, write) for write in writes])


def _queued(
    database: Database, threads: ThreadPoolExecutor, writes: list[Callable[[], object]]
) -> list[Future[object]]:
    may_go, is_running = threading.Event(), threading.Event()

    def wait(_: Connection) -> None:
        is_running.set()
        may_go.wait()

    first = threads.submit(database.write, wait)
    is_running.wait()
    futures = [threads.submit(write) for write in writes]
    jobs = database._open().engine.writer._jobs  # type: ignore[union-attr]  # SQLite's
    while jobs.qsize() < len(writes):
        threading.Event().wait(0.001)
    may_go.set()
    first.result()
    return futures


def test_writes_that_wait_share_a_commit(sqlite: Database) -> None:
    """Sixty callers cost a commit or two, and each gets its own answer."""
    names = [f"ten_{number}" for number in range(60)]
    with ThreadPoolExecutor(62) as threads:
        futures = _together(sqlite, threads, *map(_add, names))

        assert [future.result() for future in futures] == names
    assert _kept(sqlite) == set(names)


def test_a_failing_write_takes_back_only_itself(sqlite: Database) -> None:
    """A duplicate key in the middle of a batch; the others are on disk."""

    def half(connection: Connection) -> None:
        _add("half")(connection)
        _add("b")(connection)

    with ThreadPoolExecutor(5) as threads:
        futures = _together(sqlite, threads, _add("a"), _add("b"), half, _add("c"))
        failures = [future.exception() for future in futures]

    assert isinstance(failures.pop(2), (IntegrityError, sqlite3.IntegrityError))
    assert failures == [None, None, None]
    assert _kept(sqlite) == {"a", "b", "c"}


def test_joint_writes_are_run_in_one_call(sqlite: Database) -> None:
    """Each caller hears the answer to its own item."""
    calls: list[int] = []

    def add(connection: Connection, names: Sequence[str]) -> list[str]:
        calls.append(len(names))
        return [_add(name)(connection) for name in names]

    names = [f"ten_{number}" for number in range(20)]
    with ThreadPoolExecutor(21) as threads:
        writes = [partial(sqlite.write_jointly, add, name) for name in names]
        answers = [future.result() for future in _queued(sqlite, threads, list(writes))]

    assert (answers, calls) == (names, [20])
    assert _kept(sqlite) == set(names)


def test_a_failing_item_of_joint_writes_takes_back_only_itself(sqlite: Database) -> None:
    """The others are run again without it."""

    def add(connection: Connection, names: Sequence[str]) -> list[str]:
        return [_add(name)(connection) for name in names]

    with ThreadPoolExecutor(6) as threads:
        writes = [partial(sqlite.write_jointly, add, name) for name in ("a", "b", "b", "c")]
        failures = [future.exception() for future in _queued(sqlite, threads, list(writes))]

    assert [isinstance(failure, IntegrityError) for failure in failures].count(True) == 1
    assert failures.count(None) == 3
    assert _kept(sqlite) == {"a", "b", "c"}


@pytest.mark.parametrize("place", range(4))
def test_joint_writes_are_made_again_when_sqlite_takes_all_of_them_back(sqlite: Database, place: int) -> None:
    """Wherever the one stands that does not fit on the disk: only its caller hears of it."""

    def add(connection: Connection, names: Sequence[str]) -> list[str]:
        return [full(connection) if name == "full" else _add(name)(connection) for name in names]

    def full(connection: Connection) -> str:
        driver = connection.connection.driver_connection
        driver.execute("ROLLBACK")  # type: ignore[union-attr]  # as SQLite itself does
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    names = ["a", "b", "c"]
    names.insert(place, "full")
    with ThreadPoolExecutor(6) as threads:
        writes = [partial(sqlite.write, _add("other"))]
        writes += [partial(sqlite.write_jointly, add, name) for name in names]
        failures = [future.exception() for future in _queued(sqlite, threads, list(writes))]

    assert isinstance(failures.pop(1 + place), StorageFullError)
    assert failures == [None] * 4
    assert _kept(sqlite) == {"other", "a", "b", "c"}


def test_nobody_hears_of_success_before_the_commit(sqlite: Database) -> None:
    """When the commit itself fails, every member of the batch hears that."""

    def orphan(connection: Connection) -> None:
        # The foreign key is deferred, so only the commit finds out.
        connection.exec_driver_sql(
            "INSERT INTO idempotency_records (tenant_id, key, fingerprint, message_id, created_at)"
            " VALUES ('t', 'k', 'f', 'msg_nowhere', 0)"
        )

    with ThreadPoolExecutor(3) as threads:
        futures = _together(sqlite, threads, _add("a"), orphan)

        assert all(future.exception() is not None for future in futures)
    assert _kept(sqlite) == set()
    assert sqlite.write(_add("b")) == "b"


def test_a_full_disk_is_said_and_the_others_are_kept(sqlite: Database) -> None:
    """SQLite takes the whole transaction back; the small writes of the batch are run again."""

    def huge(connection: Connection) -> None:
        connection.exec_driver_sql(ADD, ("x" * 4_000_000,))

    pages = sqlite.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    sqlite.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages + 100}"))
    with ThreadPoolExecutor(4) as threads:
        futures = _together(sqlite, threads, _add("a"), huge, _add("b"))
        failures = [future.exception() for future in futures]

    assert isinstance(failures[1], StorageFullError)
    assert (failures[0], failures[2]) == (None, None)
    assert _kept(sqlite) == {"a", "b"}


class _Disk:
    """Stands between the writer and the disk: counts syncs, can hold them back, and can fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()
        self.has_failed = False
        self.syncs = 0
        self.synced: set[int] = set()
        self._untold: Callable[[int], bool] = lambda _: False
        self._sync = os.fdatasync
        monkeypatch.setattr(os, "fdatasync", self._answer)

    def fail_once_for_each_file(self) -> None:
        """As Linux does: who has the file open is told at their next sync, and not again."""
        told: set[int] = set()

        def untold(file: int) -> bool:
            is_news = file not in told
            told.add(file)
            return is_news

        self._untold = untold

    def _answer(self, file: int) -> None:
        self.syncs += 1
        self.is_asked.set()
        self.may_answer.wait()
        self.synced.add(os.fstat(file).st_ino)
        if self.has_failed or self._untold(file):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._sync(file)


def test_a_write_is_answered_when_the_disk_has_answered(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at the commit: until then a power cut could take it back."""
    disk = _Disk(monkeypatch)
    disk.may_answer.clear()

    with ThreadPoolExecutor(1) as threads:
        write = threads.submit(sqlite.write, _add("a"))
        disk.is_asked.wait()
        is_answered_early, is_committed = write.done(), _kept(sqlite) == {"a"}
        disk.may_answer.set()

        assert write.result() == "a"
    assert (is_answered_early, is_committed) == (False, True)


def test_another_process_writes_while_the_disk_works(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is let go at the commit; one answer of the disk may then serve both."""
    other = Database(sqlite.url.render_as_string())
    other.write(_add("first"))
    disk = _Disk(monkeypatch)
    disk.may_answer.clear()

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(sqlite.write, _add("a"))
        disk.is_asked.wait()
        disk.is_asked.clear()
        quick = threads.submit(other.write, _add("b"))
        disk.is_asked.wait()  # the other one has committed too
        kept = _kept(sqlite)
        disk.may_answer.set()

        assert {slow.result(), quick.result()} == {"a", "b"}
    other.close()
    assert kept == {"first", "a", "b"}


def test_nothing_is_copied_from_the_log_after_a_failed_sync(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log may hold what is on no disk; neither this commit nor the one before it brings a checkpoint."""
    others, copied = set(threading.enumerate()), list[None]()
    monkeypatch.setattr(Checkpointer, "_copy", lambda _: copied.append(None))
    disk = _Disk(monkeypatch)
    disk.has_failed = True

    with pytest.raises(StorageUnavailableError):
        sqlite.write(_add("a"))

    for thread in set(threading.enumerate()) - others:
        if thread.name == "sqlite-checkpoints":
            thread.join(30)
            assert not thread.is_alive()
    assert copied == []


def test_what_was_read_can_be_waited_for(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have committed it a moment ago; who passes it on as kept asks the disk first."""
    sqlite.write(_add("a"))
    disk = _Disk(monkeypatch)

    sqlite.settle()

    assert disk.syncs == 1


def test_a_log_that_cannot_be_opened_now_costs_one_write_and_keeps_nothing(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has too many files open for a moment has lost nothing on the disk."""
    real = os.open

    def open_file(path: Path, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith("-wal"):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(path, flags, mode)

    with monkeypatch.context() as crowded:
        crowded.setattr(os, "open", open_file)
        with pytest.raises(StorageUnavailableError):
            sqlite.write(_add("a"))

    assert _kept(sqlite) == set()
    assert sqlite.write(_add("b")) == "b"


def test_a_database_may_lie_behind_a_symbolic_link(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite keeps the log beside the file itself, not beside the link; that disk's room counts as well."""
    link = tmp_path / "elsewhere" / "linked.sqlite3"
    link.parent.mkdir()
    link.symlink_to(sqlite.path)
    linked = Database(f"sqlite:///{link}", min_free_bytes=1)
    real, measured = os.statvfs, set()

    def statvfs(folder: Path) -> os.statvfs_result:
        measured.add(folder)
        return real(folder)

    monkeypatch.setattr(os, "statvfs", statvfs)
    linked.check_room()

    assert linked.write(_add("a")) == "a"
    assert measured == {sqlite.path.parent}

    assert _kept(sqlite) == {"a"}
    linked.close()


def test_a_failed_disk_that_a_reader_met_is_no_news_to_it_alone(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel tells each open file of it once: neither a reader nor a writer may take it for itself."""
    sqlite.write(_add("a"))
    disk = _Disk(monkeypatch)
    disk.fail_once_for_each_file()

    with pytest.raises(StorageUnavailableError):
        sqlite.settle()

    for ask in (sqlite.settle, lambda: sqlite.write(_add("b"))):
        with pytest.raises(StorageUnavailableError):
            ask()


def test_what_was_read_is_waited_for_also_when_the_log_is_another_file_by_now(
    sqlite_url: str, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite removes the log with the last connection, and the next one makes a new file of that name."""

    def breaks(_: Connection) -> None:
        raise NotFoundError("row")

    sqlite.read(lambda c: c.exec_driver_sql("SELECT 1").all())
    sqlite.settle()
    with pytest.raises(NotFoundError):
        sqlite.read(breaks)  # which closes the connection that it had
    other = Database(sqlite_url)
    other.write(_add("a"))
    other.close()
    disk = _Disk(monkeypatch)

    sqlite.write(_add("b"))
    sqlite.settle()

    assert disk.synced == {Path(f"{sqlite.path}-wal").stat().st_ino}


def test_after_a_failed_sync_nothing_is_reported_done(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what it was for nor what comes later: only a restart reads what is on the disk."""
    disk = _Disk(monkeypatch)
    disk.has_failed = True
    with pytest.raises(StorageUnavailableError):
        sqlite.write(_add("a"))

    disk.has_failed = False
    with pytest.raises(StorageUnavailableError):
        sqlite.write(_add("b"))
    assert "b" not in _kept(sqlite)


class _FailingCommit:
    """A driver's connection, and a disk that fails where SQLite itself syncs: a log that begins anew."""

    def __init__(self, driver: sqlite3.Connection, failed: threading.Event) -> None:
        self._driver = driver
        self._failed = failed

    @property
    def in_transaction(self) -> bool:
        return self._driver.in_transaction

    def execute(self, sql: str) -> sqlite3.Cursor:
        """Run it."""
        if sql == "COMMIT" and self._failed.is_set():
            self._failed.clear()
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._driver.execute(sql)


def test_after_a_failed_sync_of_sqlite_nothing_is_reported_done(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even what would be committed apart: only a restart reads what is on the disk."""
    real, failed = writer._driver, threading.Event()
    monkeypatch.setattr(writer, "_driver", lambda connection: _FailingCommit(real(connection), failed))

    def lose(connection: Connection) -> None:
        failed.set()
        real(connection).execute("ROLLBACK")  # as SQLite does where the disk is full
        raise sqlite3.OperationalError("database or disk is full")

    with ThreadPoolExecutor(8) as threads:
        futures = _together(sqlite, threads, _add("ten_1"), lose, _add("ten_2"))
        errors = [future.exception() for future in futures]
    with pytest.raises(StorageUnavailableError):
        sqlite.write(_add("ten_3"))

    assert all(isinstance(error, StorageUnavailableError) for error in errors)
    assert _kept(sqlite) == set()


def test_a_write_inside_a_write_is_refused(sqlite: Database) -> None:
    """It would wait for itself for ever."""
    with pytest.raises(RuntimeError, match="wait for itself"):
        sqlite.write(lambda _: sqlite.write(_add("a")))


def test_closing_finishes_what_waits(sqlite: Database) -> None:
    """What was queued is on disk, what comes later is refused."""
    with ThreadPoolExecutor(10) as threads:
        futures = _together(sqlite, threads, *(_add(f"ten_{number}") for number in range(8)))
        sqlite.close()

        assert len({future.result() for future in futures}) == 8
    with pytest.raises(StorageUnavailableError):
        sqlite.write(_add("late"))


def test_a_locked_database_is_unavailable_not_broken(sqlite_url: str, sqlite: Database) -> None:
    """Another program that keeps the lock costs the callers an error, and nothing afterwards."""
    sqlite.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 50"))
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageUnavailableError):
        sqlite.write(_add("a"))
    other.execute("ROLLBACK")
    other.close()
    assert sqlite.write(_add("a")) == "a"
