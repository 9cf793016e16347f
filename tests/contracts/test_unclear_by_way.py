"""Which unclear mail is worth a look, and how: it depends on the way of its last try."""

from dataclasses import replace

import pytest

from service.access.tenant import UncertainRule
from service.connections.way import WayKind
from service.consent.scopes import READONLY
from service.outbox.entry import Entry, State
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import LOOK, add_mail, claim, connect, make_attempt


@pytest.mark.parametrize(
    ("kind", "scope", "is_searched"),
    [
        (WayKind.GMAIL_API, READONLY, False),  # Gmail has put its own Message-ID
        (WayKind.XOAUTH2, READONLY, True),
        (WayKind.APP_PASSWORD, READONLY, True),
        (WayKind.XOAUTH2, LOOK, False),  # gmail.metadata may not search
    ],
)
def test_a_mail_by_smtp_is_searched_by_its_message_id(
    stores: Stores, tenant_id: str, clock: FakeClock, kind: WayKind, scope: str, *, is_searched: bool
) -> None:
    """SMTP keeps the Message-ID that we wrote."""
    entry = _unclear(stores, tenant_id, clock, kind, scope)

    [found] = stores.outbox.uncertain(clock.now(), 10)

    assert found.message_id == (entry.message_id if is_searched else None)


@pytest.mark.parametrize("kind", [WayKind.RELAY, WayKind.SMTP_SERVER])
def test_a_mail_by_another_server_is_not_looked_for(
    stores: Stores, tenant_id: str, clock: FakeClock, kind: WayKind
) -> None:
    """It leaves no copy in *Sent*; the tenant's rule does not wait for looks that cannot be."""
    entry = _unclear(stores, tenant_id, clock, kind, LOOK)
    stores.tenants.choose(tenant_id, uncertain_rule=UncertainRule.RESEND)

    assert stores.outbox.uncertain(clock.now(), 10) == []
    assert stores.outbox.resend_unclear(clock.advance(899), 10) == 0
    assert stores.outbox.resend_unclear(clock.advance(1), 10) == 1
    assert stores.outbox.get(tenant_id, entry.id).state is State.QUEUED


def test_with_hold_nothing_is_sent_again(stores: Stores, tenant_id: str, clock: FakeClock) -> None:
    """However long it takes; that is the default."""
    entry = _unclear(stores, tenant_id, clock, WayKind.GMAIL_API, LOOK)

    assert stores.tenants.get(tenant_id).uncertain_rule is UncertainRule.HOLD
    assert stores.outbox.resend_unclear(clock.advance(30 * 86_400), 10) == 0
    assert stores.outbox.get(tenant_id, entry.id).state is State.UNCERTAIN


def test_looks_that_failed_do_not_count_for_the_rule(
    stores: Stores, tenant_id: str, clock: FakeClock
) -> None:
    """Only *not there* is evidence; after a day without any the rule waits no longer."""
    entry = _unclear(stores, tenant_id, clock, WayKind.GMAIL_API, LOOK)
    stores.tenants.choose(tenant_id, uncertain_rule=UncertainRule.RESEND)
    for _ in range(5):
        stores.outbox.looked(entry.id, 1, clock.advance(600), None, has_answered=False)
    for _ in range(2):
        stores.outbox.looked(entry.id, 1, clock.advance(600), None)

    assert stores.outbox.resend_unclear(clock.now(), 10) == 0
    stores.outbox.looked(entry.id, 1, clock.advance(600), None)
    assert stores.outbox.resend_unclear(clock.now(), 10) == 1


def _unclear(stores: Stores, tenant_id: str, clock: FakeClock, kind: WayKind, scope: str) -> Entry:
    entry = add_mail(stores, connect(stores, tenant_id, clock.now(), scope), clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    lost = replace(make_attempt(claimed, clock.now(), State.UNCERTAIN, "answer-lost"), transport=kind.value)
    assert stores.outbox.record(claimed, lost, Verdict(State.UNCERTAIN))
    return entry
