"""``postausgang serve``, ``web`` and ``worker``: the processes."""

import gc
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

import click

from service import settings
from service.cores import stay_on_one_core
from service.errors import ConfigurationError
from service.settings import Settings
from service.storage.migrate import migrate as migrate_database
from service.wiring import build

WATCH_S = 0.2
STOP_S = 40  # a worker finishes what is in flight; then it is ended


@click.command()
def web() -> None:
    """Run the web process: the API and the pages."""
    from service.app import run_web  # noqa: PLC0415, only this process needs Flask and gunicorn

    loaded = settings.load()
    check_start(loaded)
    run_web(loaded)


@click.command()
@click.option("--number", type=click.IntRange(0), help="The core of the processor that it stays on, from 0.")
def worker(number: int | None) -> None:
    """Run a worker process: it sends what is owed. SIGTERM lets it finish what is in flight."""
    from service.log import configure_log  # noqa: PLC0415, the other commands load no worker
    from service.worker import Worker, hold_stop_signals, run_until  # noqa: PLC0415, as above

    loaded = settings.load()
    configure_log(loaded)
    if loaded.on_one_core and number is not None:
        stay_on_one_core(number)
    stop = hold_stop_signals()
    with build(loaded) as services:
        gc.collect()
        gc.freeze()  # what is built now lives on, and need not be looked through again
        if not run_until(stop, Worker(services)):
            sys.exit("postausgang: the worker stopped by itself; its log says why")


@click.command()
def serve() -> None:
    """Run everything on one machine: migrate, then web and workers until SIGTERM or Ctrl-C."""
    loaded = settings.load()
    migrate_database(loaded.database_url)
    check_start(loaded)
    stopping = _Stopping()  # before the first child: SIGTERM must never leave one behind
    children: list[subprocess.Popen[bytes]] = []
    try:
        # The web processes have the first cores.
        places = range(loaded.web_processes, loaded.web_processes + loaded.worker_processes)
        workers = (("worker", "--number", str(number)) for number in places)
        for command in (("web",), *workers):
            children.append(subprocess.Popen([sys.executable, "-m", "service", *command]))  # noqa: S603, PERF401, ours; stopped one by one
        while not stopping and all(child.poll() is None for child in children):
            time.sleep(WATCH_S)
    finally:
        _stop(children)
    if not stopping:
        sys.exit("postausgang: a process ended by itself; the others were stopped too")


def check_start(loaded: Settings) -> None:
    """Find here, in one line each, what would keep the processes from starting.

    Raises:
        ConfigurationError: as ``build``; or the port cannot be listened on.
        StorageUnavailableError: as ``build``.
    """
    build(loaded).close()
    try:
        family, kind, _, _, address = socket.getaddrinfo(loaded.host, loaded.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"{loaded.host}:{loaded.port}: cannot listen there ({error.strerror})"
        ) from None


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
