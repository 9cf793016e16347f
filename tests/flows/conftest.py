"""A whole installation in this process: real stores on both engines, real sockets to a sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.connections.connection import Connection
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import Installation, ShiftedClock, add_tenant, connect

ADDRESS = "rechnung@muster.example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Google on loopback."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def clock() -> ShiftedClock:
    """The service's clock."""
    return ShiftedClock()


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """An installation on SQLite and on PostgreSQL."""
    return Installation(tmp_path, sandbox, database_url)


@pytest.fixture
def services(installation: Installation, clock: ShiftedClock) -> Iterator[Services]:
    """The services of one process."""
    with installation.build(clock) as built:
        yield built


@pytest.fixture
def mailbox(services: Services) -> Connection:
    """A connected mailbox of a fresh tenant."""
    return connect(services, add_tenant(services).id, ADDRESS)
