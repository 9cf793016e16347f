"""What a 25 MB attachment costs: peak memory of the web process and of the worker, over their idle figure."""

import json
import sys
import tempfile
import time
from pathlib import Path

import requests

from tests.benchmarks.invoices import pdf_bytes, prepare
from tests.benchmarks.servers import ours, running
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

SIZE = 25 * 1024 * 1024


def run() -> None:
    """Print both peaks."""
    with tempfile.TemporaryDirectory() as name, SandboxProcess() as sandbox:
        folder = Path(name)
        installation = Installation(folder, sandbox, f"sqlite:///{folder}/bench.sqlite3")
        installation.environment["POSTAUSGANG_WEB_PROCESSES"] = "1"  # so it is known who takes the mail
        head, body_file, _ = prepare(installation, folder, 1000)
        message = json.loads(body_file.read_text())
        message.pop("attachments")
        worker = [sys.executable, "-m", "service", "worker"]
        with (
            ours(installation, "gunicorn") as port,
            running(worker, environment=installation.environment) as sending,
        ):
            url = f"http://127.0.0.1:{port}/v1/messages"
            _post(url, head, message, b"%PDF-1.7 small", "warm")
            _await_sent(sandbox, 1)
            web = _web_process(port)
            before = _peak_kib(web), _peak_kib(sending.pid)
            _post(url, head, message, pdf_bytes(SIZE), "large")
            _await_sent(sandbox, 2)
            after = _peak_kib(web), _peak_kib(sending.pid)
    print("\nMemory: a 25 MB attachment by multipart, peak resident size over idle")
    print(f"{'web process':38}{(after[0] - before[0]) / 1024:8.1f} MiB")
    print(f"{'worker':38}{(after[1] - before[1]) / 1024:8.1f} MiB")


def _post(url: str, head: dict[str, str], message: dict[str, object], pdf: bytes, key: str) -> None:
    answer = requests.post(
        url,
        headers={"Authorization": head["Authorization"], "Idempotency-Key": key},
        files=[
            ("message", ("message.json", json.dumps(message).encode(), "application/json")),
            ("attachments", ("rechnung.pdf", pdf, "application/pdf")),
        ],
        timeout=60,
    )
    if answer.status_code != requests.codes.accepted:
        raise AssertionError(answer.text)


def _await_sent(sandbox: SandboxProcess, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(sandbox.sent()) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(count)
        time.sleep(0.05)


def _web_process(port: int) -> int:
    """The gunicorn worker: the child of the process that was started to listen on ``port``."""
    for status in Path("/proc").glob("[0-9]*/environ"):
        pid = int(status.parent.name)
        if f"POSTAUSGANG_PORT={port}".encode() not in _read(status):
            continue
        if b"web" in _read(status.parent / "cmdline") and not _children(pid):
            return pid
    raise LookupError(port)


def _children(pid: int) -> str:
    return "".join(
        _read(task / "children").decode() for task in Path(f"/proc/{pid}/task").glob("*") if task.exists()
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise LookupError(pid)


if __name__ == "__main__":
    run()
