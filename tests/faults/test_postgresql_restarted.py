"""PostgreSQL drops every connection, then falls and comes back, while mails are taken and sent."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
import pytest
from sqlalchemy import make_url

from service.errors import StorageUnavailableError
from service.outbox.entry import State
from tests.fakes import postgresql
from tests.faults.nursery import Nursery
from tests.faults.traffic import Traffic, until
from tests.harness import Installation
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
WAIT_S = 90


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[str]:
    """A cluster that no other test uses."""
    with postgresql.cluster(tmp_path) as url:
        yield url


def test_a_restarted_server_costs_seconds_and_nothing_else(
    own_server: str, tmp_path: Path, sandbox_process: SandboxProcess
) -> None:
    """Nothing accepted is lost, nothing is sent twice, and all goes on by itself (it prints how soon)."""
    sandbox_process.arm("slow", seconds=0.02)
    installation = Installation(tmp_path, sandbox_process, own_server, lease_s=2, senders=4)
    with installation.build() as services, Nursery(installation) as nursery:
        traffic = Traffic(services, sandbox_process)
        worker = nursery.start()
        with _Client(traffic) as client:
            until(lambda: len(client.accepted_at) > 50, WAIT_S)
            with psycopg.connect(own_server, autocommit=True) as connection:
                connection.execute(CUT)
            cut_s = _await_both(client, sandbox_process)
            _restart(own_server)
            restart_s = _await_both(client, sandbox_process)
        until(lambda: set(traffic.states().values()) <= {State.SENT, State.UNCERTAIN}, WAIT_S)
        nursery.stop(worker)

        copies, states = traffic.copies(), traffic.states()
    wrong = {
        one: (state.value, copies[one])
        for one, state in states.items()
        if not (copies[one] == 1 or (state is State.UNCERTAIN and copies[one] == 0))
    }
    assert wrong == {}
    assert set(copies) <= set(states)
    assert len(states) == len(client.accepted_at)
    print(f"\n{len(states)} mails, {_unclear(states)} uncertain; back after {cut_s:.1f} s, {restart_s:.1f} s")


def _unclear(states: dict[str, State]) -> int:
    """How many are left to a person."""
    return sum(state is State.UNCERTAIN for state in states.values())


class _Client:
    """Posts one mail after the other, each under its key until it is accepted."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.accepted_at: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.005):
            try:
                self._traffic.post(f"RE-{len(self.accepted_at)}")
            except StorageUnavailableError:
                self._ended.wait(0.1)
            else:
                self.accepted_at.append(time.monotonic())


def _await_both(client: _Client, sandbox: SandboxProcess) -> float:
    """How long until mails are taken and sent again."""
    taken, sent = len(client.accepted_at), len(sandbox.sent())
    return until(lambda: len(client.accepted_at) > taken + 5 and len(sandbox.sent()) > sent + 10, WAIT_S)


def _restart(url: str) -> None:
    folder = make_url(url).query["host"]
    postgresql._run(
        "pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "-l", f"{folder}/log", "restart"
    )
