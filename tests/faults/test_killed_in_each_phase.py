"""SIGKILL of the worker in each phase of each way: while the sandbox holds its answer back, so not by luck.

What was not handed over is certainly not there and is sent by the next worker; what was handed over ends
``sent`` with its one copy, or ``uncertain`` with at most one.
"""

import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.connections.credential import AccessToken
from service.connections.way import WayKind
from service.consent.refresh import LEASE_S
from service.outbox.entry import State
from service.smtp.flights import ASK_FIRST_BYTES
from service.wiring import Services
from tests.faults.fleet import Fleet, build_fleet
from tests.faults.nursery import Nursery
from tests.faults.traffic import copies_of, until
from tests.harness import Installation, submit
from tests.sandbox_process import SandboxProcess
from tests.ways import BY_SMTP, smtp_settings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

API = (WayKind.GMAIL_API, WayKind.DELEGATION)
STARTTLS = (WayKind.RELAY, WayKind.SMTP_SERVER)
SIGNED_IN = tuple(kind for kind in BY_SMTP if kind is not WayKind.RELAY)
BY_TOKEN = (*API, WayKind.XOAUTH2, WayKind.DELEGATION_XOAUTH2)
LARGE = "Eine lange Rechnung.\n" * (ASK_FIRST_BYTES // 20)  # the envelope is asked first, then one BDAT LAST
WAIT_S = 60


@dataclass(frozen=True)
class Phase:
    """Where the worker is when it dies.

    Attributes:
        kinds: the ways that come by there.
        is_certain: whether it is before the hand-over, so that the mail is sent in the end.
        chunking: whether the server takes BDAT: then a small mail goes in one flight, handed over first.
        text: what the mail says.
    """

    fault: str
    where: str
    kinds: tuple[WayKind, ...]
    is_certain: bool = False
    chunking: bool = True
    text: str = "Guten Tag\n"


TOKEN = Phase("token_hang", "token", BY_TOKEN, is_certain=True)
PHASES = (
    Phase("hang", "send", API),
    Phase("hang-after", "send", API),
    Phase("smtp_hang", "greeting", BY_SMTP, is_certain=True),
    Phase("smtp_hang", "ehlo", BY_SMTP, is_certain=True),
    Phase("smtp_hang", "starttls", STARTTLS, is_certain=True),
    Phase("smtp_hang", "auth", SIGNED_IN, is_certain=True),
    Phase("smtp_hang", "mail", BY_SMTP),
    Phase("smtp_hang", "rcpt", BY_SMTP),
    Phase("smtp_hang", "end", BY_SMTP),
    Phase("smtp_hang_taken", "end", BY_SMTP),
    Phase("smtp_hang", "mail", BY_SMTP, is_certain=True, text=LARGE),
    Phase("smtp_hang", "rcpt", BY_SMTP, is_certain=True, text=LARGE),
    Phase("smtp_hang", "body", BY_SMTP, text=LARGE),
    Phase("smtp_hang", "end", BY_SMTP, text=LARGE),
    Phase("smtp_hang_taken", "end", BY_SMTP, text=LARGE),
    Phase("smtp_hang", "mail", BY_SMTP, is_certain=True, chunking=False),
    Phase("smtp_hang", "rcpt", BY_SMTP, is_certain=True, chunking=False),
    Phase("smtp_hang", "data", BY_SMTP, is_certain=True, chunking=False),
    Phase("smtp_hang", "body", BY_SMTP, chunking=False),
    Phase("smtp_hang", "end", BY_SMTP, chunking=False),
    Phase("smtp_hang_taken", "end", BY_SMTP, chunking=False),
)


@pytest.fixture
def installation(tmp_path: Path, sandbox_process: SandboxProcess, database_url: str) -> Installation:
    """One that sends by every way, on each engine."""
    settings = smtp_settings(sandbox_process)
    return Installation(tmp_path, sandbox_process, database_url, lease_s=1, senders=8, **settings)


def test_a_kill_in_any_phase_of_any_way_loses_nothing_and_doubles_nothing(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """One kill a phase meets a mail of every way there; the sandbox's own count is the truth."""
    wrong: dict[tuple[str, ...], tuple[str, int]] = {}
    with installation.build() as services, Nursery(installation) as nursery:
        fleet = build_fleet(services, sandbox_process)
        for phase in PHASES:
            mails = _submit(services, fleet, phase)
            _kill_there(phase, sandbox_process, nursery)
            states = _settle(services, fleet, nursery, mails)
            wrong |= _wrong(phase, sandbox_process, mails, states)

    assert wrong == {}


def test_a_kill_while_a_token_is_fetched_loses_nothing_and_doubles_nothing(
    installation: Installation, sandbox_process: SandboxProcess
) -> None:
    """The next worker takes over when the dead one's lease on the token has run out."""
    with installation.build() as services, Nursery(installation) as nursery:
        fleet = build_fleet(services, sandbox_process)
        _let_tokens_run_out(services, fleet)
        mails = _submit(services, fleet, TOKEN)
        _kill_there(TOKEN, sandbox_process, nursery)
        states = _settle(services, fleet, nursery, mails, ahead_s=LEASE_S)

    assert _wrong(TOKEN, sandbox_process, mails, states) == {}


def _let_tokens_run_out(services: Services, fleet: Fleet) -> None:
    stores, now = services.ground.stores, services.ground.clock.now()
    stale = AccessToken(SecretStr("stale"), now)
    for kind in BY_TOKEN:
        box = fleet.boxes[kind]
        [state] = stores.connections.route(box.tenant_id, box.id)
        credential_id = state.way.credential_id
        assert stores.grants.take_refresh_lease(credential_id, "test", now, now + timedelta(seconds=1))
        stores.grants.store_access(credential_id, "test", stale, None, now)


def _submit(services: Services, fleet: Fleet, phase: Phase) -> dict[WayKind, str]:
    return {kind: submit(services, fleet.boxes[kind], text=phase.text).id for kind in phase.kinds}


def _kill_there(phase: Phase, sandbox: SandboxProcess, nursery: Nursery) -> None:
    """Kill a worker when all the mails hang where they shall."""
    sandbox.order("smtp", chunking=phase.chunking)
    counted = f"fault:{phase.fault}"
    before = sandbox.counters().get(counted, 0)
    sandbox.arm(phase.fault, where=phase.where)
    worker = nursery.start()
    until(lambda: sandbox.counters().get(counted, 0) - before >= len(phase.kinds), WAIT_S)
    os.kill(worker, signal.SIGKILL)
    sandbox.clear_faults()


def _settle(
    services: Services, fleet: Fleet, nursery: Nursery, mails: dict[WayKind, str], ahead_s: float = 0
) -> dict[WayKind, State]:
    """Let another worker end what the dead one left; its clock may be ahead, as if it came later."""
    get = services.ground.stores.outbox.get

    def states() -> dict[WayKind, State]:
        return {kind: get(fleet.tenant_id, one).state for kind, one in mails.items()}

    worker = nursery.start(ahead_s)
    until(lambda: set(states().values()) <= {State.SENT, State.UNCERTAIN}, WAIT_S)
    nursery.stop(worker)
    return states()


def _wrong(
    phase: Phase, sandbox: SandboxProcess, mails: dict[WayKind, str], states: dict[WayKind, State]
) -> dict[tuple[str, ...], tuple[str, int]]:
    """What became of the mails that is not the truth: their state, and how many copies there are."""
    copies = copies_of(sandbox)
    return {
        (phase.fault, phase.where, kind.value): (states[kind].value, copies[one])
        for kind, one in mails.items()
        if not _is_truth(phase, states[kind], copies[one])
    }


def _is_truth(phase: Phase, state: State, copies: int) -> bool:
    if state is State.SENT:
        return copies == 1
    return state is State.UNCERTAIN and copies <= 1 and not phase.is_certain
