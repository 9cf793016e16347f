"""The worker process: the dispatcher, and beside it jobs of every few seconds, until SIGTERM; then drain."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from service.consent.checkup import Checkup
from service.errors import StorageError
from service.notices.notices import Notices
from service.outbox.dispatcher import Dispatcher
from service.outbox.reconcile import Reconcile

RECONCILE_S = 5.0
NOTICES_S = 5.0
CHECKUP_S = 60.0  # what ``Checkup`` counts on
WATCH_S = 1.0
STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})

log = structlog.get_logger(__name__)


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
    def checkup(self) -> Checkup:
        """Finds grants that died."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again, in a thread of its own.

    Attributes:
        run: does it once; says how many things it did.
    """

    name: str
    pause_s: float
    run: Callable[[], int]

    def run_until(self, stopping: threading.Event) -> None:
        """Run and pause in turn."""
        while not stopping.wait(self.pause_s):
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
        self._stopping = threading.Event()
        jobs = (
            Job("reconcile", RECONCILE_S, work.reconcile.run_once),
            Job("notices", NOTICES_S, work.notices.run_once),
            Job("checkup", CHECKUP_S, work.checkup.run_once),
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
