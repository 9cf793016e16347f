"""A mail server that takes its time makes no second notice, however many workers tell owners."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.connections.connection import Connection
from service.consent.links import ConnectLinks
from service.notices.letters import Letters
from service.notices.notices import Notices
from service.notices.ports import Letter
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, connect

HOME = "https://mail.example"


class SlowSender:
    """A way to owners that takes its time for each mail.

    Attributes:
        sent: of which connections it told.
        meanwhile: what happens while it sends.
    """

    name = "slow"

    def __init__(self, clock: FakeClock, took: timedelta) -> None:
        self.sent: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self._clock = clock
        self._took = took

    def is_open(self, about: Connection) -> bool:  # noqa: ARG002, as the port says
        """Always."""
        return True

    def send(self, letter: Letter) -> bool:
        """Take the letter on, in the end."""
        self.sent.append(letter.about.id)
        self._clock.advance(self._took.total_seconds())
        self.meanwhile()
        return True


@pytest.mark.parametrize("took", [timedelta(minutes=4), timedelta(minutes=20)])
def test_a_second_worker_tells_nobody_what_a_slow_one_is_about_to_tell(
    stores: Stores, clock: FakeClock, took: timedelta
) -> None:
    """Each of eight owners is told once, though the last one's turn comes long after the first one's."""
    mailboxes = [_failed(stores, clock) for _ in range(8)]
    sender = SlowSender(clock, took)
    slow = _notices(stores, clock, sender)
    quick = SlowSender(clock, timedelta(0))
    other = _notices(stores, clock, quick)
    sender.meanwhile = other.run_once

    told = slow.run_once()

    assert told + len(quick.sent) == len(mailboxes)
    assert sorted(sender.sent + quick.sent) == sorted(mailbox.id for mailbox in mailboxes)


def _failed(stores: Stores, clock: FakeClock) -> Connection:
    """The only mailbox of a company, whose grant was revoked."""
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    assert mailbox.credential_id is not None
    stores.grants.mark_revoked(mailbox.credential_id, "refresh-test", "connection-revoked", clock.now())
    return mailbox


def _notices(stores: Stores, clock: FakeClock, sender: SlowSender) -> Notices:
    links = ConnectLinks(
        links=stores.connect_links, connections=stores.connections, public_url=HOME, clock=clock
    )
    letters = Letters(
        incidents=stores.incidents,
        connections=stores.connections,
        tenants=stores.tenants,
        links=links,
        home=HOME,
    )
    return Notices(
        incidents=stores.incidents, letters=letters, senders=(sender,), outbox=stores.outbox, clock=clock
    )
