"""What the pace costs a mail: CPU of the store alone (SQLite), without limits, far from them, and at them."""

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

from service.connections.connection import AccountKind, Connection
from service.outbox.pace import DayLimit, Pace
from service.storage.database import Database
from service.storage.migrate import migrate
from service.storage.stores import Stores, open_stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import accept, add_tenant, connect, make_entry, send
from tests.fakes.sealer import FakeSealer

MAILS = 2000
MAILBOXES = 20
FAR = DayLimit(100_000, 100_000, 100_000)


def run() -> None:
    """Print the table."""
    print(f"\nPace: CPU µs a mail in the store, {MAILS} mails, {MAILBOXES} mailboxes, SQLite")
    print(f"{'':38}{'accept':>10}{'claim to result':>18}")
    for name, pace in (
        ("no limits", Pace()),
        ("far from every limit", Pace({AccountKind.CONSUMER: FAR}, 1_000_000)),
        ("each mail at the limit of the day", Pace({AccountKind.CONSUMER: DayLimit(1)})),
    ):
        accept_us, send_us = _measure(pace)
        print(f"{name:38}{accept_us:10.0f}{send_us:18.0f}")


def _measure(pace: Pace) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        migrate(url)
        database = Database(url)
        clock = FakeClock()
        stores = open_stores(database, FakeSealer(), clock, pace)
        tenant_id = add_tenant(stores, START)
        boxes = [connect(stores, tenant_id, START) for _ in range(MAILBOXES)]
        costs = _cpu_us(lambda: _accept_all(stores, boxes, clock)), _cpu_us(lambda: _send_all(stores, clock))
        database.close()
        return costs


def _cpu_us(work: Callable[[], None]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) / MAILS * 1e6


def _accept_all(stores: Stores, boxes: list[Connection], clock: FakeClock) -> None:
    for number in range(MAILS):
        entry = make_entry(boxes[number % MAILBOXES], clock.advance(0.001))
        accept(stores, entry)


def _send_all(stores: Stores, clock: FakeClock) -> None:
    """As a worker does it; where nothing is due, the time of the next mail comes."""
    sent = 0
    while sent < MAILS:
        claims = stores.outbox.claim("bench", clock.now(), limit=16, per_mailbox=4, lease_s=1e7)
        for each in claims:
            send(stores, each, clock.now())
        sent += len(claims)
        if not claims:
            clock.set(stores.outbox.next_due_at() or clock.now() + timedelta(days=1))


if __name__ == "__main__":
    run()
