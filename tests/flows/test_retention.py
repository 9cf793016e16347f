"""Mail is forgotten after its time, through the whole installation: first what it said, then that it was."""

from pathlib import Path

import pytest

from service.connections.connection import Connection
from service.errors import ContentDeletedError, NotFoundError
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import Installation, ShiftedClock, send_due, state_of, submit

DAY_S = 86_400


@pytest.fixture
def installation(tmp_path: Path, sandbox: Sandbox, database_url: str) -> Installation:
    """An installation that keeps content for two days and the log for five."""
    return Installation(tmp_path, sandbox, database_url, content_days=2, log_days=5)


def test_a_sent_mail_is_forgotten_in_two_steps(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """While it is kept it can be sent again, which begins its time anew; afterwards nothing can be sent."""
    outbox = services.ground.stores.outbox
    entry = submit(services, mailbox)
    send_due(services)
    clock.advance(2 * DAY_S - 60)
    assert services.upkeep.forget.run_once() == 0
    outbox.resend(mailbox.tenant_id, entry.id, clock.now(), "test", force=True)
    send_due(services)

    clock.advance(2 * DAY_S - 60)
    too_early = services.upkeep.forget.run_once()
    clock.advance(120)
    at_its_time = services.upkeep.forget.run_once()

    assert (too_early, at_its_time) == (0, 1)
    assert state_of(services, entry) is State.SENT
    with pytest.raises(ContentDeletedError):
        outbox.resend(mailbox.tenant_id, entry.id, clock.now(), "test", force=True)
    clock.advance(3 * DAY_S)
    assert services.upkeep.forget.run_once() == 1
    with pytest.raises(NotFoundError):
        outbox.get(mailbox.tenant_id, entry.id)
    assert len(sandbox.google.sent()) == 2
