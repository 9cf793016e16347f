"""The contract of ``OutboxStore`` on both engines: what time settles."""

from datetime import timedelta

from service.connections.connection import Connection
from service.outbox.entry import State
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, add_tenant, claim, connect


def test_open_mail_past_its_time_expires(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Also mail that waits for its connection; each with an event, and what is in flight is left alone."""
    waiting = [add_mail(stores, mailbox, clock.now()) for _ in range(3)]
    [flying] = claim(stores, clock.now(), limit=1)
    stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())

    before = stores.outbox.expire(waiting[0].give_up_at - timedelta(milliseconds=1))
    expired = stores.outbox.expire(waiting[0].give_up_at)

    assert (before, expired) == (0, 2)
    assert stores.outbox.get(mailbox.tenant_id, flying.entry_id).state is State.SENDING
    for entry in waiting:
        if entry.id != flying.entry_id:
            assert stores.outbox.get(mailbox.tenant_id, entry.id).state is State.EXPIRED
            assert stores.outbox.timeline(mailbox.tenant_id, entry.id)[0][-1].type == "message.expired"


def test_reaping_settles_any_number(stores: Stores, clock: FakeClock) -> None:
    """A worker that died with hundreds of mails leaves nothing behind."""
    box = connect(stores, add_tenant(stores, clock.now()), clock.now())
    for _ in range(230):
        add_mail(stores, box, clock.now())
    assert len(claim(stores, clock.now(), limit=500, per_mailbox=500)) == 230

    assert stores.outbox.reap(clock.advance(31)) == 230
    assert stores.outbox.reap(clock.now()) == 0
    assert len(claim(stores, clock.now(), limit=500, per_mailbox=500)) == 230
