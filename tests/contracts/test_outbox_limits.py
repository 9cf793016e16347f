"""The contract of ``OutboxStore`` on both engines: pauses that Google orders, and how they end."""

from datetime import timedelta

import pytest

from service.connections.connection import Connection
from service.outbox.entry import State
from service.outbox.ports import Claim
from service.outbox.verdict import Hold, Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, claim, connect, make_attempt, send

HOUR = timedelta(hours=1)


def _refuse(
    stores: Stores, claimed: Claim, clock: FakeClock, wait: timedelta = HOUR, *, is_guess: bool = True
) -> timedelta:
    """A limit is met; answers how long the mailbox now waits."""
    now = clock.now()
    attempt = make_attempt(claimed, now, State.WAITING, "quota-reached")
    hold = Hold(now + wait, "quota-reached", is_guess=is_guess)
    stores.outbox.record(claimed, attempt, Verdict(State.DEFERRED, now, counts=False, connection=hold))
    held_until = stores.connections.get(claimed.tenant_id, claimed.connection_id).held_until
    assert held_until is not None
    return held_until - now


def test_probes_get_rarer_and_begin_anew_after_a_success(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """1, 2, 4, 8, 16, then every 24 hours; one mail each time; what is taken opens the rest."""
    for _ in range(4):
        add_mail(stores, mailbox, clock.now())
    [probe] = claim(stores, clock.now(), limit=1)

    waits = [_refuse(stores, probe, clock) // HOUR]
    while len(waits) < 7:
        [probe] = claim(stores, clock.advance(waits[-1] * 3600))
        waits.append(_refuse(stores, probe, clock) // HOUR)
    [probe] = claim(stores, clock.advance(86_400))
    send(stores, probe, clock.now())
    after_success = claim(stores, clock.now())

    assert waits == [1, 2, 4, 8, 16, 24, 24]
    assert len(after_success) == 3
    assert _refuse(stores, after_success[0], clock) == HOUR


def test_what_met_the_limit_at_the_same_time_is_one_probe(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Four mails in flight that are refused together say the same thing once."""
    for _ in range(4):
        add_mail(stores, mailbox, clock.now())

    waits = [_refuse(stores, each, clock) for each in claim(stores, clock.now())]

    assert waits == [HOUR] * 4


def test_a_success_that_was_in_flight_does_not_lift_the_pause(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """It left before the limit was met, so it proves nothing."""
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    refused, taken = claim(stores, clock.now(), limit=2)
    _refuse(stores, refused, clock)

    send(stores, taken, clock.now())

    assert claim(stores, clock.now()) == []
    assert len(claim(stores, clock.advance(3600))) == 1


def test_a_probe_that_says_nothing_of_the_limit_is_followed_by_another(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A mail that is refused for its own sake leaves the question open: the next one asks, alone."""
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    [first] = claim(stores, clock.now(), limit=1)
    _refuse(stores, first, clock)
    [probe] = claim(stores, clock.advance(3600))
    failed = make_attempt(probe, clock.now(), State.FAILED, "message-refused")
    stores.outbox.record(probe, failed, Verdict(State.FAILED))

    [again] = claim(stores, clock.now())

    assert claim(stores, clock.now()) == []
    assert _refuse(stores, again, clock) == 2 * HOUR


def test_a_probe_whose_worker_died_is_followed_by_another(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A crash neither opens the mailbox nor closes it for ever."""
    for _ in range(2):
        add_mail(stores, mailbox, clock.now())
    [first] = claim(stores, clock.now(), limit=1)
    _refuse(stores, first, clock)
    claim(stores, clock.advance(3600))

    stores.outbox.reap(clock.advance(31))

    assert len(claim(stores, clock.now())) == 1


def test_a_time_that_was_named_is_kept_to_the_second(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Google's word counts, however often it is said."""
    for _ in range(2):
        add_mail(stores, mailbox, clock.now())
    waits = []
    for _ in range(3):
        [probe] = claim(stores, clock.now(), limit=1)
        waits.append(_refuse(stores, probe, clock, timedelta(minutes=7), is_guess=False))
        clock.advance(7 * 60)

    assert waits == [timedelta(minutes=7)] * 3


def test_a_limit_pauses_that_mailbox_only(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """Its mail waits and flows by itself when the pause ends; another mailbox notices nothing."""
    limited, other = (connect(stores, tenant_id, clock.now()) for _ in range(2))
    [waits, _] = [add_mail(stores, limited, clock.now()) for _ in range(2)]
    [probe] = claim(stores, clock.now(), limit=1)
    _refuse(stores, probe, clock)
    free = add_mail(stores, other, clock.now())

    meanwhile = [each.entry_id for each in claim(stores, clock.now())]
    state = stores.outbox.get(tenant_id, waits.id).state
    afterwards = claim(stores, clock.advance(3600))

    assert meanwhile == [free.id]
    assert state is State.WAITING
    assert [each.connection_id for each in afterwards] == [limited.id]


@pytest.mark.parametrize("tries", [1, 3])
def test_resume_lets_everything_flow_at_once(
    stores: Stores, mailbox: Connection, clock: FakeClock, tries: int
) -> None:
    """A person knows that the limit is over: no probe, and the next limit begins at one hour."""
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    for _ in range(tries):
        [probe] = claim(stores, clock.now(), limit=1)
        clock.advance(_refuse(stores, probe, clock).total_seconds())
    clock.advance(-60)

    stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())
    claims = claim(stores, clock.now())

    assert len(claims) == 3
    assert _refuse(stores, claims[0], clock) == HOUR


def test_a_hold_of_a_clock_that_was_ahead_ends_after_a_day(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """No limit lasts longer, so a later end is a time that the clock once showed."""
    for _ in range(2):
        add_mail(stores, mailbox, clock.now())
    [probe] = claim(stores, clock.now(), limit=1)
    clock.advance(90 * 86_400)
    _refuse(stores, probe, clock)
    clock.advance(-90 * 86_400)

    stores.outbox.reap(clock.now())

    assert stores.outbox.next_due_at() == clock.now() + timedelta(days=1)
