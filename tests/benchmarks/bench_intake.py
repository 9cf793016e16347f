"""``POST /v1/messages`` with a 100 kB PDF against a bare Flask answer and against a bare fsync loop."""

import os
import sqlite3
import tempfile
import time
from pathlib import Path

from tests.benchmarks.invoices import prepare
from tests.benchmarks.load import Load, run_load
from tests.benchmarks.servers import ours, plain_flask
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

PDF_BYTES = 100_000
REQUESTS = 1600
CLIENTS = 16

BARE_FLASK = """
import flask
app = flask.Flask(__name__)

@app.post("/v1/messages")
def messages():
    flask.request.get_data()
    return {"ok": True}, 202
"""


def run() -> None:
    """Print rates, latencies and their ratios to the floors of the same run."""
    with tempfile.TemporaryDirectory() as name, SandboxProcess() as sandbox:
        folder = Path(name)
        floor = commit_rate(folder)
        print(f"\nIntake: POST /v1/messages, {PDF_BYTES // 1000} kB PDF as JSON, {CLIENTS} clients")
        print(f"{'':38}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'of floor':>10}{'failed':>8}")
        print(f"{'bare SQLite FULL, a row a commit':38}{floor:8.0f}")
        installation = Installation(folder, sandbox, f"sqlite:///{folder}/bench.sqlite3")
        head, body, _ = prepare(installation, folder, PDF_BYTES)
        with plain_flask(folder, BARE_FLASK) as port:
            _print("bare Flask under gunicorn", _load(port, head, body), floor)
        for server in ("gunicorn", "granian"):
            with ours(installation, server) as port:
                _print(f"ours under {server}", _load(port, head, body), floor)


def commit_rate(folder: Path) -> float:
    """Rows of the PDF's size that SQLite commits in a second, one a transaction, WAL and FULL."""
    connection = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB)")
    body = os.urandom(PDF_BYTES)
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        connection.execute("INSERT INTO bodies (body) VALUES (?)", (body,))
    rate = REQUESTS / (time.perf_counter() - begun)
    connection.close()
    return rate


def _load(port: int, head: dict[str, str], body: Path) -> Load:
    run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=160)  # warm
    return run_load(port, "/v1/messages", head, body, clients=CLIENTS, requests=REQUESTS)


def _print(name: str, load: Load, floor: float) -> None:
    ratio = load.rate / floor
    print(f"{name:38}{load.rate:8.0f}{load.p50_ms:8.1f}{load.p99_ms:8.1f}{ratio:10.0%}{load.failed:8}")


if __name__ == "__main__":
    run()
