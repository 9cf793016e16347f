"""One try: open the mail, hand it to the transport, write down how it ended."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from service.clock import Clock
from service.errors import (
    DeliveryError,
    LeaseLostError,
    PermanentDeliveryError,
    SealError,
    StorageError,
    TransientDeliveryError,
    UncertainDeliveryError,
)
from service.outbox.entry import Attempt
from service.outbox.handover import judge, judge_receipt, outcome
from service.outbox.ports import Claim, OutboxStore, Outgoing, Transport
from service.outbox.verdict import Receipt, Verdict

RECORD_PAUSES_S = (0.1, 0.5, 2.0, 5.0, 10.0)
LONG_PAUSE_S = 10.0  # then, in an outage that lasts
LONG_PAUSES = 58  # until ten minutes are over

log = structlog.get_logger(__name__)


@dataclass
class _Progress:
    """How far a try has come."""

    started_at: datetime
    handed_over_at: datetime | None = None


class Delivery:
    """Makes tries. Safe to be used by many sender threads at once."""

    def __init__(
        self,
        *,
        store: OutboxStore,
        transport: Transport,
        clock: Clock,
        lease_s: float,
        random_source: random.Random | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._lease_s = lease_s
        self._random = random_source or random.Random()  # noqa: S311, spreads retries, guards nothing
        self._pause = pause
        self._stopping = threading.Event()

    def stop(self) -> None:
        """From now on give up soon what cannot be recorded: the process shall end."""
        self._stopping.set()

    def deliver(self, claim: Claim, settle_last: Callable[[], None]) -> Callable[[], None] | None:
        """Try to send a leased entry once and record the outcome.

        A receipt is given to the database before this returns, and what then comes back waits until it is on
        disk: so it shares a commit with the hand-over of the mail that is prepared meanwhile. ``settle_last``
        is that wait of the mail before: it is over when this one's hand-over is on disk, unless writing the
        receipt failed; then it is tried again before a byte of this mail's end leaves.

        Whatever happens, the entry is left in a state that the next claim or the reaper understands: when
        recording itself fails, the lease runs out and the reaper settles the entry.
        """
        progress = _Progress(self._clock.now())
        try:
            receipt = self._transport.send(
                Outgoing(claim, self._opener(claim), claim.size_bytes),
                self._hand_over(claim, progress, settle_last),
            )
        except LeaseLostError:
            log.info("lease lost", message=claim.entry_id, attempt=claim.attempt)
            if progress.handed_over_at is not None:
                # Refused unread for its token, and then its mailbox stopped before the repetition.
                progress.handed_over_at = None
                self._record_failure(claim, progress, TransientDeliveryError("try-later"))
        except StorageError as error:
            # Nothing can be written now; the lease runs out and the reaper settles the entry.
            log.warning("store unavailable", message=claim.entry_id, error=error.code)
        except DeliveryError as error:
            self._record_failure(claim, progress, error)
        except SealError as error:
            self._record_failure(claim, progress, TransientDeliveryError(error.code))
        except Exception:
            # A fault of ours in one message must not stop the others. Before the hand-over it was
            # certainly not sent; after it nobody can know.
            log.exception("delivery broke", message=claim.entry_id, attempt=claim.attempt)
            unknown = progress.handed_over_at is not None
            self._record_failure(
                claim,
                progress,
                UncertainDeliveryError("internal") if unknown else TransientDeliveryError("internal"),
            )
        else:
            return self._record_sent(claim, progress, receipt)
        return None

    def _opener(self, claim: Claim) -> Callable[[], Iterator[bytes]]:
        return lambda: self._store.content(claim.tenant_id, claim.entry_id)

    def _hand_over(
        self, claim: Claim, progress: _Progress, settle_last: Callable[[], None]
    ) -> Callable[[], None]:
        def hand_over() -> None:
            at = self._clock.now()
            self._store.hand_over(claim, at, self._lease_s)
            progress.handed_over_at = at
            settle_last()
            later = self._clock.now()
            if (later - at).total_seconds() > self._lease_s / 3:
                # It was tried again for so long that somebody may have settled this mail meanwhile.
                self._store.hand_over(claim, later, self._lease_s)
                progress.handed_over_at = later

        return hand_over

    def _record_sent(self, claim: Claim, progress: _Progress, receipt: Receipt) -> Callable[[], None]:
        verdict = judge_receipt(receipt, claim, self._clock.now(), self._random)
        attempt = self._attempt(claim, progress, verdict, receipt=receipt)
        try:
            write = self._store.begin_record(claim, attempt, verdict)
        except StorageError:
            write = partial(self._store.record, claim, attempt, verdict)
        log.info(
            "sent",
            message=claim.entry_id,
            receipt=receipt.id,
            attempt=claim.attempt,
            way=claim.way.kind.value,
            refused=len(receipt.refused),
        )
        return partial(self._write, claim, attempt, verdict, write)

    def _record_failure(self, claim: Claim, progress: _Progress, error: DeliveryError) -> None:
        verdict = judge(error, claim, self._clock.now(), self._random)
        attempt = self._attempt(claim, progress, verdict, error=error)
        self._write(claim, attempt, verdict, partial(self._store.record, claim, attempt, verdict))
        write = log.error if isinstance(error, PermanentDeliveryError) else log.warning
        write(
            outcome(verdict).value,
            message=claim.entry_id,
            code=error.code,
            status=error.status,
            attempt=claim.attempt,
            way=claim.way.kind.value,
        )

    def _attempt(
        self,
        claim: Claim,
        progress: _Progress,
        verdict: Verdict,
        *,
        error: DeliveryError | None = None,
        receipt: Receipt | None = None,
    ) -> Attempt:
        return Attempt(
            number=claim.attempt,
            transport=claim.way.kind.value,
            started_at=progress.started_at,
            ended_at=self._clock.now(),
            outcome=outcome(verdict),
            handed_over_at=progress.handed_over_at,
            code=error.code if error else _reason(verdict),
            status=error.status if error else None,
            reply=error.reply if error else (receipt.reply if receipt else None),
            receipt=receipt.id if receipt else None,
        )

    def _write(self, claim: Claim, attempt: Attempt, verdict: Verdict, write: Callable[[], bool]) -> None:
        """Write the outcome, also past an outage of the database: evidence must not be thrown away."""
        for pause_s in self._pauses():
            try:
                if not write():
                    log.warning("outcome came too late", message=claim.entry_id, attempt=claim.attempt)
            except StorageError as error:
                log.warning("outcome not written yet", message=claim.entry_id, error=error.code)
                write = partial(self._store.record, claim, attempt, verdict)
                self._pause(pause_s)
            else:
                return
        # The log is now the only witness; the reaper will call the entry uncertain.
        log.error(
            "outcome not written",
            message=claim.entry_id,
            outcome=attempt.outcome.value,
            receipt=attempt.receipt,
            reply=attempt.reply,
        )

    def _pauses(self) -> Iterator[float]:
        yield from RECORD_PAUSES_S
        for _ in range(LONG_PAUSES):
            if self._stopping.is_set():
                return
            yield LONG_PAUSE_S


def _reason(verdict: Verdict) -> str | None:
    """Why a mail that was taken for some is tried again: the first recipient who was refused for now."""
    waiting = [refusal.code for refusal in verdict.refused if not refusal.is_permanent]
    return waiting[0] if waiting else None
