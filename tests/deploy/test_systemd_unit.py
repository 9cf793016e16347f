"""The systemd unit runs a real command in a tight box."""

import ctypes
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.cli import main
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.settings import Settings
from tests.harness import Installation, add_tenant, connect, state_of, submit

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/postausgang.service"
CORE_CALLS = {"sched_setaffinity", "sched_setscheduler"}


def _can_box() -> bool:
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return False
    return True


_has_boxes = pytest.mark.skipif(not _can_box(), reason="libseccomp is not on this machine")
_has_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not on this machine"
)


def test_the_unit_runs_a_real_command_as_its_own_user() -> None:
    """ExecStart names a command of the program, and User is not root."""
    lines = UNIT.read_text().splitlines()

    (start,) = (line for line in lines if line.startswith("ExecStart="))
    assert start.rpartition(" ")[2] in main.commands
    assert "User=postausgang" in lines
    assert "NoNewPrivileges=yes" in lines


def test_the_environment_file_names_real_settings_and_no_secret() -> None:
    """The pattern that operators copy sets known variables, none of them secret."""
    text = (ROOT / "deploy/postausgang.env.example").read_text()
    names = [line.partition("=")[0] for line in text.splitlines() if line and not line.startswith("#")]

    assert {name.removeprefix("POSTAUSGANG_").lower() for name in names} <= set(Settings.model_fields)
    assert "@" not in text


@_has_systemd
def test_systemd_finds_the_exposure_low() -> None:
    """`systemd-analyze security` rates the unit 1.5 or better (10 is worst)."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", UNIT],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@_has_boxes
@_has_systemd
def test_the_service_sends_mail_within_the_units_system_calls(tmp_path: Path, sqlite_url: str) -> None:
    """What the unit forbids, no process of the service needs; and each may choose its core."""
    assert _allowed() >= CORE_CALLS
    _send_a_mail(tmp_path, sqlite_url, "only", _allowed())


@_has_boxes
def test_the_service_sends_mail_where_it_may_not_choose_its_core(tmp_path: Path, sqlite_url: str) -> None:
    """As in a box of an operator's own: it is only for speed."""
    _send_a_mail(tmp_path, sqlite_url, "without", CORE_CALLS)


def _send_a_mail(folder: Path, database_url: str, mode: str, calls: set[str]) -> None:
    box = [sys.executable, "-m", "tests.deploy.box", mode, ",".join(sorted(calls))]
    with Sandbox() as sandbox:
        installation = Installation(folder, sandbox, database_url)
        with installation.build() as services, installation.log_path.open("wb") as log:
            entry = submit(services, connect(services, add_tenant(services).id, "rechnung@muster.example"))
            serving = subprocess.Popen(
                [*box, sys.executable, "-m", "service", "serve"],
                env=installation.environment,
                stdout=log,
                stderr=log,
            )
            try:
                installation.await_web()
                deadline = time.monotonic() + 60
                while state_of(services, entry) is not State.SENT and time.monotonic() < deadline:
                    time.sleep(0.1)
            finally:
                serving.terminate()
                serving.wait(90)

            assert state_of(services, entry) is State.SENT, installation.log()
        assert "Traceback" not in installation.log()


def _allowed() -> set[str]:
    """The system calls that the unit's lines leave, one after the other (systemd.exec(5))."""
    allowed = _members("@default")
    for line in UNIT.read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "SystemCallFilter":
            for item in value.removeprefix("~").split():
                allowed = allowed - _members(item) if value.startswith("~") else allowed | _members(item)
    return allowed


def _members(item: str) -> set[str]:
    """The calls of a group; a call is its own."""
    if not item.startswith("@"):
        return {item}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", item], check=True, capture_output=True, text=True
    )
    lines = (line.strip() for line in listed.stdout.splitlines()[1:])
    return {call for line in lines if line and not line.startswith("#") for call in _members(line)}
