"""What the tests of several rooms share: databases of both engines, a clock, a sealer."""

import gc
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import QueryCanceled
from sqlalchemy import make_url
from xdist.scheduler import LoadScopeScheduling

from service.storage.data_keys import SqlDataKeyStore
from service.storage.database import Database
from service.storage.migrate import migrate
from service.storage.schema import metadata
from service.storage.stores import Stores, open_stores
from service.vault.cipher import Vault
from service.vault.keyring import Keyring
from tests.fakes.clock import FakeClock
from tests.fakes.postgresql import cluster, new_database, run, sessions

# Their long queue, and their mail servers, are made once for all tests of the file.
TOGETHER = {"tests/storage/test_plans.py", "tests/smtp/test_real_servers.py"}

_CUTS, _EMPTIED_WITHIN_MS = 3, 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where workers share the tests, the long ones begin, so that none of them is left alone in the end.

    Those that wait for processes and those that work run beside each other, which is why they are mixed; each
    worker has to come to the same order. The others keep theirs.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        long = [item for item in items if any(map(item.get_closest_marker, ("slow", "timeout", "browser")))]
        begun = set(long)
        random.Random(0).shuffle(long)
        items[:] = [*long, *(item for item in items if item not in begun)]


class OneByOne(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Each test goes to the worker that is free, but for those that share what is costly to make."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path in TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOne:
    """Used in the place of what ``--dist`` names; the groups of xdist 3.8 are lost on pytest 9.2."""
    config.option.loadscopereorder = False
    return OneByOne(config, log)


def pytest_collection_finish() -> None:
    """What was imported and collected lives as long as the process: nobody looks for garbage in it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server where databases may be made: ``TEST_POSTGRES_URL``, or a throw-away cluster."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    base = tmp_path_factory.getbasetemp()
    is_one_of_many = "PYTEST_XDIST_WORKER" in os.environ
    with cluster(base.parent if is_one_of_many else base) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_server: str) -> Iterator[str]:
    """One migrated database a worker; making one for each test takes longer than the tests."""
    with new_database(postgres_server) as url:
        migrate(url)
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database without any table."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "postausgang.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/postausgang.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated, empty database of each engine."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), str(make_url(url).database))
        yield url
        return
    shared: str = request.getfixturevalue("migrated_postgres_url")
    _empty(shared)
    yield shared


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The migrated database, opened."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def keyring() -> Keyring:
    """One operator's key."""
    return Keyring({"k_test": os.urandom(32)})


@pytest.fixture
def stores(database: Database, keyring: Keyring, clock: FakeClock) -> Stores:
    """All stores over one database of each engine, sealed by the real vault."""
    return open_stores(database, Vault(keyring, SqlDataKeyStore(database)), clock)


def _empty(url: str) -> None:
    """Delete all rows; whatever an earlier test left connected is cut off first: it may have a lock.

    What comes back meanwhile and takes one is cut off again; who stays in the way is named.
    """
    for _ in range(_CUTS):
        with suppress(QueryCanceled):
            run(
                url,
                f"SET statement_timeout = {_EMPTIED_WITHIN_MS}",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),  # noqa: S608, our own names
            )
            return
    raise TimeoutError(f"The database of an earlier test could not be emptied. Connected: {sessions(url)}")
