"""Brings a database to the schema of this program, and tells when it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection

from service.errors import ConfigurationError, StorageUnavailableError
from service.storage import claiming, postgresql
from service.storage.database import Database
from service.storage.faults import translated
from service.storage.sqlite import TurnLock, lock_path, prepare_file, writing_engine

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: SecretStr | str) -> None:
    """Make the database, or bring it to this program's schema; safe to run by many at once.

    Raises:
        ConfigurationError: the database belongs to a newer program.
        StorageUnavailableError: it does not answer, or lets nobody in; then its own words say why.
    """
    with _explained(), translated(), _alone(Database(url)) as connection:
        _check_not_newer(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(database: Database) -> None:
    """Refuse a database that this program cannot work with.

    Raises:
        ConfigurationError: its schema is older or newer than the program, or the server forgets commits.
        StorageUnavailableError: as ``migrate``.
    """
    if database.is_sqlite and not database.path.exists():
        raise ConfigurationError("There is no database yet: run `postausgang migrate`.")
    with _explained(), database.reading() as connection:
        if not database.is_sqlite:
            postgresql.check_durability(connection)
        _check_not_newer(connection)
        if _revision(connection) != _scripts().get_current_head():
            raise ConfigurationError("The database is older than this program: run `postausgang migrate`.")


@contextmanager
def _explained() -> Iterator[None]:
    """Who starts a program is told more of a database than who only uses it."""
    try:
        yield
    except StorageUnavailableError as error:
        words = postgresql.refusal(error.__cause__)
        if words is None:
            raise
        raise StorageUnavailableError(
            f"PostgreSQL refuses the connection (POSTAUSGANG_DATABASE_URL): {words}"
        ) from error


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    if database.is_sqlite:
        prepare_file(database.path)
        turn = TurnLock(lock_path(database.path))
        engine = writing_engine(database.url, one_connection=False)
        try:
            with turn, engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()
            turn.close()
    else:
        engine = postgresql.pooled_engine(database.url, 1)
        try:
            with engine.begin() as connection:
                claiming.claim_schema(connection)
                yield connection
        finally:
            engine.dispose()


def _check_not_newer(connection: Connection) -> None:
    revision = _revision(connection)
    if revision is not None and revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise ConfigurationError("The database is newer than this program: install the newer version.")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config
