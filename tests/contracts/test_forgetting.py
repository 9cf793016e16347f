"""The contract of ``ForgettingStore`` on both engines: what is at rest is forgotten, nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.connections.connection import Connection
from service.errors import AlreadySentError, ContentDeletedError, NotFoundError, TooLateError
from service.outbox.entry import Entry, State
from service.outbox.verdict import Verdict
from service.storage.database import Database
from service.storage.schema import metadata
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import accept, add_mail, add_tenant, claim, connect, make_attempt, make_entry, send

DAY = 86_400


def _sent(stores: Stores, mailbox: Connection, clock: FakeClock) -> Entry:
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    assert send(stores, claimed, clock.now())
    return stores.outbox.get(mailbox.tenant_id, entry.id)


def _ended(outcome: State) -> Callable[[Stores, Connection, FakeClock], Entry]:
    def end(stores: Stores, mailbox: Connection, clock: FakeClock) -> Entry:
        entry = add_mail(stores, mailbox, clock.now())
        if outcome is State.CANCELLED:
            return stores.outbox.cancel(mailbox.tenant_id, entry.id, clock.now(), "test")
        if outcome is State.EXPIRED:
            stores.outbox.expire(entry.give_up_at)
        else:
            [claimed] = claim(stores, clock.now())
            stores.outbox.record(claimed, make_attempt(claimed, clock.now(), outcome), Verdict(outcome))
        return stores.outbox.get(mailbox.tenant_id, entry.id)

    return end


def _rows(database: Database, entry: Entry) -> dict[str, int]:
    def count(table: str) -> int:
        sql = text(f"SELECT count(*) FROM {table} WHERE message_id = :id")  # noqa: S608, names of ours
        counted: int = database.read(lambda c: c.execute(sql, {"id": entry.id}).scalar_one())
        return counted

    return {
        table: count(table)
        for table in ("listed", "recipients", "content_chunks", "attempts", "events", "idempotency_records")
    }


def _forget(stores: Stores, clock: FakeClock, entry: Entry, *, limit: int = 10) -> int:
    return stores.forgetting.forget_content(entry.tenant_id, clock.now(), clock.now(), limit)


@pytest.mark.parametrize(
    "outcome", [State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED], ids=lambda state: state.value
)
def test_content_of_what_has_ended_is_deleted(
    stores: Stores, database: Database, mailbox: Connection, clock: FakeClock, outcome: State
) -> None:
    """The sealed chunks go; the log with its tries stays and says since when."""
    entry = (_sent if outcome is State.SENT else _ended(outcome))(stores, mailbox, clock)
    before = _rows(database, entry)

    clock.advance(30 * DAY)

    assert _forget(stores, clock, entry) == 1
    kept = stores.outbox.get(entry.tenant_id, entry.id)
    assert (kept.state, kept.content_deleted_at) == (outcome, clock.now())
    assert _rows(database, entry) == {**before, "content_chunks": 0}
    assert before["content_chunks"] == 1
    assert _forget(stores, clock, entry) == 0


def test_what_is_open_in_flight_or_unclear_is_kept(
    stores: Stores, database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """However old it is: somebody may still send it, and an unclear one may be decided to be sent again."""
    unclear = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    stores.outbox.record(
        claimed, make_attempt(claimed, clock.now(), State.UNCERTAIN), Verdict(State.UNCERTAIN)
    )
    flying = add_mail(stores, mailbox, clock.now())
    claim(stores, clock.now())
    waiting = add_mail(stores, mailbox, clock.now())

    clock.advance(400 * DAY)

    assert _forget(stores, clock, unclear) == 0
    assert stores.forgetting.forget_log(mailbox.tenant_id, clock.now(), 10) == 0
    assert [_rows(database, entry)["content_chunks"] for entry in (unclear, flying, waiting)] == [1, 1, 1]
    assert stores.outbox.decide(mailbox.tenant_id, unclear.id, clock.now(), "test", sent=False).state in {
        State.QUEUED,
        State.WAITING,
    }


def test_the_time_counts_from_the_last_try_that_was_planned(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A mail that was queued again keeps its content for the whole time once more."""
    entry = _sent(stores, mailbox, clock)
    first = clock.now()
    again = clock.advance(29 * DAY)
    stores.outbox.resend(mailbox.tenant_id, entry.id, again, "test", force=True)
    [claimed] = claim(stores, again)
    assert send(stores, claimed, again)

    just_before = again - timedelta(milliseconds=1)
    assert first < just_before
    assert stores.forgetting.forget_content(mailbox.tenant_id, just_before, clock.now(), 10) == 0
    assert stores.forgetting.forget_content(mailbox.tenant_id, again, clock.now(), 10) == 1


def test_the_oldest_go_first_in_small_portions(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Of five, two by two."""
    entries = []
    for _ in range(5):
        entries.append(_sent(stores, mailbox, clock))
        clock.advance(1)

    done = [_forget(stores, clock, entries[0], limit=2)]
    first = [stores.outbox.get(mailbox.tenant_id, entry.id).content_deleted_at for entry in entries]
    done += [_forget(stores, clock, entries[0], limit=2) for _ in range(3)]

    assert [at is not None for at in first] == [True, True, False, False, False]
    assert done == [2, 2, 1, 0]


def test_another_tenant_keeps_its_own(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Each tenant has its own time."""
    other = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = _sent(stores, mailbox, clock)
    theirs = _sent(stores, other, clock)

    assert _forget(stores, clock, entry) == 1
    assert stores.outbox.get(other.tenant_id, theirs.id).content_deleted_at is None


@pytest.mark.parametrize("outcome", [State.SENT, State.FAILED], ids=lambda state: state.value)
def test_what_has_no_content_cannot_be_sent_again(
    stores: Stores, mailbox: Connection, clock: FakeClock, outcome: State
) -> None:
    """Neither with force nor without; it stays as it was, and its bytes are said to be gone."""
    entry = (_sent if outcome is State.SENT else _ended(outcome))(stores, mailbox, clock)
    _forget(stores, clock, entry)

    for force in (False, True):
        with pytest.raises(ContentDeletedError):
            stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), "test", force=force)
    with pytest.raises(ContentDeletedError):
        list(stores.outbox.content(entry.tenant_id, entry.id))
    with pytest.raises(TooLateError):
        stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), "test")
    assert stores.outbox.get(entry.tenant_id, entry.id).state is outcome


def test_what_is_kept_can_be_sent_again_as_before(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """With force, because it was sent."""
    entry = _sent(stores, mailbox, clock)

    with pytest.raises(AlreadySentError):
        stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), "test", force=False)
    again = stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), "test", force=True)

    assert again.state is State.QUEUED
    assert list(stores.outbox.content(entry.tenant_id, entry.id))


def test_the_log_goes_with_all_that_is_told_of_it(
    stores: Stores, database: Database, mailbox: Connection, clock: FakeClock
) -> None:
    """No row of any table still names it, and its idempotency key brings a new message."""
    entry = _sent(stores, mailbox, clock)
    clock.advance(1)
    kept = _sent(stores, mailbox, clock)
    _forget(stores, clock, entry, limit=1)

    done = stores.forgetting.forget_log(mailbox.tenant_id, clock.now(), 10)

    assert done == 1
    assert set(_rows(database, entry).values()) == {0}
    with pytest.raises(NotFoundError):
        stores.outbox.get(entry.tenant_id, entry.id)
    assert stores.outbox.get(kept.tenant_id, kept.id) == kept
    fresh = accept(stores, make_entry(mailbox, clock.now()), key=entry.id)
    assert not fresh.replayed


def test_a_log_is_never_deleted_before_its_content(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """The one portion follows the other."""
    entry = _sent(stores, mailbox, clock)

    assert stores.forgetting.forget_log(mailbox.tenant_id, clock.now(), 10) == 0
    assert stores.outbox.get(entry.tenant_id, entry.id) == entry


def test_every_table_that_names_messages_is_deleted_from_by_an_index() -> None:
    """A new table must be added to what is deleted; without an index each deletion looks through it."""
    naming = [table for table in metadata.sorted_tables if "message_id" in table.columns]
    naming.remove(metadata.tables["messages"])  # there it is the header of the mail

    assert {table.name for table in naming} == {
        "listed",
        "recipients",
        "content_chunks",
        "attempts",
        "events",
        "idempotency_records",
        "notices",
    }
    for table in naming:
        whole = [index for index in table.indexes if index.dialect_options["sqlite"]["where"] is None]
        keys = [list(table.primary_key.columns), *(list(index.columns) for index in whole)]
        names = [[column.name for column in key if column.name != "tenant_id"] for key in keys]
        assert "message_id" in {leading for leading, *_ in filter(None, names)}, table.name
