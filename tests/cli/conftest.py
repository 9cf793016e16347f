"""An installation's folder and settings, and the commands run over it in this process."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.vault.keyring import Keyring
from tests.harness import free_port


class Terminal:
    """Types commands; the settings are in the environment, as an operator's are."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.folder = folder
        self.database = folder / "postausgang.sqlite3"
        self.keyring = folder / "credentials" / "keyring"
        self.client_file = folder / "credentials" / "google_client.json"
        self.environment = {
            "POSTAUSGANG_DATABASE_URL": f"sqlite:///{self.database}",
            "POSTAUSGANG_CREDENTIALS_DIR": str(folder / "credentials"),
            "POSTAUSGANG_PORT": str(port),
            "POSTAUSGANG_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }

    def run(self, *arguments: str) -> Result:
        """Run a command in this process."""
        return CliRunner().invoke(main, arguments, env=self.environment, catch_exceptions=False)

    def ok(self, *arguments: str) -> str:
        """What a command prints that must succeed."""
        result = self.run(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.strip()

    def refusal(self, *arguments: str) -> list[str]:
        """The lines of a command that must fail, without their prefix."""
        result = self.run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        lines = result.stderr.splitlines()
        assert all(line.startswith("postausgang: ") for line in lines)
        return [line.removeprefix("postausgang: ") for line in lines]

    def write_client(self, **changes: Any) -> None:
        """Put Google's client file in its place."""
        client = {
            "client_id": "1-a.apps.googleusercontent.com",
            "client_secret": "GOCSPX-canary",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
            "redirect_uris": [f"{self.environment['POSTAUSGANG_PUBLIC_URL']}/consent/callback"],
        }
        self.client_file.write_text(json.dumps({"web": client | changes}))


@pytest.fixture
def bare(tmp_path: Path) -> Terminal:
    """A machine with an empty credentials folder and no database."""
    (tmp_path / "credentials").mkdir(mode=0o700)
    return Terminal(tmp_path)


@pytest.fixture
def terminal(bare: Terminal, migrated_sqlite: Path) -> Terminal:
    """A machine with keyring, client file and an empty database."""
    Keyring.add_key(bare.keyring)
    bare.write_client()
    shutil.copyfile(migrated_sqlite, bare.database)
    return bare
