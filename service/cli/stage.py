"""Where the demo plays: a sandbox, and the real web and worker processes against it."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from service import settings
from service.errors import ConfigurationError, StorageUnavailableError
from service.sandbox.server import Sandbox
from service.settings import Settings
from service.storage.migrate import migrate
from service.vault.keyring import Keyring
from service.worker import hold_stop_signals

START_S = 120  # a machine that is busy with other things takes its time
STOP_S = 40
COMPANY = "Muster Handwerk GmbH"


class Stage:
    """Sets everything up on free ports when it is entered, and clears it all away afterwards.

    The service runs as it does in earnest: same commands, same code; only its settings name the sandbox.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="postausgang-demo-")
        self._children: list[subprocess.Popen[bytes]] = []
        self.sandbox = Sandbox()
        self.settings: Settings
        self.tenant_id = ""

    @property
    def public_url(self) -> str:
        """Where the service's pages are."""
        return self.settings.public_url

    def __enter__(self) -> Self:
        try:
            self.sandbox.start()
            self.settings = self._prepare()
            self.tenant_id = self._command("tenants", "add", COMPANY)
            self._allow_relay()
            self._start("web", "worker")
            self._await_web()
        except BaseException:
            self._clear()  # also after Ctrl-C: no process may stay behind
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def login_url(self) -> str:
        """A link that signs a browser in once."""
        return self._command("login-link", "--tenant", self.tenant_id)

    def api_key(self) -> str:
        """A fresh API key."""
        return self._command("api-keys", "create", "--tenant", self.tenant_id, "--name", "Demo")

    def wait(self) -> None:
        """Stay until Ctrl-C or SIGTERM, or until a process ends by itself."""
        stop = hold_stop_signals()
        while all(child.poll() is None for child in self._children):
            if stop.wait(1):
                return

    def log(self) -> str:
        """What the processes wrote, for when something goes wrong."""
        return (self._path / "service.log").read_text()

    @property
    def _path(self) -> Path:
        return Path(self._folder.name)

    def _prepare(self) -> Settings:
        credentials = self._path / "credentials"
        credentials.mkdir(mode=0o700)
        port = _free_port()
        loaded = settings.load(
            public_url=f"http://127.0.0.1:{port}",
            port=port,
            database_url=f"sqlite:///{self._path}/demo.sqlite3",
            credentials_dir=credentials,
            smtp_private_servers=True,
            **self.sandbox.settings,
        )
        self._environment = os.environ | {
            f"POSTAUSGANG_{name.upper()}": str(getattr(loaded, name))
            for name in (
                "public_url",
                "port",
                "credentials_dir",
                "smtp_private_servers",
                *self.sandbox.settings,
            )
        }
        self._environment["POSTAUSGANG_DATABASE_URL"] = loaded.database_url.get_secret_value()
        client_file = self.sandbox.client_file([loaded.redirect_uri])
        loaded.google_client_path.write_text(json.dumps(client_file))
        Keyring.add_key(loaded.keyring_path)
        migrate(loaded.database_url)
        return loaded

    def _allow_relay(self) -> None:
        """As an operator who runs the service for one company: its domains may use the relay by address."""
        domains = sorted(self.sandbox.google.directory.domains())
        self._environment["POSTAUSGANG_RELAY_TENANTS"] = ",".join(
            f"{one}={self.tenant_id}" for one in domains
        )
        self._environment["POSTAUSGANG_OUTGOING_IPS"] = "127.0.0.1"

    def _start(self, *names: str) -> None:
        with (self._path / "service.log").open("wb") as log:
            for name in names:
                command = [sys.executable, "-m", "service", name]
                self._children.append(
                    subprocess.Popen(command, env=self._environment, stderr=log)  # noqa: S603, our own program
                )

    def _clear(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            child.wait(STOP_S)
        self.sandbox.stop()
        self._folder.cleanup()

    def _command(self, *arguments: str) -> str:
        """Run one of the service's own commands and answer what it prints; why it fails, it says itself."""
        done = subprocess.run(  # noqa: S603, our own program
            [sys.executable, "-m", "service", *arguments],
            env=self._environment,
            check=False,
            stdout=subprocess.PIPE,
        )
        if done.returncode:
            raise ConfigurationError(f"The demo's command `{' '.join(arguments[:2])}` failed.")
        return done.stdout.decode().strip()

    def _await_web(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.public_url}/healthz", timeout=10).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)  # not there yet, or not quick enough
        raise StorageUnavailableError(f"The demo did not start:\n{self.log()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
