"""What the sandbox costs: it shares a machine with what it tests."""

import tracemalloc

from service.sandbox.server import Sandbox
from tests.sandbox.conftest import Program, mail
from tests.sandbox.smtp_client import secure_talk

MIB = 1024 * 1024


def test_a_large_upload_is_never_held_in_memory(program: Program) -> None:
    """35 MB go from the socket to the spool in pieces."""
    content, bearer = mail(body="x" * 35_000_000), program.bearer("send")
    program.upload(mail(), bearer)

    tracemalloc.start()
    answer = program.upload(content, bearer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.ok
    assert peak < 2 * MIB


def test_a_large_mail_by_smtp_is_held_once(sandbox: Sandbox) -> None:
    """25 MB between the socket and the spool, and nothing of it afterwards."""
    content = mail(body=("x" * 76 + "\r\n") * 320_000)
    with secure_talk(sandbox) as talk:
        talk.mail()
        tracemalloc.start()
        reply = talk.data(content)
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert reply.startswith("250 ")
    assert peak < 2.5 * len(content)  # of which the client's own copy is one
    assert kept < MIB


def test_many_mails_cost_little_memory(program: Program, sandbox: Sandbox) -> None:
    """500 mails of 137 kB: their bodies are on disk, 4 kB each stay in memory."""
    content, bearer = mail(body="x" * 137_000), program.bearer("send")
    program.upload(content, bearer)

    tracemalloc.start()
    for _ in range(500):
        program.upload(content, bearer)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(sandbox.google.sent()) == 501
    assert kept < 500 * 4 * 1024
