"""The contract of ``OutboxStore`` on both engines: leases, hand-over and results."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.connections.connection import Connection, ConnectionStatus
from service.errors import LeaseLostError
from service.outbox.entry import Attempt, State
from service.outbox.listing import MessageFilter
from service.outbox.ports import Claim
from service.outbox.verdict import Hold, Reconnect, Verdict
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import (
    add_mail,
    claim,
    make_attempt,
    make_grant,
    make_identity,
    send,
)


def _types(stores: Stores, tenant_id: str, entry_id: str) -> list[str]:
    return [event.type for event in stores.outbox.timeline(tenant_id, entry_id)[0]]


def _connection_events(database: Database, connection_id: str) -> list[str]:
    def run(connection: object) -> list[str]:
        rows = connection.exec_driver_sql(  # type: ignore[attr-defined]  # a SQLAlchemy connection
            f"SELECT type FROM events WHERE connection_id = '{connection_id}' "  # noqa: S608, a test's own id
            "AND message_id IS NULL ORDER BY id"
        )
        return [row[0] for row in rows]

    return database.read(run)


def _revoked(claimed: Claim, clock: FakeClock) -> tuple[Attempt, Verdict]:
    reconnect = Reconnect("connection-revoked")
    return (
        make_attempt(claimed, clock.now(), State.WAITING, reconnect.code),
        Verdict(State.DEFERRED, clock.now(), counts=False, connection=reconnect),
    )


def test_a_hand_over_after_a_lost_lease_is_refused(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Who lost the entry may send nothing, and may write no failure."""
    entry = add_mail(stores, mailbox, clock.now())
    [lost] = claim(stores, clock.now())
    assert stores.outbox.reap(clock.advance(31)) == 1
    [newer] = claim(stores, clock.now())

    with pytest.raises(LeaseLostError):
        stores.outbox.hand_over(lost, clock.now(), 30)
    failure = make_attempt(lost, clock.now(), State.FAILED, "message-refused")
    assert not stores.outbox.record(lost, failure, Verdict(State.FAILED))
    assert newer.fence > lost.fence
    assert send(stores, newer, clock.now())
    assert _types(stores, entry.tenant_id, entry.id) == [
        "message.queued",
        "message.requeued",
        "message.sent",
    ]


@pytest.mark.parametrize("end", ["paused", "needs_reconnect"])
def test_what_is_leased_ahead_stays_here_when_its_connection_stops(
    stores: Stores, mailbox: Connection, clock: FakeClock, end: str
) -> None:
    """The hand-over is refused, and the entry is put back as if it had never been leased."""
    entries = [add_mail(stores, mailbox, clock.now()) for _ in range(2)]
    first, second = claim(stores, clock.now(), per_mailbox=2)
    if end == "paused":
        stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    else:
        stores.outbox.record(first, *_revoked(first, clock))

    with pytest.raises(LeaseLostError):
        stores.outbox.hand_over(second, clock.advance(1), 30)

    waiting = stores.outbox.get(mailbox.tenant_id, second.entry_id)
    assert (waiting.state, waiting.attempts, waiting.next_attempt_at) == (
        State.WAITING,
        0,
        entries[1].created_at,
    )
    assert stores.outbox.timeline(mailbox.tenant_id, second.entry_id)[1] == []
    assert _types(stores, mailbox.tenant_id, second.entry_id)[-1] == "message.requeued"
    if end == "paused":
        stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())
    else:
        grant = make_grant(mailbox.tenant_id, mailbox.id)
        stores.connections.connect(mailbox.tenant_id, make_identity(mailbox.subject_id), grant, clock.now())
    stores.outbox.reap(clock.advance(31))
    again = {each.entry_id: each for each in claim(stores, clock.now())}
    assert (again[second.entry_id].attempt, again[second.entry_id].tries) == (1, 0)


def test_a_late_refusal_of_the_grant_keeps_the_pause(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """The person's pause stands; that Google refuses shows when it is lifted, and is told once."""
    for _ in range(2):
        add_mail(stores, mailbox, clock.now())
    claims = claim(stores, clock.now())
    stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())

    for claimed in claims:
        stores.outbox.record(claimed, *_revoked(claimed, clock))

    assert stores.connections.get(mailbox.tenant_id, mailbox.id).status is ConnectionStatus.PAUSED
    resumed = stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())
    assert (resumed.status, resumed.status_code) == ("needs_reconnect", "connection-revoked")
    assert _connection_events(database, mailbox.id) == [
        "connection.created",
        "connection.paused",
        "connection.needs_reconnect",
        "connection.resumed",
    ]


def test_a_lease_that_ran_out_before_the_hand_over_is_queued_again(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """It was certainly not sent, so it is due at once and the try does not count."""
    entry = add_mail(stores, mailbox, clock.now())
    claim(stores, clock.now())
    clock.advance(30)

    assert stores.outbox.reap(clock.now() - timedelta(seconds=1)) == 0
    assert stores.outbox.reap(clock.now()) == 1

    again = stores.outbox.get(entry.tenant_id, entry.id)
    assert (again.state, again.attempts, again.next_attempt_at) == (State.QUEUED, 0, clock.now())
    assert stores.outbox.timeline(entry.tenant_id, entry.id)[1] == []
    assert [each.attempt for each in claim(stores, clock.now())] == [1]


def test_a_lease_that_ran_out_after_the_hand_over_is_uncertain(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Nobody can know, so it is said out loud and never sent again by itself."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    handed_over_at = clock.advance(1)
    stores.outbox.hand_over(claimed, handed_over_at, 30)

    assert stores.outbox.reap(clock.advance(30)) == 1

    unclear = stores.outbox.get(entry.tenant_id, entry.id)
    assert (unclear.state, unclear.code, unclear.attempts) == (State.UNCERTAIN, "answer-lost", 1)
    [attempt] = stores.outbox.timeline(entry.tenant_id, entry.id)[1]
    assert (attempt.outcome, attempt.code) == (State.UNCERTAIN, "answer-lost")
    assert (attempt.handed_over_at, attempt.ended_at) == (handed_over_at, clock.now())
    assert _types(stores, entry.tenant_id, entry.id)[-1] == "message.uncertain"
    assert claim(stores, clock.advance(86_400)) == []


def test_success_of_an_older_fence_is_not_written(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The fence of a later claim shuts out whoever had an earlier one."""
    entry = add_mail(stores, mailbox, clock.now())
    [old] = claim(stores, clock.now())
    stores.outbox.hand_over(old, clock.now(), 30)
    stores.outbox.reap(clock.advance(31))
    stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), "owner", sent=False)
    [new] = claim(stores, clock.now())

    assert not stores.outbox.record(old, make_attempt(old, clock.now()), Verdict(State.SENT))
    assert send(stores, new, clock.now())
    assert not stores.outbox.record(new, make_attempt(new, clock.now()), Verdict(State.SENT))


def test_renewed_leases_are_not_reaped(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """A worker that lives keeps what it has in flight, and only that: not another's, nor what it let go."""
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    flying, dropped = stores.outbox.claim("me", clock.now(), limit=2, per_mailbox=4, lease_s=30)
    [foreign] = stores.outbox.claim("other", clock.now(), limit=1, per_mailbox=4, lease_s=30)

    renewed = {flying.entry_id, foreign.entry_id}
    stores.outbox.renew_leases("me", renewed, clock.now() + timedelta(seconds=60))

    assert stores.outbox.reap(clock.advance(31)) == 2
    states = [
        stores.outbox.get(mailbox.tenant_id, each.entry_id).state for each in (flying, dropped, foreign)
    ]
    assert states == [State.SENDING, State.QUEUED, State.QUEUED]


def test_a_deferred_try_counts_only_where_the_verdict_says_so(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """``tries`` drives the retry schedule, ``attempts`` numbers the timeline."""
    add_mail(stores, mailbox, clock.now())
    seen = []
    for counts in (True, False, True):
        [claimed] = claim(stores, clock.now())
        seen.append((claimed.attempt, claimed.tries))
        attempt = make_attempt(claimed, clock.now(), State.DEFERRED, "provider-unavailable")
        stores.outbox.record(claimed, attempt, Verdict(State.DEFERRED, clock.advance(30), counts=counts))
    [claimed] = claim(stores, clock.now())
    seen.append((claimed.attempt, claimed.tries))

    assert seen == [(1, 0), (2, 1), (3, 1), (4, 2)]


def test_a_failed_entry_is_final(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """A refusal ends it, with the server's words."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    attempt = make_attempt(claimed, clock.now(), State.FAILED, "message-refused")

    stores.outbox.record(claimed, attempt, Verdict(State.FAILED))

    failed = stores.outbox.get(entry.tenant_id, entry.id)
    assert (failed.state, failed.code, failed.reply, failed.receipt) == (
        State.FAILED,
        "message-refused",
        "no",
        None,
    )
    assert _types(stores, entry.tenant_id, entry.id)[-1] == "message.failed"
    assert claim(stores, clock.advance(86_400)) == []


def test_a_hold_pauses_the_whole_mailbox_with_one_event(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """All waits until the hold ends; a second hold adds no second event; one mail tries, then the rest."""
    for _ in range(3):
        add_mail(stores, mailbox, clock.now())
    until = clock.now() + timedelta(hours=1)
    for claimed in claim(stores, clock.now(), limit=2):
        attempt = make_attempt(claimed, clock.now(), State.WAITING, "quota-reached")
        verdict = Verdict(State.DEFERRED, clock.now(), counts=False, connection=Hold(until, "quota-reached"))
        stores.outbox.record(claimed, attempt, verdict)

    held = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert (held.status, held.held_until, held.held_code) == ("connected", until, "quota-reached")
    assert _connection_events(database, mailbox.id) == ["connection.created", "connection.held"]
    assert stores.outbox.next_due_at() == until
    assert claim(stores, until - timedelta(seconds=1)) == []
    [probe] = claim(stores, until)
    assert claim(stores, until) == []
    assert send(stores, probe, until)
    assert stores.connections.get(mailbox.tenant_id, mailbox.id).held_until is None
    assert len(claim(stores, until)) == 2


def test_a_dead_grant_holds_the_mail_and_burns_no_tries(
    stores: Stores, mailbox: Connection, clock: FakeClock, database: Database
) -> None:
    """``needs_reconnect`` once, mail waits, and flows as soon as the owner has reconnected."""
    entries = [add_mail(stores, mailbox, clock.now()) for _ in range(3)]
    for claimed in claim(stores, clock.now(), limit=2):
        stores.outbox.record(claimed, *_revoked(claimed, clock))

    dead = stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert (dead.status, dead.status_code) == ("needs_reconnect", "connection-revoked")
    waiting = stores.outbox.search(mailbox.tenant_id, MessageFilter(state=State.WAITING), 10)
    assert {(each.id, each.code) for each in waiting} == {
        (entry.id, "connection-revoked") for entry in entries
    }
    assert claim(stores, clock.advance(3600)) == []
    grant = make_grant(mailbox.tenant_id, mailbox.id)
    stores.connections.connect(mailbox.tenant_id, make_identity(mailbox.subject_id), grant, clock.now())
    assert [each.tries for each in claim(stores, clock.now())] == [0, 0, 0]
    assert _connection_events(database, mailbox.id) == [
        "connection.created",
        "connection.needs_reconnect",
        "connection.reconnected",
    ]


def test_a_late_failure_of_the_old_grant_does_not_kill_the_new_one(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The try began before the owner reconnected; its verdict is about a grant that is gone."""
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    grant = make_grant(mailbox.tenant_id, mailbox.id)
    stores.connections.connect(mailbox.tenant_id, make_identity(mailbox.subject_id), grant, clock.now())

    stores.outbox.record(claimed, *_revoked(claimed, clock))

    assert stores.connections.get(mailbox.tenant_id, mailbox.id).status is ConnectionStatus.CONNECTED
    assert [each.way.credential_id for each in claim(stores, clock.now())] == [grant.id]


def test_a_result_that_is_begun_is_written_before_a_later_hand_over(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Who hands over the next mail has the last one's receipt on disk, also before asking for it."""
    first, second = (add_mail(stores, mailbox, clock.now()) for _ in range(2))
    claims = {each.entry_id: each for each in claim(stores, clock.now())}
    stores.outbox.hand_over(claims[first.id], clock.now(), 30)

    begun = stores.outbox.begin_record(
        claims[first.id], make_attempt(claims[first.id], clock.now()), Verdict(State.SENT)
    )
    stores.outbox.hand_over(claims[second.id], clock.now(), 30)

    assert stores.outbox.get(first.tenant_id, first.id).state is State.SENT
    assert begun()


def test_a_result_that_is_begun_says_when_it_came_too_late(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Another worker has claimed the entry since: nothing is written."""
    add_mail(stores, mailbox, clock.now())
    [lost] = claim(stores, clock.now())
    stores.outbox.reap(clock.advance(31))
    [_] = claim(stores, clock.now())

    begun = stores.outbox.begin_record(
        lost, make_attempt(lost, clock.now(), State.FAILED, "message-refused"), Verdict(State.FAILED)
    )

    assert not begun()


def test_what_keeps_a_begun_result_from_being_written_is_heard_by_who_asks(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The store takes it, and says only when asked that no database can hold such a text."""
    add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    attempt = replace(make_attempt(claimed, clock.now()), receipt="\ud800")

    begun = stores.outbox.begin_record(claimed, attempt, Verdict(State.SENT))

    with pytest.raises(UnicodeEncodeError):
        begun()
