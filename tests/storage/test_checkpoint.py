"""Checkpoints: the log of a busy database begins anew, and no commit waits for it."""

import sqlite3
import threading

import pytest
from pydantic import SecretStr

from service.storage.checkpoint import Checkpointer
from service.storage.database import Database
from service.storage.sqlite import TurnLock, lock_path, writing_engine

MIB = 1024 * 1024


def test_a_long_log_is_copied_and_begun_anew(sqlite: Database) -> None:
    """After a checkpoint the next commit writes at the beginning of the log."""
    add = "INSERT INTO tenants (id, name, created_at) VALUES (?, ?, 0)"
    for number in range(40):
        sqlite.write(lambda c, n=number: c.exec_driver_sql(add, (f"ten_{n}", "x" * MIB)).rowcount)  # type: ignore[misc]  # bound at once
    turn = TurnLock(lock_path(sqlite.path))
    checkpointer = Checkpointer(writing_engine(sqlite.url, one_connection=False), turn)

    checkpointer._copy()
    sqlite.write(lambda c: c.exec_driver_sql(add, ("ten_small", "n")).rowcount)
    length, _ = checkpointer._passive()

    assert length < 100
    checkpointer.close()


def test_a_closed_database_leaves_one_file(sqlite_url: str, sqlite: Database) -> None:
    """Everything is in the database file, so it can be copied away."""
    sqlite.write(
        lambda c: (
            c.exec_driver_sql("INSERT INTO tenants (id, name, created_at) VALUES ('t', 'n', 0)").rowcount
        )
    )
    sqlite.close()

    assert not sqlite.path.with_name(f"{sqlite.path.name}-wal").exists()
    again = Database(SecretStr(sqlite_url))
    assert again.read(lambda c: c.exec_driver_sql("SELECT id FROM tenants").scalar_one()) == "t"
    again.close()


@pytest.mark.parametrize(
    ("code", "goes_on"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, False),
        (sqlite3.SQLITE_IOERR_WRITE, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_BUSY, True),
    ],
)
def test_only_a_failed_sync_ends_the_checkpoints(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, code: int, *, goes_on: bool
) -> None:
    """A second try would seem to succeed, and the log begin anew over pages that are on no disk."""
    checkpointer = Checkpointer(
        writing_engine(sqlite.url, one_connection=False), TurnLock(lock_path(sqlite.path))
    )
    came, tries = threading.Event(), 0

    def breaks() -> tuple[int, int]:
        nonlocal tries
        tries += 1
        came.set()
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(checkpointer, "_passive", breaks)
    for _ in range(1 + goes_on):
        came.clear()
        checkpointer.want()
        assert came.wait(30)
    if not goes_on:
        checkpointer._thread.join(30)

    assert checkpointer._thread.is_alive() is goes_on
    checkpointer.close()
    assert tries >= 1 + goes_on
