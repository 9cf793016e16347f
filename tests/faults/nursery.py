"""Raises workers quickly, so that hundreds of them can be killed: a real process each, forked when asked for.

``python -m tests.faults.nursery`` has everything imported; each line on its standard input makes one worker
of the settings in its environment, with a clock so many seconds ahead, and prints its process id.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness import Installation, ShiftedClock

STOP_S = 60


class Nursery:
    """Makes workers of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._process: subprocess.Popen[str]
        self._workers: list[int] = []

    def __enter__(self) -> Self:
        self._process = self._installation.converse("tests.faults.nursery")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A worker that a failed test left behind, even a frozen one, would keep the pipe open for ever.
        for worker in self._workers:
            if self._is_ours(worker):
                os.kill(worker, signal.SIGKILL)
        self._process.communicate()

    def start(self, ahead_s: float = 0) -> int:
        """A new worker's process id; by its clock so much time has passed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{ahead_s}\n")
        self._process.stdin.flush()
        self._workers.append(int(self._process.stdout.readline()))
        return self._workers[-1]

    def stop(self, *workers: int) -> None:
        """Ask workers to end, twice, as a supervisor and the one above it do, and wait for it."""
        for worker in workers * 2:
            with suppress(ProcessLookupError):  # a worker without work is gone before it is asked again
                os.kill(worker, signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        while any(self._is_ours(worker) for worker in workers):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _is_ours(self, pid: int) -> bool:
        """Whether it still runs; its number may be another process's by now."""
        try:
            return (
                int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == self._process.pid
            )
        except (FileNotFoundError, ProcessLookupError):
            return False


def main() -> None:
    """Fork a worker for every line; children are left to the kernel."""
    import googleapiclient.discovery  # noqa: PLC0415, imported once, before the forks
    import googleapiclient.http  # noqa: PLC0415, F401

    from service import settings  # noqa: PLC0415
    from service.log import configure_log  # noqa: PLC0415
    from service.wiring import build  # noqa: PLC0415
    from service.worker import Worker, hold_stop_signals, run_until  # noqa: PLC0415

    loaded = settings.load()
    configure_log(loaded)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for ahead_s in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            stop = hold_stop_signals()
            clock = ShiftedClock()
            clock.advance(float(ahead_s))
            with build(loaded, clock) as services:
                run_until(stop, Worker(services))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
