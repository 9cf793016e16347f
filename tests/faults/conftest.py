"""A sandbox process and an installation whose leases run out quickly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Installation
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def sandbox_process() -> Iterator[SandboxProcess]:
    """A sandbox that lives on when workers die."""
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture
def installation(tmp_path: Path, sandbox_process: SandboxProcess, database_url: str) -> Installation:
    """An installation on SQLite and on PostgreSQL."""
    return Installation(tmp_path, sandbox_process, database_url, lease_s=2, senders=4)
