"""A mail of 25 MB costs the store a few MB of memory, on the way in and on the way out."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

from service.mail.attachment import Attachment
from service.mail.compose import compose
from service.storage.database import Database
from service.storage.stores import open_stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, connect, make_entry
from tests.fakes.sealer import FakeSealer
from tests.mail.test_compose import MESSAGE, STAMP

MIB = 1024 * 1024


class Zeros:
    """An attachment of 25 MB that is held nowhere."""

    size_bytes = 25 * MIB
    sha256 = ""

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""
        for _ in range(25):
            yield bytes(MIB)


def test_a_huge_mail_is_never_held_whole(database: Database, clock: FakeClock) -> None:
    """At most 12 MB at the peak, for 25 MB that are kept, and read again as 34 MB of base64."""
    stores = open_stores(database, FakeSealer(), clock)
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    entry = make_entry(mailbox, clock.now())
    attachment = Attachment("rechnung.pdf", "application/pdf", Zeros())
    mail = compose(replace(MESSAGE, attachments=(attachment,)), STAMP)

    tracemalloc.start()
    stores.outbox.accept(entry, mail.frames(), idempotency_key="k", fingerprint="f")
    size = sum(len(piece) for piece in stores.outbox.content(entry.tenant_id, entry.id))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == mail.size_bytes
    assert peak < 12 * MIB
