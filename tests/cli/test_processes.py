"""The commands that stay: real processes, real signals."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import requests

from service.outbox.entry import State
from service.sandbox.server import Sandbox
from tests.cli.conftest import Terminal
from tests.harness import Installation, add_tenant, connect, state_of, submit

pytestmark = pytest.mark.timeout(300)

SANDBOXED = """
import sys
import service.cli, service.app, service.worker, service.wiring
import service.cli.serving
print([name for name in sys.modules if name.startswith("service.sandbox")])
"""


@pytest.fixture
def installation(tmp_path: Path, sqlite_url: str) -> Iterator[Installation]:
    """An installation on SQLite against a sandbox of this process."""
    with Sandbox() as sandbox:
        yield Installation(tmp_path, sandbox, sqlite_url)


def test_serve_sends_and_ends_on_sigterm(installation: Installation) -> None:
    """One command: ready, a mail goes out, SIGTERM ends with 0 and leaves no process behind."""
    with installation.build() as services:
        mailbox = connect(services, add_tenant(services).id, "rechnung@muster.example")
        serving = installation.start("serve")
        installation.await_web()
        ready = requests.get(f"{installation.settings.public_url}/readyz", timeout=10)
        mail = submit(services, mailbox)
        _await(lambda: state_of(services, mail) is State.SENT)
        family = _family(serving.pid)
        serving.send_signal(signal.SIGTERM)
        status = serving.wait(90)

    assert (ready.status_code, status) == (200, 0), installation.log()
    assert len(family) >= 4  # serve, gunicorn and its worker, our worker
    assert _alive(family) == set()
    assert "Traceback" not in installation.log()


def test_a_worker_lives_for_doctor_until_it_is_told_to_end(installation: Installation) -> None:
    """Its sign of life comes at once, and goes with it; a killed one leaves it behind."""
    with installation.build() as services:
        workers = services.ground.stores.workers
        seen = []
        for ending in (signal.SIGTERM, signal.SIGKILL):
            worker = installation.start("worker")
            _await(lambda: len(workers.last_seen()) == 1)
            worker.send_signal(ending)
            worker.wait(30)
            seen.append(len(workers.last_seen()))

    assert seen == [0, 1]
    assert "Traceback" not in installation.log()


@pytest.mark.parametrize("on_one_core", [True, False])
def test_a_worker_stays_on_one_core_unless_told_otherwise(
    tmp_path: Path, sqlite_url: str, *, on_one_core: bool
) -> None:
    """All threads but that of the checkpoints, and none interrupts another when it is woken.

    Those that begin later take over from their maker.
    """
    with Sandbox() as sandbox:
        installation = Installation(tmp_path, sandbox, sqlite_url, on_one_core=on_one_core)
        with installation.build() as services:
            worker = installation.start("worker", "--number", "1")
            _await(lambda: len(services.ground.stores.workers.last_seen()) == 1)
            threads = [int(task.name) for task in _tasks(worker.pid)]
            cores = Counter(len(os.sched_getaffinity(thread)) for thread in threads)
            policies = {os.sched_getscheduler(thread) for thread in threads}
            worker.terminate()
            worker.wait(30)

    every = len(os.sched_getaffinity(0))
    assert policies == {os.SCHED_BATCH if on_one_core else os.SCHED_OTHER}
    assert set(cores) == ({1, every} if on_one_core else {every})
    assert not on_one_core or every == 1 or cores[every] == 1


def test_each_web_process_stays_on_the_next_core(tmp_path: Path, sqlite_url: str) -> None:
    """Who takes the place of one that died takes its core too."""
    with Sandbox() as sandbox:
        installation = Installation(tmp_path, sandbox, sqlite_url, web_processes=2)
        installation.build().close()
        web = installation.start("web")
        installation.await_web()
        _await(lambda: _cores(_children(web.pid)) == _first_cores(2))
        for killed in sorted(_children(web.pid)):
            os.kill(killed, signal.SIGKILL)
            _await(partial(_has_lost, web.pid, killed))
            _await(lambda: _cores(_children(web.pid)) == _first_cores(2))
        web.terminate()
        web.wait(60)


def test_serve_starts_as_many_workers_as_are_wanted(tmp_path: Path, sqlite_url: str) -> None:
    """Each of them stays on the next core after those of the web processes."""
    with Sandbox() as sandbox:
        installation = Installation(tmp_path, sandbox, sqlite_url, web_processes=1, worker_processes=2)
        with installation.build() as services:
            serving = installation.start("serve")
            _await(lambda: len(services.ground.stores.workers.last_seen()) == 2)
            workers = [pid for pid in _family(serving.pid) if _arguments(pid)[3:4] == ["worker"]]
            cores = [os.sched_getaffinity(pid) for pid in workers]
            serving.terminate()
            serving.wait(90)

    assert sorted(cores, key=min) == _first_cores(2, behind=1)


@pytest.mark.parametrize("victim", ["web", "worker"])
def test_serve_ends_when_a_child_is_killed(installation: Installation, victim: str) -> None:
    """A half service is worse than none: the other one is stopped, and the supervisor learns of it."""
    serving = installation.start("serve")
    installation.await_web()
    family = _family(serving.pid)
    [killed] = [pid for pid in family if _arguments(pid)[3:4] == [victim] and _parent(pid) == serving.pid]
    os.kill(killed, signal.SIGKILL)
    status = serving.wait(90)

    assert status == 1
    assert "a process ended by itself" in installation.log()
    _await(lambda: not _alive(family))


def test_a_second_sigterm_does_not_cut_the_worker_short(installation: Installation) -> None:
    """A mail in flight is finished, however often the worker is asked to stop."""
    assert isinstance(installation.sandbox, Sandbox)
    google = installation.sandbox.google
    with installation.build() as services:
        mailbox = connect(services, add_tenant(services).id, "rechnung@muster.example")
        google.arm("slow", seconds=3)
        worker = installation.start("worker")
        mail = submit(services, mailbox)
        # Not before Google has it: what is leased and not begun goes back into the queue.
        _await(lambda: google.counters["fault:slow"] > 0)
        for _ in range(10):
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.1)
        status = worker.wait(90)

        assert status == 0, installation.log()
        assert state_of(services, mail) is State.SENT
    assert len(google.sent()) == 1


def test_a_worker_without_a_client_file_says_one_line(terminal: Terminal) -> None:
    """A real process prints no traceback."""
    terminal.client_file.unlink()
    done = _run("worker", environment=terminal.environment)

    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"postausgang: {terminal.client_file}: no such file")


def test_the_sandbox_says_where_it_is_and_ends_on_sigterm() -> None:
    """Its address answers, its settings are printed, and it ends with 0."""
    with _start("sandbox", "--port", "0") as running:
        assert running.stdout is not None
        url = running.stdout.readline().split()[4]
        page = requests.get(url, timeout=30)
        running.send_signal(signal.SIGTERM)
        rest = running.stdout.read()

    assert page.ok
    for name in ("GMAIL_URL", "GOOGLE_REVOKE_URL", "GOOGLE_CERTS_URL"):
        assert f"POSTAUSGANG_{name}={url}" in rest
    assert running.returncode == 0


def test_no_process_of_the_service_loads_the_sandbox() -> None:
    """What ``web``, ``worker`` and ``serve`` are made of imports nothing of it, directly or indirectly."""
    done = subprocess.run(
        [sys.executable, "-c", SANDBOXED], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_demo_plays_once() -> None:
    """The invoice goes its whole way and arrives as it was sent."""
    done = _run("demo", "--once")

    assert done.returncode == 0, done.stderr
    for line in (
        "Signed in by the one-time link",
        "Went to the authorization page",
        "Connected as ",
        "Posted the invoice: 202",
        "message.queued",
        "message.sent",
        "Status: sent; Google's receipt: ",
        "1 mail, attachment SHA-256",
        "as sent",
    ):
        assert line in done.stdout
    assert "NOT as sent" not in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.7, 1.5, 2.5, 30.0])
def test_the_demo_leaves_no_process_behind(after_s: float, tmp_path: Path) -> None:
    """SIGTERM while it starts, or when all of it runs: every process and file is cleared away."""
    family: set[int] = set()
    with _start("demo", environment={"TMPDIR": str(tmp_path)}) as demo:
        deadline = time.monotonic() + after_s
        while time.monotonic() < deadline and len(_family(demo.pid)) < 4:  # demo, web and its child, worker
            time.sleep(0.05)
        family = _family(demo.pid)
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)

    _await(lambda: not _alive(family))
    assert list(tmp_path.iterdir()) == []


def _run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def _start(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", *arguments],
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        text=True,
    )


def _await(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _tasks(pid: int) -> Iterator[Path]:
    return Path(f"/proc/{pid}/task").iterdir()


def _family(pid: int) -> set[int]:
    """A process and all that it started."""
    found = {pid}
    for child in _children(pid):
        found |= _family(child)
    return found


def _cores(pids: set[int]) -> list[set[int]]:
    """Where these processes may run; those that have just ended nowhere."""
    found = []
    for pid in pids:
        with suppress(ProcessLookupError):
            found.append(os.sched_getaffinity(pid))
    return sorted(found, key=min)


def _first_cores(count: int, *, behind: int = 0) -> list[set[int]]:
    own = sorted(os.sched_getaffinity(0))
    return sorted(({own[number % len(own)]} for number in range(behind, behind + count)), key=min)


def _has_lost(pid: int, child: int) -> bool:
    return child not in _children(pid)


def _children(pid: int) -> set[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return {int(child) for task in tasks for child in (task / "children").read_text().split()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def _alive(family: set[int]) -> set[int]:
    return {pid for pid in family if _stat(pid)[:1] not in ([], ["Z"])}


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """State, parent and more; nothing for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
