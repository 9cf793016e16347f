"""A SQLite database on a full disk: new mail is refused, what is there stays readable, and it recovers."""

import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from service.errors import StorageError, StorageFullError
from service.outbox.entry import State
from service.storage.migrate import migrate
from service.wiring import Services
from tests.faults.traffic import Traffic
from tests.harness import Installation, send_due
from tests.sandbox_process import SandboxProcess

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

DISK_BYTES = 64 * 1024 * 1024
ROOM_BYTES = 8 * 1024 * 1024  # beside the ballast; without it the log of all that is sent has room
MAILS = 4000  # more than ever fit


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[list[Path]]:
    """A file system of 64 MiB; none where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and not subprocess.run(mount, check=False, capture_output=True).returncode
    yield [folder] if is_mounted else []
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_new_mail_and_nothing_else(
    disks: list[Path], tmp_path: Path, sandbox_process: SandboxProcess
) -> None:
    """On a file system of its own; where none can be mounted, the test below stands for it alone."""
    for disk in disks:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(DISK_BYTES - ROOM_BYTES))
        path = disk / "postausgang.sqlite3"
        with _services(tmp_path, sandbox_process, path) as services:
            traffic = Traffic(services, sandbox_process)
            with pytest.raises(StorageFullError):
                traffic.submit(MAILS)
            _assert_readable(traffic)
            ballast.unlink()
            _assert_recovered(services, traffic)
        _assert_sound(path)


def test_a_file_that_may_not_grow_refuses_new_mail_and_nothing_else(
    tmp_path: Path, sandbox_process: SandboxProcess
) -> None:
    """A limit of the file's size, as quotas set it, met again and again."""
    path = tmp_path / "postausgang.sqlite3"
    with _services(tmp_path, sandbox_process, path) as services:
        traffic = Traffic(services, sandbox_process)
        for round_number in range(1, 4):
            with _largest_file(round_number * ROOM_BYTES // 2), pytest.raises(StorageError):
                traffic.submit(MAILS)
            _assert_readable(traffic)
        _assert_recovered(services, traffic)
    _assert_sound(path)


@contextmanager
def _services(folder: Path, sandbox: SandboxProcess, path: Path) -> Iterator[Services]:
    migrate(f"sqlite:///{path}")
    with Installation(folder, sandbox, f"sqlite:///{path}", min_free_bytes=0).build() as services:
        yield services


@contextmanager
def _largest_file(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _assert_readable(traffic: Traffic) -> None:
    assert len(traffic.ids) > 10
    assert set(traffic.states().values()) == {State.QUEUED}


def _assert_recovered(services: Services, traffic: Traffic) -> None:
    """New mail is taken, and all that was ever accepted is sent once."""
    traffic.submit(10)
    send_due(services)
    traffic.assert_all_sent_once()


def _assert_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
