"""``run``: the sandbox as a process of its own."""

import contextlib
import signal
import smtplib
import socket
import ssl
import subprocess
import sys

import pytest
import requests

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import MIA, mail
from tests.sandbox_process import SandboxProcess


def test_it_says_where_it_is_and_ends_on_sigterm() -> None:
    """The printed address answers, SIGTERM ends it cleanly and without a warning."""
    code = "from service.sandbox.server import run; run('127.0.0.1', 0)"
    command = [sys.executable, "-W", "error", "-c", code]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        url = running.stdout.readline().split()[4]
        page = requests.get(url, timeout=30)
        running.send_signal(signal.SIGTERM)
        rest, errors = running.stdout.read(), running.stderr.read()

    assert page.ok
    assert f"POSTAUSGANG_GMAIL_URL={url}" in rest
    assert "POSTAUSGANG_SMTP_CA_FILE=/" in rest
    assert (running.returncode, errors) == (0, "")


def test_it_says_which_ports_smtp_has() -> None:
    """And where the certificate is that a service shall trust; another process can send then."""
    with SandboxProcess() as sandbox:
        secret = sandbox.app_password(MIA)
        trust = ssl.create_default_context(cafile=str(sandbox.ca_path))
        with smtplib.SMTP_SSL("localhost", sandbox.smtps_port, timeout=30, context=trust) as client:
            client.login(MIA, secret)
            client.sendmail(MIA, ["kunde@example.com"], mail())
        assert sandbox.counters()["smtp:connections"] == 1
        assert sandbox.accepted() == 1
        path = sandbox.ca_path

    assert not path.exists()


def test_its_ports_lie_side_by_side() -> None:
    """HTTP first, then TLS, STARTTLS, and the same for the relay; one that is taken is an error at once."""
    first = _free_row()
    with Sandbox(port=first) as sandbox:
        ports = [sandbox.smtps_port, sandbox.submission_port, sandbox.relay_port, sandbox.relay_smtps_port]
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=first - 1).start()

    assert ports == [first + 1, first + 2, first + 3, first + 4]


def _free_row() -> int:
    """The first of six in a row that nobody has now."""
    for first in range(20_000, 60_000, 10):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for port in range(first - 1, first + 5):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError("no free ports")
