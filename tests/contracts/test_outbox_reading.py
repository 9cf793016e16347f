"""The contract of ``OutboxStore`` on both engines: lists, shown states and timelines."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from service.connections.connection import Connection
from service.errors import Refusal
from service.outbox.entry import RecipientKind, State
from service.outbox.listing import MessageFilter
from service.outbox.verdict import Hold, Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import (
    accept,
    add_mail,
    add_tenant,
    claim,
    connect,
    make_attempt,
    make_entry,
    send,
)


def test_lists_are_newest_first_and_page_by_id(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Pages follow each other without a gap or a repeat."""
    added = sorted((add_mail(stores, mailbox, clock.now()) for _ in range(7)), key=lambda e: e.id)
    newest_first = [entry.id for entry in reversed(added)]

    first = stores.outbox.search(mailbox.tenant_id, MessageFilter(), 4)
    second = stores.outbox.search(mailbox.tenant_id, MessageFilter(before=first[-1].id), 4)

    assert [entry.id for entry in first + second] == newest_first
    assert all(len(entry.recipients) == 2 for entry in first + second)


def _add_each(stores: Stores, mailboxes: list[Connection], clock: FakeClock) -> None:
    """Two of each outcome in each mailbox, a second apart, and then two that wait to be sent."""
    pairs = list(product(mailboxes, ("Erste Rechnung", "Zweite Rechnung")))
    for mailbox, subject in pairs:
        for outcome in (State.SENT, State.FAILED, State.UNCERTAIN):
            accept(stores, make_entry(mailbox, clock.now(), subject=subject))
            [claimed] = claim(stores, clock.now())
            stores.outbox.record(claimed, make_attempt(claimed, clock.now(), outcome), Verdict(outcome))
        clock.advance(1)
    for mailbox, subject in pairs:
        accept(stores, make_entry(mailbox, clock.now(), subject=subject))


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("GRÖSSE", True),
        ("größe 100%", True),
        ("100_", False),
        ("re-47", True),
        ("RE 47", True),
        ("100% archiv@ re-47", True),
        ("RE 48", False),
        ("JÖRG", True),
        ("archiv@", True),
        ("!", False),
        ("anderes", False),
    ],
)
def test_search_looks_into_subject_recipients_and_reference(
    stores: Stores, mailbox: Connection, clock: FakeClock, words: str, *, is_found: bool
) -> None:
    """Any words of them, whatever their case and order, and wildcards mean themselves."""
    accept(stores, make_entry(mailbox, clock.now(), subject="Rechnung in Größe 100%"))

    found = stores.outbox.search(mailbox.tenant_id, MessageFilter(search=words), 10)

    assert bool(found) is is_found


def test_lists_filter_by_connection_reference_and_time(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Each filter narrows the list alone."""
    early = add_mail(stores, mailbox, clock.now())
    other = connect(stores, mailbox.tenant_id, clock.now())
    late = add_mail(stores, other, clock.advance(60))

    def found(**wanted: object) -> set[str]:
        listed = stores.outbox.search(mailbox.tenant_id, MessageFilter(**wanted), 10)  # type: ignore[arg-type]  # a test's shorthand
        return {entry.id for entry in listed}

    assert found(connection_id=other.id) == {late.id}
    assert found(reference="RE-4711") == {early.id, late.id}
    assert found(reference="RE") == set()
    assert found(since=clock.now()) == {late.id}
    assert found(until=clock.now()) == {early.id}


def test_filters_narrow_a_list_together(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Whichever are set, what is listed is what each of them lists alone; never another tenant's."""
    stranger = connect(stores, add_tenant(stores, clock.now()), clock.now())
    middle = clock.now() + timedelta(seconds=1)
    _add_each(stores, [mailbox, connect(stores, mailbox.tenant_id, clock.now()), stranger], clock)
    choices: dict[str, tuple[Any, ...]] = {
        "state": (None, State.SENT, State.FAILED, State.UNCERTAIN, State.QUEUED),
        "errors_only": (False, True),
        "connection_id": (None, mailbox.id),
        "reference": (None, "RE-4711"),
        "search": (None, "zweite"),
        "since": (None, middle),
        "until": (None, middle),
    }

    def found(**wanted: Any) -> set[str]:
        return {e.id for e in stores.outbox.search(mailbox.tenant_id, MessageFilter(**wanted), 100)}

    alone = {(name, value): found(**{name: value}) for name, values in choices.items() for value in values}
    assert len(found()) == 16
    for values in product(*choices.values()):
        wanted = dict(zip(choices, values, strict=True))
        assert found(**wanted) == set.intersection(*(alone[pair] for pair in wanted.items())), wanted


def test_errors_are_what_somebody_has_to_look_at(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Failed, given up, unclear, and sent but refused for a recipient; never what waits or was withdrawn."""
    wanted = set()
    for outcome in (State.FAILED, State.UNCERTAIN, State.EXPIRED, State.SENT):
        entry = add_mail(stores, mailbox, clock.now())
        [claimed] = claim(stores, clock.now())
        attempt = make_attempt(claimed, clock.now(), outcome, "message-refused")
        refused = (Refusal("archiv@muster.example", "recipient-unknown", 550, "no", is_permanent=True),)
        if outcome is State.SENT:
            attempt = replace(attempt, code=None)
        verdict = Verdict(outcome, refused=refused if outcome is State.SENT else ())
        stores.outbox.record(claimed, attempt, verdict)
        wanted.add(entry.id)
    withdrawn = add_mail(stores, mailbox, clock.now())
    stores.outbox.cancel(mailbox.tenant_id, withdrawn.id, clock.now(), "test")
    add_mail(stores, mailbox, clock.now())
    add_mail(stores, connect(stores, add_tenant(stores, clock.now()), clock.now()), clock.now())

    listed = stores.outbox.search(mailbox.tenant_id, MessageFilter(errors_only=True), 10)

    assert {entry.id for entry in listed} == wanted


def test_shown_states_follow_the_connection_without_touching_the_backlog(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """``scheduled`` and ``waiting`` are views: on one entry, and as filters of a list."""
    due = add_mail(stores, mailbox, clock.now())
    later = add_mail(stores, mailbox, clock.now(), due=clock.now() + timedelta(hours=1))

    def shown() -> dict[str, State]:
        by_filter = {
            entry.id: state
            for state in State
            for entry in stores.outbox.search(mailbox.tenant_id, MessageFilter(state=state), 10)
        }
        listed = stores.outbox.search(mailbox.tenant_id, MessageFilter(), 10)
        assert by_filter == {entry.id: entry.state for entry in listed}
        assert by_filter == {key: stores.outbox.get(mailbox.tenant_id, key).state for key in by_filter}
        return by_filter

    assert shown() == {due.id: State.QUEUED, later.id: State.SCHEDULED}
    stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    assert set(shown().values()) == {State.WAITING}
    stores.connections.resume(mailbox.tenant_id, mailbox.id, clock.now())
    assert shown() == {due.id: State.QUEUED, later.id: State.SCHEDULED}
    clock.advance(3600)
    assert set(shown().values()) == {State.QUEUED}


def test_a_held_mailbox_shows_waiting_with_the_reason_until_the_hold_ends(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A limit's hold is seen on all open mail of the mailbox, and ends by itself."""
    tried, other = add_mail(stores, mailbox, clock.now()), add_mail(stores, mailbox, clock.now())
    claimed = next(each for each in claim(stores, clock.now(), limit=1) if each.entry_id == tried.id)
    until = clock.now() + timedelta(hours=1)
    verdict = Verdict(State.DEFERRED, clock.now(), counts=False, connection=Hold(until, "quota-reached"))
    attempt = make_attempt(claimed, clock.now(), State.WAITING, "quota-reached")

    stores.outbox.record(claimed, attempt, verdict)

    waiting = stores.outbox.get(mailbox.tenant_id, other.id)
    assert (waiting.state, waiting.code) == (State.WAITING, "quota-reached")
    clock.advance(3600)
    flowing = stores.outbox.get(mailbox.tenant_id, other.id)
    assert (flowing.state, flowing.code) == (State.QUEUED, None)
    assert stores.outbox.get(mailbox.tenant_id, tried.id).state is State.DEFERRED


def test_the_timeline_tells_what_happened_in_order(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Events and tries, oldest first, with small facts."""
    entry = add_mail(stores, mailbox, clock.now())
    [first] = claim(stores, clock.now())
    again = clock.now() + timedelta(seconds=30)
    stores.outbox.record(
        first,
        make_attempt(first, clock.now(), State.DEFERRED, "provider-unavailable"),
        Verdict(State.DEFERRED, again),
    )
    [second] = claim(stores, clock.advance(30))
    send(stores, second, clock.now())

    events, attempts = stores.outbox.timeline(entry.tenant_id, entry.id)

    assert [event.type for event in events] == ["message.queued", "message.deferred", "message.sent"]
    assert dict(events[1].details) == {
        "code": "provider-unavailable",
        "way": "gmail_api",
        "next_attempt_at": again.isoformat(),
    }
    assert dict(events[2].details) == {"way": "gmail_api", "receipt": "18c2f0a9"}
    assert {event.message_id for event in events} == {entry.id}
    assert [(attempt.number, attempt.outcome) for attempt in attempts] == [
        (1, State.DEFERRED),
        (2, State.SENT),
    ]
    assert attempts[1] == make_attempt(second, clock.now())


def test_bcc_is_a_recipient_of_the_claim(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """The claim names all recipients, and apart those that the content does not name."""
    entry = add_mail(stores, mailbox, clock.now())

    [claimed] = claim(stores, clock.now())

    assert claimed.recipients == tuple(each.address for each in entry.recipients)
    assert claimed.bcc == tuple(each.address for each in entry.recipients if each.kind is RecipientKind.BCC)
    assert (claimed.sender, claimed.size_bytes) == (entry.sender, entry.size_bytes)
    assert (claimed.address, claimed.way.credential_id) == (mailbox.address, mailbox.credential_id)
    assert (claimed.attempt, claimed.tries, claimed.give_up_at) == (1, 0, entry.give_up_at)
