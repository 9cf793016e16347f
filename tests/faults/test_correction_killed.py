"""SIGKILL of the process that keeps a correction: before each of its statements, and at many moments."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import pytest

from service.outbox.entry import State
from service.wiring import Services
from tests.faults.books import open_books, surplus
from tests.faults.mortals import Deed, Mortals
from tests.faults.traffic import copies_of
from tests.harness import Installation, add_tenant, connect, send_due, submit
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ADDED = {
    "messages": 1,
    "listed": 1,
    "recipients": 1,
    "content_chunks": 1,
    "events": 2,
    "idempotency_records": 1,
}
CHANGED = {"connections"}  # when its mailbox is due, and nothing else of what was there
STEP_S = 0.001  # from one moment to the next, until a few processes came to their end
ENDS = 5
Correct = Callable[[Deed], tuple[bool, bool]]


def test_a_kill_before_any_statement_keeps_a_correction_whole_or_not_at_all(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """It is one transaction: what came before its commit left nothing; its key then brings one message."""
    outcomes: list[bool] = []
    with _corrections(installation, sandbox_process) as correct:
        for statement in count(1):
            is_done, is_kept = correct(Deed("correct", before=statement))
            outcomes.append(is_kept)
            if is_done:
                break

    assert outcomes == [False] * (len(outcomes) - 1) + [True]
    assert len(outcomes) > len(ADDED)


def test_a_kill_at_any_moment_keeps_a_correction_whole_or_not_at_all(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """Also in the midst of the commit; what was done before the kill is there."""
    kept: list[bool] = []
    with _corrections(installation, sandbox_process) as correct:
        for step in count():
            is_done, is_kept = correct(Deed("correct", after_s=step * STEP_S))
            kept += [is_kept] if is_done else []
            if len(kept) == ENDS:
                break

    assert all(kept)


@contextmanager
def _corrections(installation: Installation, sandbox: SandboxProcess) -> Iterator[Correct]:
    """Corrects a mail that never left, each time with a new key; in the end each correction is sent once."""
    repeated: list[str] = []
    with installation.build() as services, Mortals(installation) as mortals:
        box = connect(services, add_tenant(services).id, "rechnung@muster.example")
        earlier = services.ground.stores.outbox.cancel(
            box.tenant_id, submit(services, box).id, services.ground.clock.now(), "Anna"
        )

        def correct(deed: Deed) -> tuple[bool, bool]:
            key = f"correction-{len(repeated)}"
            one = replace(deed, tenant_id=box.tenant_id, entry_id=earlier.id, key=key)
            before = open_books(services)
            is_done = mortals.do(one)
            after = open_books(services)
            added, lost = surplus(after, before), surplus(before, after)
            is_kept = added["messages"] > 0
            assert {name: rows for name, rows in added.items() if name not in CHANGED} == (
                ADDED if is_kept else {}
            )
            assert set(lost) <= (CHANGED if is_kept else set())
            repeated.append(_repeat(services, one, is_kept=is_kept))
            return is_done, is_kept

        yield correct

        assert services.ground.stores.outbox.get(box.tenant_id, earlier.id) == earlier
        send_due(services)
    assert copies_of(sandbox) == dict.fromkeys(repeated, 1)
    assert {one for mail in sandbox.sent() for one in mail["recipients"]} == {"richtig@example.com"}


def _repeat(services: Services, deed: Deed, *, is_kept: bool) -> str:
    """The message that the same key brings: the one that was kept, else a new one."""
    accepted, _ = services.correct.send(deed.order())
    assert accepted.replayed is is_kept
    events, _ = services.ground.stores.outbox.timeline(deed.tenant_id, deed.entry_id)
    corrected = [event for event in events if dict(event.details).get("corrected_by") == accepted.entry.id]
    assert len(corrected) == 1
    assert accepted.entry.state is State.QUEUED
    return accepted.entry.id
