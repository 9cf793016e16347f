"""The worker's heart: finds what is due, leases it, gives it to sender threads, and settles what was left.

One thread claims; ``senders`` threads send. No database transaction is open while a mail is sent.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from service.clock import Clock
from service.errors import StorageError
from service.outbox.delivery import Delivery
from service.outbox.ports import Claim, Doorbell, OutboxStore

IDLE_S = 1.0  # the longest sleep: what another process accepted is seen after that at the latest
SWEEP_S = 1.0  # how often leases are looked after
TROUBLE_S = 1.0  # pause after the database failed

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one worker does at the same time.

    Attributes:
        senders: mails sent at once by this worker.
        per_mailbox: mails of one mailbox in flight at once, over all workers.
        lease_s: after this silence another worker may settle what this one has in flight.
    """

    senders: int
    per_mailbox: int
    lease_s: float


class Dispatcher:
    """Sends what is owed until it is stopped.

    Args:
        owner: names this worker in the leases; unique among all workers that ever run.
    """

    def __init__(
        self,
        *,
        store: OutboxStore,
        delivery: Delivery,
        doorbell: Doorbell,
        clock: Clock,
        owner: str,
        limits: Limits,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._doorbell = doorbell
        self._clock = clock
        self._owner = owner
        self._limits = limits
        self._stopping = threading.Event()
        self._drained = threading.Event()
        self._claims: queue.SimpleQueue[Claim | None] = queue.SimpleQueue()
        self._in_flight: set[tuple[str, int]] = set()  # entry and fence
        self._idle = 0  # senders without a mail
        self._lock = threading.Lock()

    def run(self) -> None:
        """Send until ``stop`` is called; then finish what is in flight, claim nothing more, and return."""
        threads = [
            threading.Thread(target=self._send_claims, name=f"sender-{number}")
            for number in range(self._limits.senders)
        ]
        sweeper = threading.Thread(target=self._sweep, name="sweeper")
        for thread in (*threads, sweeper):
            thread.start()
        try:
            self._dispatch()
        finally:
            for _ in threads:
                self._claims.put(None)
            for thread in threads:
                thread.join()
            self._drained.set()
            sweeper.join()
            self._give_back()

    def stop(self) -> None:
        """Ask ``run`` to come to an end; safe in a signal handler's thread."""
        self._stopping.set()
        self._delivery.stop()
        self._doorbell.ring()

    def _dispatch(self) -> None:
        is_settled = False
        while not self._stopping.is_set():
            try:
                if not is_settled:
                    # What went past its time while nobody worked must not be leased any more.
                    self._settle(self._clock.now())
                    is_settled = True
                claimed = self._claim()
            except StorageError as error:
                is_settled = False
                log.warning("cannot claim", error=error.code)
                self._stopping.wait(TROUBLE_S)
                continue
            if not claimed:
                self._doorbell.wait(IDLE_S)

    def _claim(self) -> bool:
        """Lease the next entries where there is room; says whether it found any.

        As many as there are senders are leased ahead, so that one commit leases many and no sender waits.
        """
        if not self._has_room():
            return False
        claims = self._store.claim(
            self._owner,
            self._clock.now(),
            limit=self._limits.senders - self._claims.qsize(),
            per_mailbox=self._limits.per_mailbox,
            lease_s=self._limits.lease_s,
        )
        with self._lock:
            self._in_flight.update((claim.entry_id, claim.fence) for claim in claims)
        for claim in claims:
            self._claims.put(claim)
        return bool(claims)

    def _has_room(self) -> bool:
        return 2 * self._claims.qsize() <= self._limits.senders

    def _send_claims(self) -> None:
        """Send one mail after the other; the outcome of each is written while the next one is prepared."""
        last = _Outcome()
        while True:
            try:
                claim = self._claims.get_nowait()
            except queue.Empty:  # nothing else is to be done meanwhile
                last.settle()
                claim = self._awaited()
            if claim is None:
                break
            if self._has_room():
                self._doorbell.ring()
            ours = self._send(claim, last)
            last.settle()
            last = ours
        last.settle()

    def _awaited(self) -> Claim | None:
        """The next entry, whenever there is one."""
        with self._lock:
            self._idle += 1
        self._doorbell.ring()
        claim = self._claims.get()
        with self._lock:
            self._idle -= 1
        return claim

    def _send(self, claim: Claim, last: "_Outcome") -> "_Outcome":
        """Send one mail; its outcome is still to be settled."""
        finish = None
        if not self._stopping.is_set():
            finish = _survived(claim, lambda: self._delivery.deliver(claim, last.settle))
        outcome = _Outcome(lambda: self._finish(claim, finish))
        if finish is None:
            outcome.settle()
        return outcome

    def _finish(self, claim: Claim, finish: Callable[[], None] | None) -> None:
        """Wait until the outcome is written, and let go of the mail."""
        try:
            if finish is not None:
                _survived(claim, finish)
        finally:
            with self._lock:
                self._in_flight.discard((claim.entry_id, claim.fence))
                is_waited_for = self._idle > 0
            if is_waited_for:  # a mailbox whose slots were all taken has one for its next mail
                self._doorbell.ring()

    def _sweep(self) -> None:
        """Renew this worker's leases, settle those that ran out, give up on what is too old."""
        renewed_at, renewed_on = time.monotonic(), self._clock.now()
        while not self._drained.wait(min(SWEEP_S, self._limits.lease_s / 4)):
            try:
                now = self._clock.now()
                # Also when the clock was put forward: else this worker would settle what it is sending.
                silence_s = max(time.monotonic() - renewed_at, (now - renewed_on).total_seconds())
                if silence_s >= self._limits.lease_s / 3:
                    renewed_at, renewed_on = time.monotonic(), now
                    self._renew(now)
                self._settle(now)
            except StorageError as error:
                log.warning("cannot sweep", error=error.code)
            except Exception:
                # A fault of ours in one sweep must not end them all: leases would run out unseen.
                log.exception("sweep broke")

    def _give_back(self) -> None:
        """Another worker need not wait for what this one leased and never began."""
        try:
            self._store.release(self._owner, self._clock.now())
        except StorageError as error:
            log.warning("leases end by themselves", error=error.code)

    def _settle(self, now: datetime) -> None:
        settled, expired = self._store.reap(now), self._store.expire(now)
        if settled or expired:
            log.info("swept", settled=settled, expired=expired)
            self._doorbell.ring()

    def _renew(self, now: datetime) -> None:
        """Only what is in flight: a try that ended unrecorded is settled by the end of its lease."""
        with self._lock:
            in_flight = {entry_id for entry_id, _ in self._in_flight}
        if in_flight:
            lease = timedelta(seconds=self._limits.lease_s)
            self._store.renew_leases(self._owner, in_flight, now + lease)


def _survived(claim: Claim, step: Callable[[], T]) -> T | None:
    """What it answers; ``None`` when it broke."""
    try:
        return step()
    except Exception:
        # A fault of ours at one message's end must not cost a sender: its lease runs out.
        log.exception("sender broke", message=claim.entry_id, attempt=claim.attempt)
        return None


class _Outcome:
    """What is left to be done for a mail that was sent; it is done once, by whoever comes first."""

    def __init__(self, finish: Callable[[], None] | None = None) -> None:
        self._finish = finish

    def settle(self) -> None:
        """Do it, unless it was done."""
        finish, self._finish = self._finish, None
        if finish is not None:
            finish()
