"""The worker process: the dispatcher, and beside it jobs of every few seconds, until SIGTERM; then drain."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from service.consent.checkup import Checkup
from service.doctor.pulse import Pulse
from service.errors import StorageError
from service.notices.notices import Notices
from service.outbox.dispatcher import Dispatcher
from service.outbox.forget import Forget
from service.outbox.reconcile import Reconcile

RECONCILE_S = 5.0
NOTICES_S = 5.0
CHECKUP_S = 60.0  # what ``Checkup`` counts on
FORGET_S = 60.0
PULSE_S = 15.0  # a fourth of what ``doctor`` takes for silence
WATCH_S = 1.0
STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})

log = structlog.get_logger(__name__)


class HasUpkeep(Protocol):
    """The jobs beside sending."""

    @property
    def checkup(self) -> Checkup:
        """Finds grants that died."""

    @property
    def forget(self) -> Forget:
        """Deletes what was kept for its time."""

    @property
    def pulse(self) -> Pulse:
        """Shows that this worker lives."""


class HasWork(Protocol):
    """What a worker takes from the services."""

    @property
    def dispatcher(self) -> Dispatcher:
        """Sends what is owed."""

    @property
    def reconcile(self) -> Reconcile:
        """Settles what is unclear."""

    @property
    def notices(self) -> Notices:
        """Tells owners."""

    @property
    def upkeep(self) -> HasUpkeep:
        """The jobs beside sending."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again, in a thread of its own.

    Attributes:
        run: does it once; says how many things it did.
        is_urgent: whether the first time is at once, and not after a pause.
    """

    name: str
    pause_s: float
    run: Callable[[], int]
    is_urgent: bool = False

    def run_until(self, stopping: threading.Event) -> None:
        """Run and pause in turn."""
        pause_s = 0.0 if self.is_urgent else self.pause_s
        while not stopping.wait(pause_s):
            pause_s = self.pause_s
            try:
                done = self.run()
            except StorageError as error:
                log.warning("job waits for the database", job=self.name, error=error.code)
            except Exception:
                # A fault of ours in one run must not end the job, nor the worker with it.
                log.exception("job broke", job=self.name)
            else:
                if done:
                    log.info("job done", job=self.name, count=done)


class Worker:
    """Runs the dispatcher and the jobs."""

    def __init__(self, work: HasWork) -> None:
        self._dispatcher = work.dispatcher
        self._pulse = work.upkeep.pulse
        self._stopping = threading.Event()
        jobs = (
            Job("reconcile", RECONCILE_S, work.reconcile.run_once),
            Job("notices", NOTICES_S, work.notices.run_once),
            Job("checkup", CHECKUP_S, work.upkeep.checkup.run_once),
            Job("forget", FORGET_S, work.upkeep.forget.run_once),
            Job("pulse", PULSE_S, work.upkeep.pulse.beat, is_urgent=True),
        )
        self._threads = (
            threading.Thread(target=self._dispatcher.run, name="dispatcher"),
            *(threading.Thread(target=partial(job.run_until, self._stopping), name=job.name) for job in jobs),
        )

    def start(self) -> None:
        """Begin to work, in threads of its own."""
        for thread in self._threads:
            thread.start()
        log.info("worker started")

    def stop(self) -> None:
        """Claim nothing more, finish what is in flight, and return."""
        self._stopping.set()
        self._dispatcher.stop()
        for thread in self._threads:
            thread.join()
        try:
            self._pulse.end()
        except StorageError as error:
            log.warning("the worker could not say that it ends", error=error.code)
        log.info("worker stopped")

    def is_alive(self) -> bool:
        """Whether all threads run."""
        return all(thread.is_alive() for thread in self._threads)


def hold_stop_signals() -> threading.Event:
    """Keep SIGTERM and SIGINT from now on; the first one sets the event.

    Called before anything starts a thread: a thread begins with its maker's mask, and one that does not
    hold the signals would let the second SIGTERM end the process in the middle of a mail. They are waited
    for, not handled: a handler could run while its own thread holds a lock. (``signal.sigtimedwait`` will
    not do: after a SIGSTOP that outlasts its time, Python 3.11 answers a signal that never came.)
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    came = threading.Event()

    def wait() -> None:
        signal.sigwait(STOP_SIGNALS)
        came.set()

    threading.Thread(target=wait, name="stop-signals", daemon=True).start()
    return came


def run_until(stop: threading.Event, worker: Worker) -> bool:
    """Work until ``stop`` is set; ``False`` when a thread of the worker died before."""
    worker.start()
    while worker.is_alive() and not stop.wait(WATCH_S):
        pass
    worker.stop()
    return stop.is_set()
