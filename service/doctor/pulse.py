"""The sign of life of one worker."""

from service.clock import Clock
from service.doctor.ports import WorkerStore


class Pulse:
    """A job of the worker: it is seen again and again until it ends."""

    def __init__(self, store: WorkerStore, name: str, clock: Clock) -> None:
        self._store = store
        self._name = name
        self._clock = clock

    def beat(self) -> int:
        """Leave a sign; answers 0, as there is nothing to tell."""
        self._store.seen(self._name, self._clock.now())
        return 0

    def end(self) -> None:
        """This worker ends as it should; it is not missed. Raises ``StorageError``."""
        self._store.gone(self._name)
