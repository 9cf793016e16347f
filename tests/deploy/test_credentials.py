"""What credentials/README.md promises about the operator's files."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from service import settings
from service.errors import ConfigurationError
from service.google.endpoints import read_client
from service.vault.keyring import Keyring

ROOT = Path(__file__).parents[2]
CREDENTIALS = ROOT / "credentials"


def test_the_example_of_googles_file_has_the_shape_that_is_read() -> None:
    """The example is read without complaint where its redirect URI is the service's own."""
    file = CREDENTIALS / "google_client.example.json"
    (redirect_uri,) = json.loads(file.read_text())["web"]["redirect_uris"]

    client = read_client(file, redirect_uri)

    assert client.client_id.startswith("000000000000-")


def test_the_example_of_the_keyring_cannot_be_used(tmp_path: Path) -> None:
    """Whoever copies the example is refused: there is no key that everybody knows."""
    file = tmp_path / "keyring"
    file.write_text((CREDENTIALS / "keyring.example").read_text())
    file.chmod(0o600)

    with pytest.raises(ConfigurationError, match="line 3"):
        Keyring.read(file)


def test_secrets_may_be_files_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """postausgang_database_url in the folder is the setting, until a variable says otherwise."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("POSTAUSGANG_DATABASE_URL", raising=False)
    monkeypatch.delenv("POSTAUSGANG_LOG_LEVEL", raising=False)
    (tmp_path / "postausgang_database_url").write_text("postgresql://postausgang:geheim@db/postausgang\n")
    (tmp_path / "postausgang_log_level").write_text("warning\n")

    by_file = settings.load(credentials_dir=tmp_path)
    monkeypatch.setenv("POSTAUSGANG_LOG_LEVEL", "ERROR")
    by_variable = settings.load(credentials_dir=tmp_path)

    assert by_file.database_url.get_secret_value() == "postgresql://postausgang:geheim@db/postausgang"
    assert (by_file.log_level, by_variable.log_level) == ("WARNING", "ERROR")


def test_git_sees_only_the_guide_and_the_examples(tmp_path: Path) -> None:
    """A keyring, a client file and anything else in the folder never gets into a commit."""
    repository = tmp_path / "checkout"
    folder = repository / "credentials"
    folder.mkdir(parents=True)
    for file in CREDENTIALS.iterdir():
        if file.name == ".gitignore" or "example" in file.name or file.name == "README.md":
            (folder / file.name).write_bytes(file.read_bytes())
    for name in (
        "keyring",
        "google_client.json",
        "postausgang_database_url",
        "postgres_password",
        "x.example.bak",
    ):
        (folder / name).write_text("secret")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(["git", "init", "--quiet", repository], check=True, env=environment)

    seen = subprocess.run(
        ["git", "-C", repository, "ls-files", "--others", "--exclude-standard"],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    ).stdout.split()

    assert sorted(seen) == [
        "credentials/.gitignore",
        "credentials/README.md",
        "credentials/google_client.example.json",
        "credentials/keyring.example",
    ]
