"""One database behind both engines: settings, room, forks, and what goes wrong."""

import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from service.errors import ConfigurationError, StorageFullError, StorageUnavailableError
from service.storage.database import Database
from service.storage.faults import storage_error
from service.storage.migrate import check_schema
from service.storage.stores import open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import accept, add_tenant, connect, make_entry
from tests.fakes.sealer import FakeSealer


def _pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def test_sqlite_is_set_up_to_keep_what_it_promised(sqlite: Database) -> None:
    """WAL, a sync after each commit by ourselves, foreign keys, and no checkpoint inside a commit."""
    facts = sqlite.write(
        lambda c: [
            _pragma(c, name)
            for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "busy_timeout")
        ]
    )

    assert facts == ["wal", 1, 1, 0, 10_000]
    assert sqlite.read(lambda c: _pragma(c, "query_only")) == 1


def test_the_file_is_readable_by_its_owner_only(sqlite: Database) -> None:
    """Names of customers stand in it."""
    for file in sqlite.path.parent.glob("postausgang.sqlite3*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_disk_with_little_room_takes_no_more_mail(sqlite: Database, clock: FakeClock) -> None:
    """Refused before it is half kept, while results can still be written."""
    stores = open_stores(sqlite, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    crowded = Database(f"sqlite:///{sqlite.path}", min_free_bytes=1 << 62)
    crowded_stores = open_stores(crowded, FakeSealer(), clock)

    with pytest.raises(StorageFullError):
        accept(crowded_stores, make_entry(mailbox, clock.now()))
    crowded_stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    crowded.close()


def test_the_password_is_not_shown() -> None:
    """Neither when the database is printed nor in an error."""
    database = Database(SecretStr("postgresql://user:canary@127.0.0.1:1/name"))

    with pytest.raises(StorageUnavailableError) as failure:
        database.read(lambda c: c.exec_driver_sql("SELECT 1"))

    assert "canary" not in repr(database) + repr(failure.value) + str(failure.value.__cause__)
    database.close()


def test_errors_do_not_show_what_was_written(database: Database) -> None:
    """A failing statement is logged without its values."""
    sql = "INSERT INTO tenants (id, name, created_at) VALUES ({0}, {0}, {0})"
    place = "?" if database.is_sqlite else "%s"

    with pytest.raises(Exception, match=r"NOT NULL|null value|datatype|invalid") as failure:
        database.write(lambda c: c.exec_driver_sql(sql.format(place), ("canary", "canary", None)))

    assert "[parameters:" not in str(failure.value) or "hidden" in str(failure.value)


def test_a_forked_process_opens_the_database_anew(sqlite: Database) -> None:
    """Gunicorn forks: the child has its own writer, and the parent's goes on."""
    add = "INSERT INTO tenants (id, name, created_at) VALUES ('{}', 'n', 0)"
    sqlite.write(lambda c: c.exec_driver_sql(add.format("before")).rowcount)

    child = os.fork()
    if child == 0:
        sqlite.write(lambda c: c.exec_driver_sql(add.format("child")).rowcount)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    sqlite.write(lambda c: c.exec_driver_sql(add.format("after")).rowcount)

    assert status == 0
    kept = sqlite.read(lambda c: {row[0] for row in c.exec_driver_sql("SELECT id FROM tenants")})
    assert kept == {"before", "child", "after"}


def test_a_cut_connection_is_unavailable_once_and_then_met_again(postgres: Database) -> None:
    """A restarted server costs the running transaction, not the next one."""

    def cut(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StorageUnavailableError):
        postgres.write(cut)
    assert postgres.write(lambda c: c.exec_driver_sql("SELECT 1").scalar_one()) == 1


def test_what_others_made_fail_is_run_again(postgres: Database) -> None:
    """A deadlock or a serialization failure is repeated, a few times."""
    runs: list[int] = []

    def unlucky(connection: Connection, times: int) -> None:
        runs.append(1)
        if len(runs) <= times:
            connection.exec_driver_sql(
                "DO $$ BEGIN RAISE EXCEPTION 'unlucky' USING ERRCODE = 'deadlock_detected'; END $$"
            )

    postgres.write(lambda c: unlucky(c, 3))
    assert len(runs) == 4
    runs.clear()
    with pytest.raises(StorageUnavailableError):
        postgres.write(lambda c: unlucky(c, 99))
    assert len(runs) == 4


@pytest.mark.parametrize("setting", ["synchronous_commit"])
def test_a_server_that_forgets_commits_is_refused(postgres: Database, setting: str) -> None:
    """Accepted means on disk."""
    name = postgres.url.database
    with psycopg.connect(postgres.url.set(drivername="postgresql").render_as_string()) as connection:
        connection.execute(f"ALTER DATABASE {name} SET {setting} = off".encode())
    forgetful = Database(postgres.url.render_as_string(hide_password=False))

    with pytest.raises(ConfigurationError, match=f"{setting}=off"):
        check_schema(forgetful)
    forgetful.close()


def test_a_cut_network_to_postgresql_is_noticed_within_half_a_minute(postgres: Database) -> None:
    """The kernel asks a silent server, and gives up what it does not confirm."""

    def options(connection: Connection) -> dict[str, str]:
        driver = cast("psycopg.Connection", connection.connection.driver_connection)
        return driver.info.get_parameters()

    told = postgres.write(options)

    idle_s, interval_s, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle_s + interval_s * count == 30
    assert told["tcp_user_timeout"] == "30000"


def test_no_connection_to_postgresql_waits_or_idles_for_ever(postgres: Database) -> None:
    """Each one that is opened is told so, the readers' too."""

    def told(connection: Connection) -> list[object]:
        names = ("lock_timeout", "idle_in_transaction_session_timeout")
        return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    assert postgres.write(told) == postgres.read(told) == ["10s", "30s"]


def test_a_lock_that_somebody_keeps_is_unavailable(postgres: Database) -> None:
    """Whoever waits for it gives up, and says so in our own words."""

    def wait(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        connection.exec_driver_sql("LOCK TABLE tenants")

    with psycopg.connect(postgres.url.set(drivername="postgresql").render_as_string()) as other:
        other.execute("LOCK TABLE tenants")
        with pytest.raises(StorageUnavailableError):
            postgres.write(wait)


def test_a_transaction_that_idles_is_ended_and_unavailable(postgres: Database) -> None:
    """The server takes it back, and the next one is met on a new connection."""

    def idle(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
        driver = cast("psycopg.Connection", connection.connection.driver_connection)
        select.select([driver.fileno()], [], [], 10)  # the server's word that it is over
        connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StorageUnavailableError):
        postgres.write(idle)
    assert postgres.write(lambda c: c.exec_driver_sql("SELECT 1").scalar_one()) == 1


def test_a_full_disk_is_known_on_postgresql() -> None:
    """The server's word for it becomes ours."""
    assert isinstance(storage_error(psycopg.errors.DiskFull("no space")), StorageFullError)


def test_acknowledged_messages_survive_a_kill(sqlite: Database) -> None:
    """A process that is killed while it takes mail: each acknowledged id is there, with all its rows."""
    program = [sys.executable, "-m", "tests.storage.accept_until_killed", str(sqlite.path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        lines: Iterable[str] = child.stdout or []
        acknowledged = [line.strip() for line, _ in zip(lines, range(300), strict=False)]
        child.kill()
        acknowledged += [line.strip() for line in lines if line.endswith("\n")]

    def rows(table: str, column: str) -> list[str]:
        sql = f"SELECT {column} FROM {table}"  # noqa: S608, a test's own names
        return sqlite.read(lambda c: [row[0] for row in c.exec_driver_sql(sql)])

    kept = set(rows("messages", "id"))
    assert set(acknowledged) <= kept
    for table in ("idempotency_records", "content_chunks", "events", "recipients"):
        assert set(filter(None, rows(table, "message_id"))) == kept
    assert sqlite.read(lambda c: c.exec_driver_sql("PRAGMA foreign_key_check").all()) == []
    assert sqlite.read(lambda c: _pragma(c, "integrity_check")) == "ok"
