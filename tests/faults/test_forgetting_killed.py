"""SIGKILL of the process that forgets old mail: before each of its statements, and at many moments."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from service.connections.connection import Connection
from service.errors import ContentDeletedError, NotFoundError
from service.mail.address import Address
from service.mail.message import Message
from service.outbox.submit import Order
from service.wiring import Services
from tests.faults.books import open_books, surplus
from tests.faults.mortals import Deed, Mortals
from tests.harness import Installation, ShiftedClock, add_tenant, connect, send_due, submit
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

DAY_S = 86_400
CONTENT_DAYS, LOG_DAYS = 2, 5
LONG_TEXT = "Guten Tag\n" * 120_000  # two chunks
CHANGED_ROWS = {"messages": 3}  # without content, they say since when
CONTENT = {"messages": 3, "content_chunks": 4}
LOG = {"messages": 3, "listed": 3, "recipients": 3, "attempts": 2, "events": 6, "idempotency_records": 3}
STEP_S = 0.001  # from one moment to the next, until a few processes came to their end
ENDS = 3
Forget = Callable[[Deed], tuple[bool, bool]]


@pytest.fixture
def installation(tmp_path: Path, sandbox_process: SandboxProcess, database_url: str) -> Installation:
    """An installation that keeps content for two days and the log for five."""
    return Installation(tmp_path, sandbox_process, database_url, content_days=CONTENT_DAYS, log_days=LOG_DAYS)


@pytest.mark.parametrize("what", ["content", "log"])
def test_a_kill_before_any_statement_forgets_all_or_nothing(installation: Installation, what: str) -> None:
    """It is one transaction: what came before its commit left every mail whole."""
    outcomes: list[bool] = []
    with _forgetting(installation, what) as forget:
        for statement in count(1):
            is_done, is_forgotten = forget(Deed("forget", before=statement))
            outcomes.append(is_forgotten)
            if is_done:
                break

    first = outcomes.index(True)
    assert first >= {"content": len(CONTENT), "log": len(LOG)}[what]
    assert all(outcomes[first:])  # after the commit it only looks for more


@pytest.mark.parametrize("what", ["content", "log"])
def test_a_kill_at_any_moment_forgets_all_or_nothing(installation: Installation, what: str) -> None:
    """Also in the midst of the commit; what was done before the kill is done."""
    done: list[bool] = []
    with _forgetting(installation, what) as forget:
        for step in count():
            is_done, is_forgotten = forget(Deed("forget", after_s=step * STEP_S))
            done += [is_forgotten] if is_done else []
            if len(done) == ENDS:
                break

    assert all(done)


@contextmanager
def _forgetting(installation: Installation, what: str) -> Iterator[Forget]:
    """Forgets fresh old mail each time it is called: says whether that came to its end, and was kept.

    A mail that waits for its time stands beside it and is never touched.
    """
    clock = ShiftedClock()
    with installation.build(clock) as services, Mortals(installation) as mortals:
        box = connect(services, add_tenant(services).id, "rechnung@muster.example")
        content_past, log_past = CONTENT_DAYS * DAY_S + 60, LOG_DAYS * DAY_S + 60

        def forget(deed: Deed) -> tuple[bool, bool]:
            ids = _put_to_rest(services, box)
            if what == "log":
                _forget_all(services, clock, content_past)
            before = open_books(services)
            ahead_s = content_past if what == "content" else log_past
            is_done = mortals.do(Deed("forget", ahead_s=ahead_s, before=deed.before, after_s=deed.after_s))
            after = open_books(services)
            lost, added = surplus(before, after), surplus(after, before)
            if what == "content":
                assert (lost, added) in [(CONTENT, CHANGED_ROWS), ({}, {})]
            else:
                assert (lost, added) in [(LOG, {}), ({}, {})]
            assert {_is_there(services, box, one, what) for one in ids} == {not lost}
            _forget_all(services, clock, ahead_s)  # what is left, so that the next one begins anew
            assert not any(_is_there(services, box, one, what) for one in ids)
            return is_done, bool(lost)

        _schedule(services, box)
        waiting = open_books(services)
        yield forget

        books = open_books(services)
        assert [name for name in LOG | CONTENT if not waiting[name] <= books[name]] == []


def _forget_all(services: Services, clock: ShiftedClock, ahead_s: float) -> None:
    """Without a kill, so much later."""
    clock.advance(ahead_s)
    services.upkeep.forget.run_once()
    clock.advance(-ahead_s)


def _schedule(services: Services, box: Connection) -> None:
    """A mail that is to leave in a month."""
    message = Message(Address(box.address), "Später", to=(Address("kunde@example.com"),), text="Guten Tag\n")
    at = services.ground.clock.now() + timedelta(days=30)
    services.submit.submit(Order(box, message, idempotency_key="later", scheduled_at=at))


def _put_to_rest(services: Services, box: Connection) -> list[str]:
    """Two mails that were sent, and a long one that was cancelled."""
    sent = [submit(services, box), submit(services, box)]
    send_due(services)
    cancelled = submit(services, box, text=LONG_TEXT)
    services.ground.stores.outbox.cancel(box.tenant_id, cancelled.id, services.ground.clock.now(), "Anna")
    return [entry.id for entry in (*sent, cancelled)]


def _is_there(services: Services, box: Connection, entry_id: str, what: str) -> bool:
    outbox = services.ground.stores.outbox
    try:
        if what == "log":
            return outbox.get(box.tenant_id, entry_id).id == entry_id
        return b"Guten Tag" in b"".join(outbox.content(box.tenant_id, entry_id))
    except (ContentDeletedError, NotFoundError):
        return False
