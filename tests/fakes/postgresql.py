"""A throw-away PostgreSQL cluster on a unix socket, shared by the workers of one test run."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

_USER = "postgres"
_SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
}


class NoPostgresError(AssertionError):
    """These tests need PostgreSQL."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason} Install it (Debian: apt install postgresql) or set TEST_POSTGRES_URL to a server "
            "where databases may be created."
        )


@contextmanager
def cluster(shared: Path) -> Iterator[str]:
    """The URL of a running cluster; ``shared`` is a folder that all workers of the run see.

    The first worker starts it, the last one that leaves stops it.
    """
    folder = _enter(shared)
    try:
        yield f"postgresql://{_USER}@/postgres?host={folder}"
    finally:
        _leave(shared)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The URL of a database without any table on this server; it is dropped afterwards."""
    name = f"postausgang_{uuid4().hex}"
    run(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        run(server, f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, *statements: str) -> None:
    """Execute statements, each in a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def sessions(url: str) -> list[tuple[object, ...]]:
    """Who else is connected to this database: state, what they wait for, since when, and their statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(
            "SELECT state, wait_event_type, wait_event, now() - state_change, query FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()


def _enter(shared: Path) -> str:
    with _locked(shared / "postgresql.json") as state:
        if not state.get("users"):
            state["folder"] = _start()
        state["users"] = int(state.get("users", 0)) + 1
        return str(state["folder"])


def _leave(shared: Path) -> None:
    with _locked(shared / "postgresql.json") as state:
        state["users"] = int(state["users"]) - 1
        if state["users"] == 0:
            _stop(str(state["folder"]))


@contextmanager
def _locked(path: Path) -> Iterator[dict[str, int | str]]:
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        state: dict[str, int | str] = json.loads(file.read() or "{}")
        yield state
        file.seek(0)
        file.truncate()
        file.write(json.dumps(state))


def _start() -> str:
    folder = tempfile.mkdtemp(prefix="postausgang-pg-")
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(folder, _USER)
    data = f"{folder}/data"
    _run("initdb", "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    options = f"-k {folder} {settings}"
    _run("pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
    return folder


def _stop(folder: str) -> None:
    _run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


def _run(name: str, *arguments: str) -> None:
    # PostgreSQL refuses to run as root, so it gets its own user where the tests are root.
    user = _USER if os.geteuid() == 0 else None
    done = subprocess.run(
        [_program(name), *arguments],
        user=user,
        cwd="/",
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    if done.returncode:
        raise NoPostgresError(f"{name} failed: {done.stdout.strip()}")


def _program(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, installed), None)
    if found is None:
        raise NoPostgresError(f"There is no {name} on this machine.")
    return found
