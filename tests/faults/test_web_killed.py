"""SIGKILL of the web process during posts: each 202 is there, and repeats bring nothing new."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from service.outbox.listing import MessageFilter
from tests.harness import Installation, add_key, add_tenant, connect

KILLS = 8
ENOUGH = 50  # acknowledged posts; a busy machine takes more kills for them
CLIENTS = 8


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_every_202_survives_a_killed_web_process(installation: Installation) -> None:
    """Clients post while the process is killed again and again; each acknowledged id is in the database."""
    tenant_id, connection_id, key = _prepare(installation)
    acknowledged: dict[str, str] = {}
    stop = threading.Event()
    source = random.Random(20261123)

    with ThreadPoolExecutor(CLIENTS) as clients, _set_in_the_end(stop):
        for number in range(CLIENTS):
            clients.submit(_post_until, stop, installation, connection_id, key, number, acknowledged)
        kills = count()
        while next(kills) < KILLS or len(acknowledged) <= ENOUGH:
            with _killed_in_the_end(installation):
                time.sleep(source.uniform(0.05, 0.6))  # the random moment

    with installation.build() as services:
        kept = {
            one: services.ground.stores.outbox.get(tenant_id, message_id).id
            for one, message_id in acknowledged.items()
        }
        assert kept == acknowledged


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_fifty_threads_and_a_kill_bring_one_message(installation: Installation) -> None:
    """The same key and body at once and again after a kill: one message; another body is refused."""
    tenant_id, connection_id, key = _prepare(installation)
    with _killed_in_the_end(installation), ThreadPoolExecutor(50) as clients:
        first = list(clients.map(lambda _: _post(installation, connection_id, key, "RE-1"), range(50)))
    with _killed_in_the_end(installation):
        second = [_post(installation, connection_id, key, "RE-1") for _ in range(5)]
        other = _post(installation, connection_id, key, "RE-1", subject="Andere Rechnung")

    answers = first + second
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert other.status_code == 422
    with installation.build() as services:
        assert len(services.ground.stores.outbox.search(tenant_id, MessageFilter(), 100)) == 1


@contextmanager
def _killed_in_the_end(installation: Installation) -> Iterator[None]:
    """A web process that serves, and is killed even when what is done meanwhile fails."""
    web = installation.start("web")
    try:
        installation.await_web()
        yield
    finally:
        _kill_tree(web.pid)
        web.wait()


@contextmanager
def _set_in_the_end(stop: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        stop.set()


def _prepare(installation: Installation) -> tuple[str, str, str]:
    with installation.build() as services:
        tenant = add_tenant(services)
        mailbox = connect(services, tenant.id, "rechnung@muster.example")
        return tenant.id, mailbox.id, add_key(services, tenant.id)


def _post(
    installation: Installation, connection_id: str, key: str, idempotency_key: str, **fields: Any
) -> requests.Response:
    return requests.post(
        f"{installation.settings.public_url}/v1/messages",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": idempotency_key},
        json={
            "connection": connection_id,
            "to": ["kunde@example.com"],
            "subject": "Ihre Rechnung",
            "text": "Guten Tag\n",
            **fields,
        },
        timeout=60,
    )


def _post_until(
    stop: threading.Event,
    installation: Installation,
    connection_id: str,
    key: str,
    number: int,
    acknowledged: dict[str, str],
) -> None:
    count = 0
    while not stop.is_set():
        one = f"{number}-{count}"
        try:
            answer = _post(installation, connection_id, key, one)
        except requests.RequestException:
            stop.wait(0.02)  # it was killed: the same key is posted again, once it may be there
            continue
        if answer.status_code == 202:
            acknowledged[one] = answer.json()["id"]
            count += 1


def _kill_tree(pid: int) -> None:
    """Kill a process and its children at once, as a power cut does."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    for one in (pid, *children):
        os.kill(one, signal.SIGKILL)
