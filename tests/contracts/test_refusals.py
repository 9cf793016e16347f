"""The contract of the outbox on both engines when a server takes a mail for some recipients only."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.connections.connection import AccountKind, Connection
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.errors import Refusal
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.entry import Entry, RecipientOutcome, State
from service.outbox.ports import Claim
from service.outbox.verdict import Verdict
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_mail, claim, make_attempt, send

KNOWN, ARCHIVE = Address("kunde@example.com", "Jörg Kunde"), Address("archiv@muster.example")


def _refusal(*, is_permanent: bool) -> Refusal:
    code = "recipient-unknown" if is_permanent else "recipient-full"
    return Refusal(ARCHIVE.spec, code, 550 if is_permanent else 452, "no", is_permanent)


def _partly(stores: Stores, claimed: Claim, clock: FakeClock, refusal: Refusal) -> None:
    attempt = make_attempt(claimed, clock.now())
    state = State.SENT if refusal.is_permanent else State.DEFERRED
    due = None if refusal.is_permanent else clock.now() + timedelta(seconds=30)
    stores.outbox.hand_over(claimed, clock.now(), 30)
    assert stores.outbox.record(claimed, attempt, Verdict(state, due, refused=(refusal,)))


def _outcomes(stores: Stores, entry: Entry) -> list[tuple[RecipientOutcome | None, str | None]]:
    found = stores.outbox.get(entry.tenant_id, entry.id)
    return [(recipient.outcome, recipient.code) for recipient in found.recipients]


def _smtp(stores: Stores, mailbox: Connection, at: datetime) -> None:
    server = MailServer("smtp.gmail.com", 465, Encryption.TLS)
    login = MailLogin(new_id("log"), mailbox.tenant_id, mailbox.id, server, None, None)
    box = Mailbox(mailbox.address, None, AccountKind.WORKSPACE, mailbox.id)
    stores.connections.add_login(mailbox.tenant_id, box, WayKind.APP_PASSWORD, login, at)


def test_who_was_refused_for_good_is_named_and_the_mail_is_sent(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """``sent`` holds for the others only."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())

    _partly(stores, claimed, clock, _refusal(is_permanent=True))

    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENT
    assert _outcomes(stores, entry) == [(None, None), (RecipientOutcome.REFUSED, "recipient-unknown")]


def test_who_was_refused_for_now_is_tried_again_alone(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Who has the mail is no recipient of a later try, which goes by envelope and not by the mail's head."""
    _smtp(stores, mailbox, clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    assert [address.spec for address in claimed.recipients] == [KNOWN.spec, ARCHIVE.spec]

    _partly(stores, claimed, clock, _refusal(is_permanent=False))

    assert _outcomes(stores, entry) == [(RecipientOutcome.SENT, None), (None, "recipient-full")]
    [later] = claim(stores, clock.advance(31))
    assert (later.recipients, later.bcc) == ((ARCHIVE,), (ARCHIVE,))
    assert later.way.kind is WayKind.APP_PASSWORD
    assert send(stores, later, clock.now())
    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENT


def test_a_mail_that_reached_some_and_fails_for_the_rest_stays_sent(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """With the receipt of the first try, and the rest named as refused."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    _partly(stores, claimed, clock, _refusal(is_permanent=False))
    [later] = claim(stores, clock.advance(31))

    attempt = make_attempt(later, clock.now(), State.FAILED, "recipient-unknown")
    assert stores.outbox.record(later, attempt, Verdict(State.FAILED))

    found = stores.outbox.get(entry.tenant_id, entry.id)
    assert (found.state, found.receipt) == (State.SENT, "18c2f0a9")
    assert _outcomes(stores, entry)[1] == (RecipientOutcome.REFUSED, "recipient-full")


def test_giving_up_on_the_rest_is_told_too(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """Expired for one recipient, sent to the other."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    _partly(stores, claimed, clock, _refusal(is_permanent=False))

    stores.outbox.expire(clock.advance(6 * 86_400))

    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENT
    assert [outcome for outcome, _ in _outcomes(stores, entry)] == [
        RecipientOutcome.SENT,
        RecipientOutcome.REFUSED,
    ]


def test_a_resend_goes_to_everybody_again(stores: Stores, mailbox: Connection, clock: FakeClock) -> None:
    """It is a person's wish that all get it once more."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    _partly(stores, claimed, clock, _refusal(is_permanent=True))

    stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), "mia", force=True)

    [again] = claim(stores, clock.now())
    assert [address.spec for address in again.recipients] == [KNOWN.spec, ARCHIVE.spec]


def test_what_follows_an_unclear_rest_never_reaches_who_has_the_mail(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A person's "send again" speaks of the try that was unclear, and that went to the rest alone."""
    _smtp(stores, mailbox, clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    _partly(stores, claimed, clock, _refusal(is_permanent=False))
    [later] = claim(stores, clock.advance(31))
    stores.outbox.hand_over(later, clock.now(), 30)
    lost = make_attempt(later, clock.now(), State.UNCERTAIN, "answer-lost")
    stores.outbox.record(later, lost, Verdict(State.UNCERTAIN))

    stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), "mia", sent=False)

    [again] = claim(stores, clock.now())
    assert (again.recipients, again.is_rest) == ((ARCHIVE,), True)
    assert again.way.kind is WayKind.APP_PASSWORD


def test_a_look_cannot_tell_the_copies_of_an_earlier_try_by_smtp(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """What it finds in Sent may be the copy that left before: the rest stays unclear."""
    _smtp(stores, mailbox, clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    attempt = replace(make_attempt(claimed, clock.now()), transport="app_password", receipt="OK gsmtp")
    stores.outbox.hand_over(claimed, clock.now(), 30)
    due = clock.now() + timedelta(seconds=30)
    partly = Verdict(State.DEFERRED, due, refused=(_refusal(is_permanent=False),))
    stores.outbox.record(claimed, attempt, partly)
    [later] = claim(stores, clock.advance(31))
    stores.outbox.hand_over(later, clock.now(), 30)
    lost = make_attempt(later, clock.now(), State.UNCERTAIN, "answer-lost")
    stores.outbox.record(later, lost, Verdict(State.UNCERTAIN))

    stores.outbox.looked(entry.id, later.fence, clock.now(), "18c2f0a9")

    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.UNCERTAIN


def test_a_late_receipt_counts_also_where_servers_always_say_the_same(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """A plain "OK" of the try before is not this try's receipt."""
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    _partly(stores, claimed, clock, _refusal(is_permanent=False))
    [later] = claim(stores, clock.advance(31))
    stores.outbox.hand_over(later, clock.now(), 30)
    stores.outbox.reap(clock.advance(31))
    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.UNCERTAIN

    assert stores.outbox.record(later, make_attempt(later, clock.now()), Verdict(State.SENT))

    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENT


def test_a_late_receipt_for_some_counts_before_the_next_try(
    stores: Stores, mailbox: Connection, clock: FakeClock
) -> None:
    """Queued again by a person while the first worker still waited: who has it is left out."""
    _smtp(stores, mailbox, clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    stores.outbox.hand_over(claimed, clock.now(), 30)
    stores.outbox.reap(clock.advance(31))
    stores.outbox.decide(entry.tenant_id, entry.id, clock.now(), "mia", sent=False)
    partly = Verdict(State.DEFERRED, clock.now(), refused=(_refusal(is_permanent=False),))

    assert stores.outbox.record(claimed, make_attempt(claimed, clock.now()), partly)

    [again] = claim(stores, clock.advance(1))
    assert again.recipients == (ARCHIVE,)


@pytest.mark.parametrize("way_back", ["cancel", "expire"])
def test_who_got_the_first_copy_is_not_called_refused_by_a_resend_that_ends(
    stores: Stores, mailbox: Connection, clock: FakeClock, way_back: str
) -> None:
    """Greylisted at first and reached later: a resend that is withdrawn changes nothing of that."""
    _smtp(stores, mailbox, clock.now())
    entry = add_mail(stores, mailbox, clock.now())
    [claimed] = claim(stores, clock.now())
    _partly(stores, claimed, clock, _refusal(is_permanent=False))
    [later] = claim(stores, clock.advance(31))
    send(stores, later, clock.now())
    assert [code for _, code in _outcomes(stores, entry)] == [None, None]
    stores.outbox.resend(entry.tenant_id, entry.id, clock.now(), "mia", force=True)

    if way_back == "cancel":
        stores.outbox.cancel(entry.tenant_id, entry.id, clock.now(), "mia")
    else:
        stores.outbox.expire(clock.advance(6 * 86_400))

    assert stores.outbox.get(entry.tenant_id, entry.id).state is State.SENT
    assert RecipientOutcome.REFUSED not in [outcome for outcome, _ in _outcomes(stores, entry)]


@pytest.mark.parametrize("is_permanent", [True, False])
def test_who_was_refused_before_the_answer_was_lost_is_not_called_sent(
    stores: Stores, mailbox: Connection, clock: FakeClock, *, is_permanent: bool
) -> None:
    """Settled as sent it holds for the others; sent again, it is owed to everybody."""
    entries = [add_mail(stores, mailbox, clock.now()) for _ in range(2)]
    for claimed in claim(stores, clock.now()):
        stores.outbox.hand_over(claimed, clock.now(), 30)
        lost = make_attempt(claimed, clock.now(), State.UNCERTAIN, "answer-lost")
        verdict = Verdict(State.UNCERTAIN, refused=(_refusal(is_permanent=is_permanent),))
        assert stores.outbox.record(claimed, lost, verdict)
    kept, again = entries

    stores.outbox.decide(kept.tenant_id, kept.id, clock.now(), "mia", sent=True)
    stores.outbox.decide(again.tenant_id, again.id, clock.now(), "mia", sent=False)

    assert [outcome for outcome, _ in _outcomes(stores, kept)] == [None, RecipientOutcome.REFUSED]
    [claimed] = claim(stores, clock.now())
    assert claimed.recipients == (KNOWN, ARCHIVE)
