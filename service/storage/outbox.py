"""``outbox.ports.OutboxStore``: what is owed, kept in the database."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from service.clock import Clock, SystemClock
from service.connections.connection import Connection as Mailbox
from service.connections.ports import Sealer
from service.errors import IdempotencyKeyReusedError, LeaseLostError
from service.mail.frames import on_the_wire
from service.outbox.entry import Attempt, Entry, Event
from service.outbox.listing import MessageFilter
from service.outbox.pace import Pace
from service.outbox.ports import Accepted, Claim, Correction, Unclear
from service.outbox.verdict import Verdict
from service.storage import (
    accepting,
    claiming,
    decisions,
    entries,
    evidence,
    leases,
    outcomes,
    searching,
    settling,
    timeline,
)
from service.storage import content as contents
from service.storage.database import Database
from service.storage.forecasts import Look
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Statement

_NEXT_DUE = Statement("SELECT min(due_at) AS due_at FROM connections WHERE due_at IS NOT NULL")
# What was tried before waits also while its next try lies ahead.
_WAITING = Statement(
    """SELECT c.id, count(*) AS mails FROM connections AS c JOIN messages AS m ON m.connection_id = c.id
    WHERE c.tenant_id = :tenant_id AND m.state IN ('queued', 'deferred')
    AND (m.available_at <= :now OR m.state = 'deferred') GROUP BY c.id"""
)


class SqlOutboxStore:
    """Serves ``OutboxStore`` on either engine; the parts are in the modules that it calls."""

    def __init__(
        self, database: Database, sealer: Sealer, clock: Clock | None = None, pace: Pace | None = None
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock or SystemClock()
        self._pace = pace or Pace()

    def accept(
        self,
        entry: Entry,
        content: Iterable[bytes],
        *,
        idempotency_key: str,
        fingerprint: str,
        actor: str | None = None,
        corrects: Correction | None = None,
        connection: Mailbox | None = None,
    ) -> Accepted:
        told = {"corrects": corrects.entry_id if corrects else None, "actor": actor}
        terms = accepting.Terms(idempotency_key, fingerprint, told, connection)
        return self._keep(entry, content, terms, _correcting(entry, corrects, actor))

    def accept_beside(
        self,
        entry: Entry,
        content: Iterable[bytes],
        beside: Callable[[Connection], None],
        *,
        idempotency_key: str,
        fingerprint: str,
    ) -> Accepted:
        """As ``accept``; ``beside`` is written in the same transaction when the key is new."""
        return self._keep(entry, content, accepting.Terms(idempotency_key, fingerprint, {}), beside)

    def _keep(
        self,
        entry: Entry,
        content: Iterable[bytes],
        terms: accepting.Terms,
        beside: Callable[[Connection], None] | None,
    ) -> Accepted:
        self._database.check_room()
        place = contents.place(entry.tenant_id, entry.id)
        sealed = self._sealer.seal_stream(place, content)
        with contents.SealedContent(sealed, self._database.spill_folder) as chunks:
            order = accepting.Order(entry, chunks, terms)
            record = self._accept(order, beside)
        if record is None:
            return Accepted(order.kept(self._look()), replayed=False)
        return Accepted(self._of_record(entry.tenant_id, record, terms.fingerprint), replayed=True)

    def _accept(
        self, order: accepting.Order, beside: Callable[[Connection], None] | None
    ) -> accepting.Record | None:
        if beside is None:
            return self._database.write_jointly(accepting.accept, order)

        def run(connection: Connection) -> accepting.Record | None:
            [record] = accepting.accept(connection, [order])
            if record is None:
                beside(connection)
            return record

        return self._database.write(run)

    def find_by_key(self, tenant_id: str, idempotency_key: str, fingerprint: str | None) -> Entry | None:
        record = self._database.read(lambda c: accepting.find_record(c, tenant_id, idempotency_key))
        if record is None:
            return None
        self._database.settle()  # whoever repeats a post is told that its message is kept
        return self._of_record(tenant_id, record, fingerprint)

    def get(self, tenant_id: str, entry_id: str) -> Entry:
        return self._database.read(lambda c: entries.find(c, tenant_id, entry_id, self._look()))

    def search(self, tenant_id: str, wanted: MessageFilter, limit: int) -> list[Entry]:
        look = self._look()
        return self._database.read(lambda c: searching.search(c, tenant_id, wanted, limit, look))

    def waiting(self, tenant_id: str, now: datetime) -> dict[str, int]:
        rows = self._database.read(lambda c: _WAITING.all(c, tenant_id=tenant_id, now=to_ms(now)))
        return {row.id: row.mails for row in rows}

    def timeline(self, tenant_id: str, entry_id: str) -> tuple[list[Event], list[Attempt]]:
        def run(connection: Connection) -> tuple[list[Event], list[Attempt]]:
            entries.find(connection, tenant_id, entry_id, self._look())
            return timeline.of_message(connection, entry_id)

        return self._database.read(run)

    def content(self, tenant_id: str, entry_id: str) -> Iterator[bytes]:
        sealed = contents.read(self._database, tenant_id, entry_id)
        return on_the_wire(self._sealer.open_stream(contents.place(tenant_id, entry_id), sealed))

    def claim(
        self, owner: str, now: datetime, *, limit: int, per_mailbox: int, lease_s: float
    ) -> list[Claim]:
        due_at = self.next_due_at()
        if due_at is None or due_at > now:
            return []  # an idle worker writes nothing
        lease_until = now + timedelta(seconds=lease_s)
        order = claiming.Order(owner, to_ms(now), to_ms(lease_until), limit, per_mailbox, self._pace)
        return self._database.write(lambda c: claiming.claim(c, order))

    def hand_over(self, claim: Claim, at: datetime, lease_s: float) -> None:
        leaving = leases.HandOver(claim, to_ms(at), to_ms(at + timedelta(seconds=lease_s)))
        if not self._database.write_jointly(leases.hand_over, leaving):
            raise LeaseLostError

    def record(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        return self._database.write_jointly(outcomes.record, outcomes.Result(claim, attempt, verdict))

    def begin_record(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> Callable[[], bool]:
        return self._database.begin_jointly(outcomes.record, outcomes.Result(claim, attempt, verdict))

    def renew_leases(self, owner: str, entry_ids: Collection[str], until: datetime) -> None:
        self._database.write(lambda c: leases.renew(c, owner, entry_ids, to_ms(until)))

    def release(self, owner: str, now: datetime) -> None:
        self._database.write(lambda c: leases.release(c, owner, to_ms(now)))
        settling.reap(self._database, now)

    def reap(self, now: datetime) -> int:
        return settling.reap(self._database, now)

    def expire(self, now: datetime) -> int:
        return settling.expire(self._database, now)

    def next_due_at(self) -> datetime | None:
        row = self._database.find(_NEXT_DUE)
        return None if row is None else to_instant(row.due_at)

    def cancel(self, tenant_id: str, entry_id: str, at: datetime, actor: str) -> Entry:
        order = decisions.Order(tenant_id, entry_id, at, actor, self._pace)
        return self._database.write(lambda c: decisions.cancel(c, order))

    def resend(self, tenant_id: str, entry_id: str, at: datetime, actor: str, *, force: bool) -> Entry:
        order = decisions.Order(tenant_id, entry_id, at, actor, self._pace)
        return self._database.write(lambda c: decisions.resend(c, order, force=force))

    def decide(self, tenant_id: str, entry_id: str, at: datetime, actor: str, *, sent: bool) -> Entry:
        order = decisions.Order(tenant_id, entry_id, at, actor, self._pace)
        return self._database.write(lambda c: decisions.decide(c, order, sent=sent))

    def uncertain(self, now: datetime, limit: int) -> list[Unclear]:
        return self._database.read(lambda c: evidence.unclear(c, to_ms(now), limit))

    def looked(
        self, entry_id: str, fence: int, at: datetime, receipt: str | None, *, has_answered: bool = True
    ) -> None:
        look = evidence.Look(entry_id, fence, to_ms(at), receipt, has_answered)
        self._database.write(lambda c: evidence.looked(c, look))

    def resend_unclear(self, now: datetime, limit: int) -> int:
        rows = self._database.read(lambda c: evidence.to_resend(c, to_ms(now), limit))
        resent = 0
        for row in rows:
            order = decisions.Order(row.tenant_id, row.id, now, evidence.RULE, self._pace)
            resent += self._database.write(partial(decisions.resend_by_rule, order=order, fence=row.fence))
        return resent

    def _look(self) -> Look:
        return Look(self._clock.now(), self._pace)

    def _of_record(self, tenant_id: str, record: accepting.Record, fingerprint: str | None) -> Entry:
        if fingerprint not in {None, record.fingerprint}:
            raise IdempotencyKeyReusedError
        return self.get(tenant_id, record.message_id)


def _correcting(
    entry: Entry, corrects: Correction | None, actor: str | None
) -> Callable[[Connection], None] | None:
    if corrects is None:
        return None
    return lambda connection: decisions.correct(connection, entry, corrects, actor)
