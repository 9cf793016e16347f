"""A mailbox stays within its limits before Google has to say so, and flows again by itself."""

from datetime import timedelta
from pathlib import Path

import pytest

from service.connections.connection import Connection
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import Installation, ShiftedClock, connect, send_due, state_of, submit

DAY_S = 86_400


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """An installation whose mailboxes may send two mails a day."""
    limits = {"limit_workspace_messages": 2, "limit_consumer_messages": 2}
    return Installation(tmp_path, sandbox, database_url, **limits)


def test_what_is_more_than_a_day_allows_waits_and_leaves_a_day_later(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """The third mail of a day waits with its reason and its time; another mailbox is not slowed."""
    other = connect(services, mailbox.tenant_id, "zweite@muster.example")
    entries = [submit(services, mailbox) for _ in range(3)]
    begun_at = clock.now()

    send_due(services)
    free = submit(services, other)
    send_due(services)
    waiting = [entry for entry in entries if state_of(services, entry) is State.WAITING]
    kept = services.ground.stores.outbox.get(mailbox.tenant_id, waiting[0].id)

    assert len(waiting) == 1
    assert kept.code == "quota-reached"
    assert kept.expected_at is not None
    assert timedelta() <= kept.expected_at - begun_at - timedelta(days=1) < timedelta(minutes=1)
    assert state_of(services, free) is State.SENT
    clock.advance(DAY_S - 120)
    assert send_due(services) == 0
    clock.advance(180)
    send_due(services)
    assert state_of(services, waiting[0]) is State.SENT
    assert len(sandbox.google.sent()) == 4


def test_the_answer_to_a_post_counts_the_limit(services: Services, mailbox: Connection) -> None:
    """The third mail in the queue is told at once that it has to wait for tomorrow."""
    expected = [submit(services, mailbox).expected_at for _ in range(3)]

    waits = [at - services.ground.clock.now() for at in expected if at is not None]
    assert [round(wait / timedelta(days=1)) for wait in waits] == [0, 0, 1]
