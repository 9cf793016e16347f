"""``postausgang serve``, ``web`` and ``worker``: the processes."""

import signal
import subprocess
import sys
import time
from types import FrameType

import click

from service import settings
from service.storage.migrate import migrate as migrate_database

WATCH_S = 0.2
STOP_S = 40  # a worker finishes what is in flight; then it is ended


@click.command()
def web() -> None:
    """Run the web process: the API and the pages."""
    from service.app import run_web  # noqa: PLC0415, only this process needs Flask and gunicorn

    run_web(settings.load())


@click.command()
def worker() -> None:
    """Run a worker process: it sends what is owed. SIGTERM lets it finish what is in flight."""
    from service.log import configure_log  # noqa: PLC0415
    from service.wiring import build  # noqa: PLC0415
    from service.worker import Worker, run_until_signal  # noqa: PLC0415

    loaded = settings.load()
    configure_log(loaded)
    with build(loaded) as services:
        if not run_until_signal(Worker(services)):
            sys.exit("postausgang: the worker stopped by itself; its log says why")


@click.command()
def serve() -> None:
    """Run everything on one machine: migrate, then web and worker until SIGTERM or Ctrl-C."""
    loaded = settings.load()
    migrate_database(loaded.database_url)
    children = [
        subprocess.Popen([sys.executable, "-m", "service", name])  # noqa: S603, our own program
        for name in ("web", "worker")
    ]
    stopping = _Stopping()
    try:
        while not stopping and all(child.poll() is None for child in children):
            time.sleep(WATCH_S)
    finally:
        _stop(children)
    if not stopping:
        sys.exit("postausgang: a process ended by itself; the other one was stopped too")


class _Stopping:
    """True once SIGTERM or SIGINT came."""

    def __init__(self) -> None:
        self._came = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def __bool__(self) -> bool:
        return self._came

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
