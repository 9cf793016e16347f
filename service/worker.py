"""The worker process: dispatcher and reconcile until SIGTERM, then drain."""

import signal
import threading
from typing import Protocol

import structlog

from service.errors import StorageError
from service.outbox.dispatcher import Dispatcher
from service.outbox.reconcile import Reconcile

RECONCILE_S = 5.0
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


class Worker:
    """Runs the dispatcher and, beside it, the looks into *Sent*."""

    def __init__(self, work: HasWork) -> None:
        self._dispatcher = work.dispatcher
        self._reconcile = work.reconcile
        self._stopping = threading.Event()
        self._threads = (
            threading.Thread(target=self._dispatcher.run, name="dispatcher"),
            threading.Thread(target=self._look, name="reconcile"),
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
        """Whether both threads run."""
        return all(thread.is_alive() for thread in self._threads)

    def _look(self) -> None:
        while not self._stopping.wait(RECONCILE_S):
            try:
                found = self._reconcile.run_once()
            except StorageError as error:
                log.warning("cannot reconcile", error=error.code)
            else:
                if found:
                    log.info("found in Sent", found=found)


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
