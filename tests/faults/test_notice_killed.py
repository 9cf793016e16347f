"""SIGKILL of the process that tells an owner, before each of its commits: between any two things it keeps."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count
from signal import SIGKILL

import pytest
from sqlalchemy import text

from service.connections.connection import Connection
from service.notices.notices import LEASE
from service.wiring import Services
from tests.faults.traffic import copies_of
from tests.harness import Installation, ShiftedClock, add_tenant, connect, send_due
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

LEASE_S = LEASE.total_seconds() + 1  # then what a dead process had taken is due again
COMMITS = 3  # the lease, the link in the notice, the notice


def test_a_kill_at_any_commit_makes_one_notice_that_is_tied_to_its_incident(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """The next worker tells what is still owed, and nothing twice."""
    clock = ShiftedClock()
    with installation.build(clock) as services:
        boxes = []
        for box in _whose_telling_is_killed(installation, services, clock):
            clock.advance(LEASE_S)
            services.notices.run_once()
            boxes.append(box.id)
        send_due(services)
        notices = _message_ids(services)

    assert len(boxes) > COMMITS
    assert sorted(notices) == sorted(boxes)
    assert copies_of(sandbox_process) == dict.fromkeys(notices.values(), 1)


def test_an_owner_whose_notice_was_kept_before_the_kill_hears_that_it_is_solved(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """However soon the mailbox was connected again; who was not told before is not told at all."""
    clock = ShiftedClock()
    with installation.build(clock) as services:
        addresses = []
        for box in _whose_telling_is_killed(installation, services, clock):
            connect(services, box.tenant_id, box.address, connection_id=box.id)
            clock.advance(LEASE_S)
            services.notices.run_once()
            addresses.append(box.address)
        send_due(services)

    mails = Counter(str(recipient) for mail in sandbox_process.sent() for recipient in mail["recipients"])
    assert len(addresses) > COMMITS
    assert [mails[address] for address in addresses] == [0] * COMMITS + [2] * (len(addresses) - COMMITS)


def _whose_telling_is_killed(
    installation: Installation, services: Services, clock: ShiftedClock
) -> Iterator[Connection]:
    """Mailboxes that need their owner: telling of the Nth dies at commit N; of the last, at none."""
    tenant_id = add_tenant(services).id
    connect(services, tenant_id, "buero@muster.example")
    for fatal in count(1):
        box = connect(services, tenant_id, f"rechnung{fatal}@muster.example")
        assert box.credential_id is not None
        services.ground.stores.grants.mark_revoked(
            box.credential_id, "test", "connection-revoked", clock.now()
        )
        is_whole = _tell_until_killed(installation, fatal, (fatal - 1) * LEASE_S)
        yield box
        if is_whole:
            return


def _tell_until_killed(installation: Installation, fatal: int, ahead_s: float) -> bool:
    """Whether the process came to its end before the commit at which it was to die."""
    command = [sys.executable, "-m", "tests.faults.tell_until_killed", str(fatal), str(ahead_s)]
    with installation.log_path.open("ab") as log:
        code = subprocess.run(command, env=installation.environment, stderr=log, check=False).returncode
    assert code in {0, -SIGKILL}, installation.log()
    return code == 0


def _message_ids(services: Services) -> dict[str, str]:
    """The notice of each connection, as its incident knows it."""
    query = text("SELECT connection_id, message_id FROM notices WHERE message_id IS NOT NULL")
    rows = services.ground.database.read(lambda connection: connection.execute(query).all())
    return {row.connection_id: row.message_id for row in rows}
