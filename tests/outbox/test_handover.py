"""The hand-over rule, row by row."""

import random
from datetime import timedelta

import pytest

from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    Refusal,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.outbox.entry import State
from service.outbox.handover import judge, judge_receipt, outcome
from service.outbox.verdict import Detour, Hold, Receipt, Reconnect, Verdict
from tests.fakes.claims import NOW, make_claim

CLAIM = make_claim()


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


@pytest.mark.parametrize("kind", [MailboxHeldError, WayHeldError])
@pytest.mark.parametrize(("wait_s", "held_s"), [(900.0, 900.0), (None, 3600.0)])
def test_a_limit_holds_the_mailbox_and_burns_no_try(
    kind: type[DeliveryError], wait_s: float | None, held_s: float
) -> None:
    """The mailbox pauses until the time that Google names, else it probes after an hour."""
    verdict = _judge(kind("quota-reached", wait_s=wait_s))

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


@pytest.mark.parametrize("kind", [WayDownError, WayHeldError])
@pytest.mark.parametrize(("wait_s", "left_out_s"), [(900.0, 900.0), (None, 300.0)])
def test_a_way_that_does_not_work_leads_to_the_next_at_once(
    kind: type[DeliveryError], wait_s: float | None, left_out_s: float
) -> None:
    """The mail is due at once, by another way, and no try is burnt."""
    verdict = _judge(kind("provider-unavailable", wait_s=wait_s), has_next_way=True)

    assert verdict.connection == Detour(NOW + timedelta(seconds=left_out_s), "provider-unavailable")
    assert (verdict.next_attempt_at, verdict.counts) == (NOW, False)
    assert outcome(verdict) is State.DEFERRED


def test_the_only_way_that_does_not_work_is_tried_again_by_the_schedule() -> None:
    """As any other passing trouble."""
    verdict = _judge(WayDownError("provider-unavailable"))

    assert verdict.connection is None
    assert verdict.counts


def test_the_only_way_that_an_admin_must_mend_holds_the_mailbox() -> None:
    """Without another way its mail waits."""
    verdict = _judge(WayHeldError("gmail-api-disabled", wait_s=300))

    assert verdict.connection == Hold(NOW + timedelta(seconds=300), "gmail-api-disabled")


@pytest.mark.parametrize(
    "error",
    [
        TransientDeliveryError("recipient-full"),
        MailboxHeldError("quota-reached"),
        PermanentDeliveryError("message-refused"),
        UncertainDeliveryError("answer-lost"),
    ],
)
def test_where_the_way_is_not_to_blame_another_does_not_help(error: DeliveryError) -> None:
    """A limit, a recipient, a refused mail, and above all what may be out already, take no detour."""
    assert _judge(error, has_next_way=True) == _judge(error)


def _refusal(*, is_permanent: bool) -> Refusal:
    return Refusal("kunde@example.com", "recipient-full", 452, "full", is_permanent)


def test_a_receipt_for_all_or_for_all_but_the_refused_is_sent() -> None:
    """Who is refused for good is told, and nobody is tried again."""
    refused = (_refusal(is_permanent=True),)

    assert _judge_receipt(Receipt("1")) == Verdict(State.SENT)
    assert _judge_receipt(Receipt("1", refused=refused)) == Verdict(State.SENT, refused=refused)


def test_who_was_refused_for_now_is_tried_again() -> None:
    """By the schedule, and it counts."""
    refused = (_refusal(is_permanent=True), _refusal(is_permanent=False))

    verdict = _judge_receipt(Receipt("1", refused=refused))

    assert (verdict.state, verdict.counts, verdict.refused) == (State.DEFERRED, True, refused)


def test_who_was_refused_before_the_answer_was_lost_is_remembered() -> None:
    """Nobody knows of the others; of these it is certain."""
    refused = (_refusal(is_permanent=True),)

    verdict = _judge(UncertainDeliveryError("answer-lost", refused=refused))

    assert verdict == Verdict(State.UNCERTAIN, refused=refused)


def _judge_receipt(receipt: Receipt) -> Verdict:
    return judge_receipt(receipt, CLAIM, NOW, random.Random(7))


def _judge(error: DeliveryError, *, has_next_way: bool = False) -> Verdict:
    return judge(error, make_claim(has_next_way=has_next_way), NOW, random.Random(7))
