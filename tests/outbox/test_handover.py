"""The hand-over rule, row by row."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from service.connections.way import Way, WayKind
from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    UncertainDeliveryError,
)
from service.mail.address import Address
from service.outbox.entry import State
from service.outbox.handover import judge, outcome
from service.outbox.ports import Claim
from service.outbox.verdict import Hold, Reconnect, Verdict

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CLAIM = Claim(
    entry_id="msg_1",
    tenant_id="ten_1",
    connection_id="con_1",
    way=Way("grt_1", WayKind.GMAIL_API),
    address="rechnung@muster.example",
    sender=Address("rechnung@muster.example"),
    recipients=(Address("kunde@example.com"),),
    bcc=(),
    size_bytes=100,
    attempt=1,
    tries=0,
    fence=1,
    created_at=NOW,
    give_up_at=NOW + timedelta(days=5),
)


def test_what_was_certainly_not_sent_is_tried_again() -> None:
    """A passing trouble before the last byte leads to the next try of the schedule, and counts."""
    verdict = _judge(TransientDeliveryError("provider-unavailable"))

    assert verdict.state is State.DEFERRED
    assert verdict.counts
    assert verdict.next_attempt_at is not None
    assert timedelta(seconds=24) <= verdict.next_attempt_at - NOW <= timedelta(seconds=36)


def test_a_refusal_for_good_stops_at_once() -> None:
    """A message that will be refused again is not tried again."""
    assert _judge(PermanentDeliveryError("message-too-large")) == Verdict(State.FAILED)


def test_a_lost_answer_is_uncertain_and_never_queued() -> None:
    """Nobody can know whether Google took the mail, so it is not sent again by itself."""
    assert _judge(UncertainDeliveryError("answer-lost")) == Verdict(State.UNCERTAIN)


def test_an_unknown_kind_of_failure_is_uncertain() -> None:
    """What the rule does not know is not certainly unsent."""
    assert _judge(DeliveryError("internal")) == Verdict(State.UNCERTAIN)


@pytest.mark.parametrize(("wait_s", "held_s"), [(900.0, 900.0), (None, 3600.0)])
def test_a_limit_holds_the_mailbox_and_burns_no_try(wait_s: float | None, held_s: float) -> None:
    """The mailbox pauses until the time that Google names, else it probes after an hour."""
    verdict = _judge(MailboxHeldError("quota-reached", wait_s=wait_s))

    assert verdict.connection == Hold(
        NOW + timedelta(seconds=held_s), "quota-reached", is_guess=wait_s is None
    )
    assert not verdict.counts
    assert outcome(verdict) is State.WAITING


def test_a_dead_grant_holds_its_mail_and_burns_no_try() -> None:
    """Only the owner can mend the connection; the mail waits for that, due at once afterwards."""
    verdict = _judge(ReconnectRequiredError("connection-revoked"))

    assert verdict.connection == Reconnect("connection-revoked")
    assert verdict.next_attempt_at == NOW
    assert not verdict.counts
    assert outcome(verdict) is State.WAITING


def _judge(error: DeliveryError) -> Verdict:
    return judge(error, CLAIM, NOW, random.Random(7))
