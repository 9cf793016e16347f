"""The job that forgets: each tenant by its own choice, within the operator's limits."""

from dataclasses import replace

import pytest

from service.access.retention import Retention, RetentionLimits
from service.access.tenant import Tenant
from service.outbox.forget import AT_ONCE, Forget
from service.storage.stores import Stores
from tests.fakes.clock import START, FakeClock
from tests.fakes.outbox import add_mail, add_tenant, claim, connect, send

DAY = 86_400
LIMITS = RetentionLimits(default=Retention(30, 180), most=Retention(90, 400))


@pytest.mark.parametrize(
    ("chosen", "counts"),
    [
        ((None, None), (30, 180)),
        ((7, 14), (7, 14)),
        ((None, 14), (30, 30)),
        ((365, 9999), (90, 400)),
        ((90, 60), (90, 90)),
    ],
)
def test_a_tenants_choice_counts_within_the_limits(
    chosen: tuple[int | None, int | None], counts: tuple[int, int]
) -> None:
    """The operator's default without a choice, never more than the most, and no log shorter than content."""
    tenant = Tenant("ten_1", "Muster GmbH", START, content_days=chosen[0], log_days=chosen[1])

    assert LIMITS.of(tenant) == Retention(*counts)


def test_content_goes_first_and_the_log_later(stores: Stores, clock: FakeClock) -> None:
    """After 30 days and after 180, for more mails than one portion; another tenant's choice is its own."""
    quick = stores.tenants.get(add_tenant(stores, clock.now()))
    stores.tenants.change(replace(quick, content_days=1, log_days=2), quick)
    for tenant_id, count in ((quick.id, AT_ONCE + 3), (add_tenant(stores, clock.now()), 2)):
        mailbox = connect(stores, tenant_id, clock.now())
        for _ in range(count):
            add_mail(stores, mailbox, clock.now())
    for claimed in claim(stores, clock.now(), limit=100, per_mailbox=100):
        assert send(stores, claimed, clock.now())
    forget = Forget(stores.forgetting, stores.tenants, LIMITS, clock)
    done = []

    for days in (0.5, 0.5, 1, 28, 149, 1):
        clock.advance(days * DAY)
        done.append(forget.run_once())

    assert done == [0, AT_ONCE + 3, AT_ONCE + 3, 2, 0, 2]
    assert forget.run_once() == 0
