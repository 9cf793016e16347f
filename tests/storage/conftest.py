"""Opened databases, one of each engine."""

from collections.abc import Iterator

import pytest

from service.storage.database import Database
from service.storage.migrate import migrate


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database, opened."""
    migrate(sqlite_url)
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """A migrated PostgreSQL database, opened."""
    migrate(postgres_url)
    database = Database(postgres_url)
    yield database
    database.close()
