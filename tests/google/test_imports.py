"""What a process pays for that does not send, or does not connect mailboxes."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "unpaid"),
    [
        ("service.google.gmail", {"googleapiclient", "httplib2"}),
        ("service.transports.gmail_api", {"googleapiclient", "httplib2"}),
        ("service.google.authorization", {"googleapiclient", "httplib2", "oauthlib", "requests"}),
    ],
)
def test_costly_libraries_are_loaded_late(module: str, unpaid: set[str]) -> None:
    """Importing the room loads none of them."""
    script = f"import {module}, sys; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert unpaid.isdisjoint(loaded.stdout.split())
