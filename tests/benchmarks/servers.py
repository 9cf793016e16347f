"""Starts web servers for the benchmarks, each as a process of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.harness import Installation, free_port

START_S = 30


@contextmanager
def ours(installation: Installation, server: str) -> Iterator[int]:
    """Our own web process under ``gunicorn`` (as ``postausgang web`` runs it) or ``granian``."""
    port = installation.settings.port
    if server == "gunicorn":
        command = [sys.executable, "-m", "service", "web"]
    else:
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port)),
            *("--blocking-threads", "16", "--workers", str(installation.settings.web_processes)),
            *("--log-level", "error"),
            "service.app:from_environment",
        ]
    with running(command, port, environment=installation.environment):
        yield port


@contextmanager
def plain_flask(folder: Path, source: str, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A Flask application of a few lines under gunicorn with as many threads as ours."""
    (folder / "plain.py").write_text(source)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "16", "-b"]
    command += [f"127.0.0.1:{port}", "plain:app"]
    with running(command, port, cwd=folder, environment=environment):
        yield port


@contextmanager
def running(
    command: list[str],
    port: int | None = None,
    *,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended afterwards; waits until it listens on ``port``."""
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        if port is not None:
            _await(port)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _await(port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
        except (requests.ConnectionError, requests.Timeout):  # it listens before it answers
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)
