"""Every page of messages and the first page, with 100,000 messages and 1,000 connections behind them."""

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from service.outbox.listing import MessageFilter
from service.storage.migrate import migrate
from tests.benchmarks.archive import fill
from tests.fakes.postgresql import cluster
from tests.web.office import Browser, make_office

MAILBOXES = 1000
MAILS = 100_000
LOOKS = 15
GOAL_MS = 50


def run() -> None:
    """Print the median and the worst of some looks at each page, in this process, on each engine."""
    print(f"\nPages: {MAILS} messages, {MAILBOXES} connections; the median shall be ≤ {GOAL_MS} ms")
    with tempfile.TemporaryDirectory() as name:
        _look(f"sqlite:///{Path(name) / 'pages.sqlite3'}")
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as url:
        _look(url)


def _look(database_url: str) -> None:
    engine = database_url.partition(":")[0]
    print(f"{engine:46}{'median ms':>10}{'worst ms':>10}{'kB':>8}")
    migrate(database_url)
    for office in make_office(database_url, "http://localhost:8025"):
        now = office.clock.now()
        first = fill(office.database, office.stores, now, mailboxes=MAILBOXES, mails=MAILS)
        browser = office.signed_in(office.stores.tenants.get(first.tenant_id))
        long_ago = (now - timedelta(days=60)).date()
        [entry] = office.stores.outbox.search(first.tenant_id, MessageFilter(), 1)
        for path in (
            "/messages",
            "/messages?q=re-050000",
            "/messages?q=kunde-123@example.com",
            "/messages?q=nobody",
            "/messages?q=rechnung",
            f"/messages?q=rechnung&to={long_ago}",
            "/messages?q=re-050000&status=sent",
            "/messages?q=nobody&status=failed",
            "/messages?status=sent",
            "/messages?status=failed",
            "/messages?status=waiting",
            "/messages?status=sending",
            "/messages?status=uncertain",
            "/messages?errors=yes",
            f"/messages?connection={first.id}",
            f"/messages?connection={first.id}&q=nobody",
            f"/messages?status=sent&to={long_ago}",
            f"/messages?to={long_ago}",
            f"/messages/{entry.id}",
            f"/messages/{entry.id}/correct",
            "/",
        ):
            _print(browser, path)


def _print(browser: Browser, path: str) -> None:
    times = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        answer = browser.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise AssertionError(f"{path}: {answer.status}")
    shown = path if len(path) < 46 else f"{path[:42]}…"
    size_kb = len(answer.data) / 1000
    print(f"{shown:46}{statistics.median(times):10.1f}{max(times):10.1f}{size_kb:8.0f}")


if __name__ == "__main__":
    run()
