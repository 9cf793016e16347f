"""``run``: the sandbox as a process of its own."""

import signal
import subprocess
import sys

import requests


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
    assert (running.returncode, errors) == (0, "")
