"""A mail of 25 MB costs the store a few MB of memory, on the way in and on the way out."""

import tracemalloc
from collections.abc import Iterator

from service.storage.database import Database
from service.storage.stores import open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, connect, make_entry
from tests.fakes.sealer import FakeSealer

MIB = 1024 * 1024
PIECE = bytes(65_536)


def test_a_huge_mail_is_never_held_whole(database: Database, clock: FakeClock) -> None:
    """At most 12 MB at the peak, for 25 MB of content."""
    stores = open_stores(database, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = make_entry(mailbox, clock.now())

    def pieces() -> Iterator[bytes]:
        for _ in range(25 * MIB // len(PIECE)):
            yield PIECE

    tracemalloc.start()
    stores.outbox.accept(entry, pieces(), idempotency_key="k", fingerprint="f")
    size = sum(len(piece) for piece in stores.outbox.content(entry.tenant_id, entry.id))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 25 * MIB
    assert peak < 12 * MIB
