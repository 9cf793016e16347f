"""The systemd unit runs a real command in a tight box."""

import shutil
import subprocess
from pathlib import Path

import pytest

from service.cli import main
from service.settings import Settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/postausgang.service"


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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_finds_the_exposure_low() -> None:
    """`systemd-analyze security` rates the unit 1.5 or better (10 is worst)."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", UNIT],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
