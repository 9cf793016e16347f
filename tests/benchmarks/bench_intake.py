"""``POST /v1/messages`` with a 100 kB PDF against a bare Flask answer and against a bare fsync loop.

Rates of disks and of rented machines wander, so each server is started anew three times, and each time the
floor is measured just before and just after it; what is printed is the run in the middle.
"""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.invoices import prepare
from tests.benchmarks.load import Load, run_load
from tests.benchmarks.servers import ours, plain_flask
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

PDF_BYTES = 100_000
REQUESTS = 1600
CLIENTS = 16
ROUNDS = 3

BARE_FLASK = """
import flask
app = flask.Flask(__name__)

@app.post("/v1/messages")
def messages():
    flask.request.get_data()
    return {"ok": True}, 202
"""

Serving = AbstractContextManager[int]  # its port
Server = Callable[[Installation, Path], Serving]


@dataclass(frozen=True)
class Round:
    """What a server did, and what the disk did around it: rows a second."""

    load: Load
    floor: float

    @property
    def ratio(self) -> float:
        """Of the floor."""
        return self.load.rate / self.floor


def run() -> None:
    """Print rates, latencies and their ratios to the floors of the same run."""
    servers: dict[str, Server] = {
        "bare Flask under gunicorn": _bare_flask,
        "ours under gunicorn": _ours("gunicorn"),
        "ours under granian": _ours("granian"),
    }
    with SandboxProcess() as sandbox:
        print(f"\nIntake: POST /v1/messages, {PDF_BYTES // 1000} kB PDF as JSON, {CLIENTS} clients")
        print("floor: rows of that size that bare SQLite commits, FULL, one a transaction")
        print(f"{'':26}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'floor':>8}{'ratio':>8}{'from':>7}{'to':>7}")
        rounds: dict[str, list[Round]] = {name: [] for name in servers}
        for _ in range(ROUNDS):
            for name, server in servers.items():
                rounds[name].append(_round(server, sandbox))
        for name, found in rounds.items():
            _print(name, sorted(found, key=lambda each: each.ratio))


def commit_rate(folder: Path) -> float:
    """Rows of the PDF's size that SQLite commits in a second, one a transaction, WAL and FULL."""
    connection = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, body BLOB)")
    body = os.urandom(PDF_BYTES)
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        connection.execute("INSERT INTO bodies (body) VALUES (?)", (body,))
    rate = REQUESTS / (time.perf_counter() - begun)
    connection.close()
    return rate


def _bare_flask(_installation: Installation, folder: Path) -> Serving:
    return plain_flask(folder, BARE_FLASK)


def _ours(server: str) -> Server:
    return lambda installation, _folder: ours(installation, server)


def _round(server: Server, sandbox: SandboxProcess) -> Round:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installation = Installation(folder, sandbox, f"sqlite:///{folder}/bench.sqlite3")
        head, body, _ = prepare(installation, folder, PDF_BYTES)
        with server(installation, folder) as port:
            before = commit_rate(folder)
            run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=160)  # warm
            load = run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=REQUESTS)
            after = commit_rate(folder)
    if load.failed:
        raise RuntimeError(f"{load.failed} of {REQUESTS} posts failed")
    return Round(load, (before + after) / 2)


def _print(name: str, rounds: list[Round]) -> None:
    middle = rounds[len(rounds) // 2]
    load = middle.load
    line = f"{name:26}{load.rate:8.0f}{load.p50_ms:8.1f}{load.p99_ms:8.1f}{middle.floor:8.0f}"
    print(f"{line}{middle.ratio:8.0%}{rounds[0].ratio:7.0%}{rounds[-1].ratio:7.0%}")


if __name__ == "__main__":
    run()
