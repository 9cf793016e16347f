"""The pages over a real SQLite database; only Google is played."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.access.tenant import Tenant
from service.storage.migrate import migrate
from tests.web.office import Browser, Office, copy_of, make_office


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that has its schema and nothing else; made once, copied for each test."""
    path = tmp_path_factory.mktemp("blank") / "pages.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def office(tmp_path: Path, blank: Path) -> Iterator[Office]:
    """The pages on this machine itself, without HTTPS."""
    yield from make_office(copy_of(blank, tmp_path), "http://localhost:8025")


@pytest.fixture
def either_office(database_url: str) -> Iterator[Office]:
    """The pages over each engine, for what one of them minds."""
    yield from make_office(database_url, "http://localhost:8025")


@pytest.fixture
def secure_office(tmp_path: Path, blank: Path) -> Iterator[Office]:
    """The pages behind HTTPS."""
    yield from make_office(copy_of(blank, tmp_path), "https://mail.example.com")


@pytest.fixture
def relaying_office(tmp_path: Path, blank: Path) -> Iterator[Office]:
    """The pages of an operator who has named the addresses from which mail leaves."""
    yield from make_office(
        copy_of(blank, tmp_path), "http://localhost:8025", outgoing_ips="192.0.2.7, 2001:0db8:0::7"
    )


@pytest.fixture
def tenant(office: Office) -> Tenant:
    """A company."""
    return office.tenant()


@pytest.fixture
def browser(office: Office, tenant: Tenant) -> Browser:
    """Signed in to it."""
    return office.signed_in(tenant)
