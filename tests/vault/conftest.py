"""A keyring file, a vault on it, and a place to seal for."""

from pathlib import Path

import pytest

from service.connections.ports import Place
from service.vault.cipher import Vault
from service.vault.keyring import Keyring
from tests.fakes.data_keys import MemoryDataKeys


@pytest.fixture
def keyring_path(tmp_path: Path) -> Path:
    """A keyring file with one key."""
    path = tmp_path / "keyring"
    Keyring.add_key(path)
    return path


@pytest.fixture
def data_keys() -> MemoryDataKeys:
    """An empty store of data keys."""
    return MemoryDataKeys()


@pytest.fixture
def vault(keyring_path: Path, data_keys: MemoryDataKeys) -> Vault:
    """A vault that has sealed nothing yet."""
    return Vault(Keyring.read(keyring_path), data_keys)


@pytest.fixture
def place() -> Place:
    """Where the tests' values live."""
    return Place("ten_1", "grants", "refresh_token", "grt_1")
