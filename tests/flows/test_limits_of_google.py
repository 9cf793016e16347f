"""Google's limits pause one mailbox, for as long as Google says, and no other."""

import pytest

from service.connections.connection import Connection
from service.outbox.entry import State
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import ShiftedClock, connect, send_due, state_of, submit


def test_the_sending_limit_pauses_that_mailbox_only(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection
) -> None:
    """429 (Mail sending) names a time: the mailbox waits until then, another one is not slowed."""
    other = connect(services, mailbox.tenant_id, "zweite@muster.example")
    sandbox.google.arm("quota_429_mail_sending", account=mailbox.address, seconds=7200)
    limited, free = submit(services, mailbox), submit(services, other)

    send_due(services)

    assert state_of(services, limited) is State.WAITING
    assert state_of(services, free) is State.SENT

    clock.advance(7100)
    assert send_due(services) == 0
    clock.advance(200)
    send_due(services)

    assert state_of(services, limited) is State.SENT


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("accessNotConfigured", "gmail-api-disabled"),
        ("domainPolicy", "app-blocked-by-admin"),
        ("dailyLimitExceeded", "project-quota-reached"),
    ],
)
def test_what_an_operator_or_admin_must_mend_holds_the_mailbox(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, fault: str, code: str
) -> None:
    """The mail waits with the reason, burns no try, and goes out once it is mended."""
    sandbox.google.arm(fault, account=mailbox.address)
    entry = submit(services, mailbox)

    send_due(services)
    waiting = services.ground.stores.outbox.get(entry.tenant_id, entry.id)
    clock.advance(25 * 3600)
    send_due(services)

    assert (waiting.state, waiting.code) == (State.WAITING, code)
    assert state_of(services, entry) is State.SENT


def test_a_rejected_access_token_is_renewed_once_and_the_mail_sent_once(
    services: Services, sandbox: Sandbox, mailbox: Connection
) -> None:
    """401 means not executed: one refresh, one repeat, one mail."""
    entry = submit(services, mailbox)
    sandbox.google.expire_tokens(mailbox.address)

    send_due(services)

    assert state_of(services, entry) is State.SENT
    assert len(sandbox.google.sent()) == 1


def test_a_refused_message_fails_at_once_with_its_reason(
    services: Services, sandbox: Sandbox, mailbox: Connection
) -> None:
    """What Google will refuse again is not tried again."""
    sandbox.google.arm("invalid_attachment", account=mailbox.address)
    entry = submit(services, mailbox)

    send_due(services)

    kept = services.ground.stores.outbox.get(entry.tenant_id, entry.id)
    assert kept.state is State.FAILED
    assert "Invalid attachment" in (kept.reply or "")
