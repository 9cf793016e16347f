"""One refresh at a time over processes, with the real store and a real token endpoint."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import IO

from service.storage.database import Database
from service.storage.stores import open_stores
from tests.consent.refreshing_process import THREADS, shared_sealer
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, make_grant, make_identity
from tests.fakes.wire import Reply, Seen, WireServer, as_json

PROCESSES = 3


def test_three_processes_of_fifty_threads_make_one_token_call(database_url: str) -> None:
    """All 150 get the same token, and the token endpoint was asked once."""
    clock = FakeClock(datetime.now(UTC))
    database = Database(database_url)
    stores = open_stores(database, shared_sealer(), clock)
    tenant_id = add_tenant(stores, clock.now())
    grant = make_grant(tenant_id)
    stores.connections.connect(tenant_id, make_identity(), grant, clock.now())
    database.close()
    calls: list[Seen] = []

    def answer(seen: Seen) -> Reply:
        calls.append(seen)
        time.sleep(0.3)  # a slow Google gives everybody time to ask as well
        return as_json({"access_token": f"ya29.{len(calls)}", "expires_in": 3599})

    with WireServer(answer) as google:
        command = [sys.executable, "-m", "tests.consent.refreshing_process", database_url, google.url]
        processes = [
            subprocess.Popen(
                [*command, grant.client_id, grant.id],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(PROCESSES)
        ]
        for process in processes:
            assert _of(process.stdout).readline() == "ready\n"
        for process in processes:
            _of(process.stdin).write("go\n")
            _of(process.stdin).flush()
        outputs = [process.communicate(timeout=60)[0] for process in processes]

    got = [token for output in outputs for token in json.loads(output.splitlines()[-1])]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    assert got == ["ya29.1"] * (PROCESSES * THREADS)
    assert [seen.target for seen in calls] == ["/token"]


def _of(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
