"""Takes mail in eight threads and prints each id once it was acknowledged, until it is killed."""

import sys
import threading

from service.clock import SystemClock
from service.storage.database import Database
from service.storage.stores import open_stores
from tests.fakes.outbox import accept, add_tenant, connect, make_entry
from tests.fakes.sealer import FakeSealer


def main(path: str) -> None:
    """Never ends by itself."""
    stores = open_stores(Database(f"sqlite:///{path}"), FakeSealer())
    now = SystemClock().now()
    mailbox = connect(stores, add_tenant(stores, now), now)

    def take() -> None:
        while True:
            accepted = accept(stores, make_entry(mailbox, now))
            sys.stdout.write(f"{accepted.entry.id}\n")
            sys.stdout.flush()

    for _ in range(8):
        threading.Thread(target=take).start()


main(sys.argv[1])
