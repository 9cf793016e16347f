"""What is wrong is said in one clear line, with exit status 1 and without a traceback."""

import json
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self

import pytest
from sqlalchemy import make_url

from service.cli import stage
from tests.cli.conftest import Terminal

NEEDS_KEYRING = (
    ("tenants", "list"),
    ("tenants", "add", "Muster GmbH"),
    ("keys", "list"),
    ("web",),
    ("serve",),
)
NEEDS_DATABASE = (("tenants", "list"), ("login-link", "--tenant", "ten_x"), ("web",))
NEEDS_TENANT = (
    ("api-keys", "list", "--tenant", "ten_nobody"),
    ("api-keys", "create", "--tenant", "ten_nobody", "--name", "ERP"),
    ("api-keys", "revoke", "--tenant", "ten_nobody", "key_x"),
    ("login-link", "--tenant", "ten_nobody"),
)


@pytest.mark.parametrize("command", NEEDS_KEYRING, ids=" ".join)
def test_a_missing_keyring_is_said_with_its_remedy(terminal: Terminal, command: tuple[str, ...]) -> None:
    """The line names the file and the command that makes it."""
    terminal.keyring.unlink()

    [line] = terminal.refusal(*command)

    assert line == f"{terminal.keyring}: there is no keyring; make one with: postausgang keys generate"


@pytest.mark.parametrize("command", [*NEEDS_KEYRING, ("keys", "generate"), ("keys", "rotate")], ids=" ".join)
def test_a_keyring_that_others_may_read_is_refused(terminal: Terminal, command: tuple[str, ...]) -> None:
    """The line names the file and the chmod that mends it."""
    terminal.keyring.chmod(0o644)

    [line] = terminal.refusal(*command)

    assert line == f"{terminal.keyring}: others may read it; run: chmod 600 {terminal.keyring}"


def test_a_keyring_of_something_else_is_refused(terminal: Terminal) -> None:
    """Every bad line is named by its number, none of them is shown."""
    terminal.keyring.write_text("canary-1\nk_a canary-2\n")

    lines = terminal.refusal("keys", "list")

    assert [line.partition(": ")[0] for line in lines] == [f"{terminal.keyring}, line {n}" for n in (1, 2)]
    assert "canary" not in "".join(lines)


@pytest.mark.parametrize("command", ["web", "serve"])
def test_a_missing_client_file_is_said_with_its_remedy(terminal: Terminal, command: str) -> None:
    """The line names the file and where to get it."""
    terminal.client_file.unlink()

    [line] = terminal.refusal(command)

    assert line.startswith(f"{terminal.client_file}: no such file; create an OAuth client")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.client_file.write_text("GOCSPX-canary"), "is not the JSON file of Google's console"),
        (lambda t: t.client_file.write_text(json.dumps({"installed": {}})), "type Desktop app"),
        (lambda t: t.write_client(client_secret=""), "client_secret is missing"),
        (
            lambda t: t.write_client(token_uri="http://evil.example/GOCSPX-canary"),
            "token_uri must be an https",
        ),
        (lambda t: t.write_client(redirect_uris=["https://other.example/x"]), "register exactly http://127"),
    ],
    ids=["text", "desktop", "no secret", "plain http", "other redirect"],
)
def test_a_wrong_client_file_is_refused(
    terminal: Terminal, spoil: Callable[[Terminal], object], said: str
) -> None:
    """One line says what is wrong with it, and shows nothing of it."""
    spoil(terminal)

    [line] = terminal.refusal("web")

    assert line.startswith(f"{terminal.client_file}: ")
    assert said in line
    assert "canary" not in line


@pytest.mark.parametrize("command", NEEDS_DATABASE, ids=" ".join)
def test_a_missing_database_is_said_with_its_remedy(terminal: Terminal, command: tuple[str, ...]) -> None:
    """Nothing makes a database by accident but ``migrate`` and ``serve``."""
    terminal.database.unlink()

    assert terminal.refusal(*command) == ["There is no database yet: run `postausgang migrate`."]
    assert not terminal.database.exists()


@pytest.mark.parametrize("command", [*NEEDS_DATABASE, ("migrate",), ("serve",)], ids=" ".join)
def test_a_database_of_a_newer_program_is_left_alone(terminal: Terminal, command: tuple[str, ...]) -> None:
    """An old program does not touch what it does not know."""
    with sqlite3.connect(terminal.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert terminal.refusal(*command) == [
        "The database is newer than this program: install the newer version."
    ]


@pytest.mark.parametrize("command", [("migrate",), ("tenants", "list"), ("web",)], ids=" ".join)
@pytest.mark.parametrize("changes", [{"database": "nowhere"}, {"username": "nowhere"}])
def test_what_postgresql_refuses_is_said(
    terminal: Terminal, postgres_url: str, command: tuple[str, ...], changes: dict[str, str]
) -> None:
    """An unknown database or user is another thing than a server that does not answer."""
    url = make_url(postgres_url).set(**changes)  # type: ignore[arg-type]  # names of parts
    terminal.environment["POSTAUSGANG_DATABASE_URL"] = url.render_as_string(hide_password=False)

    [line] = terminal.refusal(*command)

    assert line.startswith("PostgreSQL refuses the connection (POSTAUSGANG_DATABASE_URL): ")
    assert '"nowhere"' in line


def test_a_wrong_password_is_said_and_not_shown(terminal: Terminal) -> None:
    """With the server's own words, which name the user."""
    with _refusing_postgresql(b'password authentication failed for user "anna"') as port:
        terminal.environment["POSTAUSGANG_DATABASE_URL"] = f"postgresql://anna:canary@127.0.0.1:{port}/mail"
        [line] = terminal.refusal("migrate")

    assert line.endswith('(POSTAUSGANG_DATABASE_URL): password authentication failed for user "anna"')
    assert "canary" not in line


def test_a_server_that_does_not_answer_is_said(terminal: Terminal) -> None:
    """No words of the library, which may repeat parts of the URL."""
    terminal.environment["POSTAUSGANG_DATABASE_URL"] = "postgresql://anna:canary@127.0.0.1:1/mail"

    assert terminal.refusal("migrate") == ["The database does not answer right now."]


def test_an_option_that_postgresql_does_not_know_is_said(terminal: Terminal) -> None:
    """It is a wrong setting: neither name nor value is repeated."""
    url = "postgresql://anna:geheim@127.0.0.1:1/mail?sslmode=require&canary=1"
    terminal.environment["POSTAUSGANG_DATABASE_URL"] = url

    for command in ("migrate", "web"):
        assert terminal.refusal(command) == [
            "POSTAUSGANG_DATABASE_URL: has an option after the question mark that PostgreSQL does not know"
        ]


def test_a_path_where_no_database_can_be_is_said(bare: Terminal) -> None:
    """A folder in the database's place is named with the system's reason."""
    bare.database.mkdir()

    [line] = bare.refusal("migrate")

    assert line == f"{bare.database}: there can be no database here (Is a directory)"


@pytest.mark.parametrize("command", ["migrate", "web", "serve", "worker"])
def test_all_bad_settings_are_said_at_once(terminal: Terminal, command: str) -> None:
    """Each variable by its name on a line of its own, never its value."""
    terminal.environment |= {
        "POSTAUSGANG_PORT": "canary-port",
        "POSTAUSGANG_LOG_LEVEL": "canary-level",
        "POSTAUSGANG_SENDERS": "0",
        "POSTAUSGANG_DATABASE_URL": "mysql://root:canary@db/x",
    }

    lines = terminal.refusal(command)

    assert {line.partition(":")[0] for line in lines} == {
        "POSTAUSGANG_PORT",
        "POSTAUSGANG_LOG_LEVEL",
        "POSTAUSGANG_SENDERS",
        "POSTAUSGANG_DATABASE_URL",
    }
    assert len(lines) == 4
    assert "canary" not in "".join(lines)


@pytest.mark.parametrize("command", NEEDS_TENANT, ids=" ".join)
def test_an_unknown_tenant_is_said(terminal: Terminal, command: tuple[str, ...]) -> None:
    """An empty list would look like a tenant without keys."""
    [line] = terminal.refusal(*command)

    assert line in {"There is no such tenant.", "There is no such API key."}


@pytest.mark.parametrize("days", ["0", "36501", "9999999999"])
def test_a_key_that_would_outlive_the_calendar_is_refused(terminal: Terminal, days: str) -> None:
    """A lifetime that no date can hold is a wrong option and no traceback."""
    result = terminal.run("api-keys", "create", "--tenant", "ten_x", "--name", "ERP", "--days", days)

    assert result.exit_code == 2
    assert "1<=x<=36500" in result.stderr


@pytest.mark.parametrize("command", ["web", "serve", "sandbox"])
def test_a_port_in_use_is_said(terminal: Terminal, command: str) -> None:
    """The address and the system's reason, at once instead of after five tries."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        terminal.environment["POSTAUSGANG_PORT"] = port
        arguments = (command, "--port", port) if command == "sandbox" else (command,)

        assert terminal.refusal(*arguments) == [
            f"127.0.0.1:{port}: cannot listen there (Address already in use)"
        ]


def test_plain_http_to_another_machine_is_refused(terminal: Terminal) -> None:
    """Nobody can point the service at a pretended Google in the network."""
    terminal.environment |= {
        "POSTAUSGANG_GMAIL_URL": "http://gmail.example:8026",
        "POSTAUSGANG_GOOGLE_REVOKE_URL": "http://127.0.0.1:8026/revoke",
    }

    assert terminal.refusal("web") == [
        "POSTAUSGANG_GMAIL_URL: must be https; http is only for this machine itself"
    ]


@pytest.mark.parametrize("name", ["POSTAUSGANG_GOOGLE_REVOKE_URL", "POSTAUSGANG_GOOGLE_CERTS_URL"])
def test_plain_http_for_secrets_is_refused(terminal: Terminal, name: str) -> None:
    """Tokens and certificates travel by https too."""
    terminal.environment[name] = "http://google.example/x"

    assert terminal.refusal("web") == [f"{name}: must be an https address"]


@pytest.mark.parametrize(("page", "status"), [("<p>no form</p>", 200), ("broken", 500)])
def test_a_demo_that_goes_wrong_is_said(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, page: str, status: int
) -> None:
    """One line names the page that was not as it should be."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with _pages(page, status) as url:
        monkeypatch.setattr(stage, "Stage", lambda: _Stage(url))
        result = terminal.run("demo", "--once")

    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith(f"postausgang: The demo did not end as it should: {url}/login/x")


def test_a_demo_whose_pages_are_gone_is_said(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service ended meanwhile: no traceback either."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(stage, "Stage", lambda: _Stage("http://127.0.0.1:1"))

    result = terminal.run("demo", "--once")

    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("postausgang: The demo did not end as it should: ")


def test_a_demo_whose_commands_fail_is_said(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here its company has a name that no company may have."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(stage, "COMPANY", "x" * 1000)

    result = terminal.run("demo", "--once")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["postausgang: The demo's command `tenants add` failed."]


class _Stage:
    """A demo that runs elsewhere."""

    def __init__(self, url: str) -> None:
        self.public_url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be stopped."""

    def login_url(self) -> str:
        """Where the journey begins."""
        return f"{self.public_url}/login/x"


@contextmanager
def _pages(page: str, status: int) -> Iterator[str]:
    """A site of which every page is this one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _refusing_postgresql(words: bytes) -> Iterator[int]:
    """The port of a server that lets nobody in, as PostgreSQL's protocol 3.0 says it."""
    fields = b"".join((b"SFATAL\0", b"VFATAL\0", b"C28P01\0", b"M", words, b"\0\0"))
    refusal = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    visitor, _ = listener.accept()
                    with visitor:
                        while (asked := visitor.recv(4096)) and len(asked) == 8:  # TLS? no
                            visitor.sendall(b"N")
                        visitor.sendall(refusal)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
