"""Migrations on both engines: one schema, made once, and refused when it is another."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from service.errors import ConfigurationError
from service.storage.database import Database
from service.storage.migrate import check_schema, migrate
from service.storage.schema import metadata


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """A database of each engine without any table."""
    url: str = request.getfixturevalue(request.param)
    return url


def test_the_migrations_make_the_tables_of_the_program(database: Database) -> None:
    """What Alembic made is what ``tables`` says, but for indexes that are for the other engine."""
    engine = "sqlite" if database.is_sqlite else "postgresql"

    def is_ours(thing: Any, *_: Any) -> bool:
        return bool(thing.info.get("engine", engine) == engine)

    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        differences = compare_metadata(context, metadata)

    assert differences == []
    check_schema(database)


def test_a_database_that_was_never_migrated_is_refused(empty_url: str) -> None:
    """The sentence names the command that helps."""
    database = Database(empty_url)

    with pytest.raises(ConfigurationError, match="postausgang migrate"):
        check_schema(database)
    database.close()


def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    """Neither opened nor migrated: this program does not know what it means."""
    known = database.read(lambda c: MigrationContext.configure(c).get_current_revision())
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    url = database.url.render_as_string(hide_password=False)

    try:
        with pytest.raises(ConfigurationError, match="newer"):
            check_schema(database)
        with pytest.raises(ConfigurationError, match="newer"):
            migrate(url)
    finally:
        database.write(lambda c: c.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{known}'"))  # noqa: S608, read just before


def test_migrating_again_changes_nothing(database: Database) -> None:
    """Each start may call it."""
    migrate(database.url.render_as_string(hide_password=False))

    check_schema(database)


def test_many_who_migrate_at_once_do_not_clash(empty_url: str) -> None:
    """Processes that start together: one makes the tables, the others find them."""
    program = "import sys; from service.storage.migrate import migrate; migrate(sys.argv[1])"
    root = Path(__file__).parents[2]

    def run(_: int) -> int:
        return subprocess.run(
            [sys.executable, "-c", program, empty_url], check=False, cwd=root, timeout=120
        ).returncode

    with ThreadPoolExecutor(3) as threads:
        codes = list(threads.map(run, range(3)))

    assert codes == [0, 0, 0]
    database = Database(empty_url)
    check_schema(database)
    database.close()
