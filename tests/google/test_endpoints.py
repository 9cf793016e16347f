"""The operator's client file: read, or refused with a line that says what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from service import settings
from service.errors import ConfigurationError
from service.google.endpoints import Endpoints, read_client

CALLBACK = "https://mail.muster.example/consent/callback"
WEB = {
    "client_id": "1.apps.googleusercontent.com",
    "client_secret": "GOCSPX-canary",
    "auth_uri": "https://accounts.google.com/o/oauth2/v2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
    "redirect_uris": [CALLBACK],
}


def write(folder: Path, document: object) -> Path:
    """A client file."""
    path = folder / "google_client.json"
    path.write_text(json.dumps(document))
    return path


def web(**changes: Any) -> dict[str, Any]:
    """A client file's document; ``None`` leaves a field out."""
    fields = {name: value for name, value in (WEB | changes).items() if value is not None}
    return {"web": fields}


def test_the_file_of_googles_console_is_read(tmp_path: Path) -> None:
    """All that the flow needs is there, and the secret does not show."""
    client = read_client(write(tmp_path, web()), CALLBACK)

    assert client.client_id == WEB["client_id"]
    assert client.client_secret.get_secret_value() == "GOCSPX-canary"
    assert client.redirect_uri == CALLBACK
    assert "canary" not in repr(client)


def test_a_file_without_redirect_uris_is_trusted(tmp_path: Path) -> None:
    """A hand-made file may leave the list out; then Google checks it."""
    assert read_client(write(tmp_path, web(redirect_uris=None)), CALLBACK).redirect_uri == CALLBACK


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        (web(redirect_uris=["https://other.example/"]), f"register exactly {CALLBACK}"),
        (web(redirect_uris=[CALLBACK + "/"]), f"register exactly {CALLBACK}"),
        (web(redirect_uris="x"), f"register exactly {CALLBACK}"),
        (web(client_id=None), "client_id is missing"),
        (web(client_secret=""), "client_secret is missing"),
        (web(token_uri="http://token.example/"), "token_uri must be an https address"),
        (web(auth_uri="ftp://x"), "auth_uri must be an https address"),
        (web(auth_uri="https://[x"), "auth_uri must be an https address"),
        (web(token_uri="https://token.example:abc/"), "token_uri must be an https address"),
        ({"installed": WEB}, "type Desktop app"),
        ({"type": "service_account"}, "service account key"),
        ({"other": {}}, "no part named web"),
        ({"web": []}, "no part named web"),
        ([], "no part named web"),
    ],
)
def test_a_wrong_file_is_refused_with_a_hint(tmp_path: Path, document: object, hint: str) -> None:
    """Each fault has its line, and no line shows a secret."""
    with pytest.raises(ConfigurationError) as raised:
        read_client(write(tmp_path, document), CALLBACK)

    assert hint in str(raised.value)
    assert "canary" not in str(raised.value)


def test_a_missing_file_says_where_it_belongs(tmp_path: Path) -> None:
    """The line names path and kind of the file."""
    with pytest.raises(ConfigurationError, match=r"nowhere.json: no such file.*Web application"):
        read_client(tmp_path / "nowhere.json", CALLBACK)


def test_a_folder_or_garbage_is_no_client_file(tmp_path: Path) -> None:
    """Neither ends in a stack trace."""
    (tmp_path / "garbage").write_bytes(b"\xff{")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_client(tmp_path, CALLBACK)
    with pytest.raises(ConfigurationError, match="is not the JSON file"):
        read_client(tmp_path / "garbage", CALLBACK)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    """The operator mends the file once, not field by field."""
    with pytest.raises(ConfigurationError) as raised:
        read_client(write(tmp_path, {"web": {"redirect_uris": []}}), CALLBACK)

    assert len(raised.value.problems) == 5


def test_the_sandbox_on_loopback_may_be_plain_http(tmp_path: Path) -> None:
    """Http is for this machine itself only."""
    document = web(auth_uri="http://127.0.0.1:9/auth", token_uri="http://localhost:9/token")

    assert read_client(write(tmp_path, document), CALLBACK).token_uri == "http://localhost:9/token"


def test_a_revocation_address_without_tls_is_refused(tmp_path: Path) -> None:
    """A token never travels in clear."""
    client = read_client(write(tmp_path, web()), CALLBACK)
    loaded = settings.load(google_revoke_url="http://revoke.example/", credentials_dir=tmp_path)

    with pytest.raises(ConfigurationError, match="POSTAUSGANG_GOOGLE_REVOKE_URL"):
        Endpoints.of(client, loaded)
    assert Endpoints.of(client, settings.load(credentials_dir=tmp_path)).revoke_url.startswith("https://")
