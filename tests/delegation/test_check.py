"""The verification of a delegation: what each answer of Google proves, and what it does not."""

import pytest

from service.connections.delegation import Delegation
from service.delegation.check import DelegationCheck, steps_for
from service.delegation.issuer import DelegateTokens
from service.delegation.keyless import KeylessAccounts
from service.delegation.report import Report, StepName, StepResult
from service.errors import (
    ClockSkewError,
    DelegationError,
    DeliveryError,
    InvalidRequestError,
    MailboxHeldError,
    NotFoundError,
    TokenEndpointUnavailableError,
    TransientDeliveryError,
)
from service.stepwise import at_once
from service.storage.database import Database
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.delegations import (
    ALICE,
    BOB,
    SEND,
    FakeDelegationServer,
    FakeMailboxProbe,
    add_delegation,
)
from tests.fakes.outbox import add_tenant
from tests.fakes.turns import make_turns

METADATA = "https://www.googleapis.com/auth/gmail.metadata"
OK, FAILED, UNKNOWN = StepResult.OK, StepResult.FAILED, StepResult.UNKNOWN


class Desk:
    """A check over real stores and a pretended Google."""

    def __init__(self, stores: Stores, clock: FakeClock) -> None:
        self.clock = clock
        self.stores = stores
        self.google = FakeDelegationServer(clock)
        self.probe = FakeMailboxProbe()
        self.tenant_id = add_tenant(stores, clock.now())
        keyless = KeylessAccounts(frozenset())
        self.check = DelegationCheck(
            delegations=stores.delegations,
            tokens=DelegateTokens(delegations=stores.delegations, server=self.google, keyless=keyless),
            probe=self.probe,
            turns=make_turns(1),
            clock=clock,
        )

    def add(self, *senders: str, scopes: str = SEND) -> Delegation:
        """A set-up of the tenant."""
        return add_delegation(self.stores, self.tenant_id, self.clock.now(), *senders, scopes=scopes)

    def run(self, delegation: Delegation, sender: str | None = None) -> Report:
        """Verify it."""
        return self.check.run(self.tenant_id, delegation.id, sender)


@pytest.fixture
def desk(stores: Stores, clock: FakeClock) -> Desk:
    return Desk(stores, clock)


def _results(report: Report) -> dict[StepName, StepResult]:
    return {step.name: step.result for step in report.steps}


def test_each_scope_is_asked_for_alone_and_for_one_sender(desk: Desk) -> None:
    """The first of the list where none is named; so a missing one can be told from the others."""
    delegation = desk.add(BOB, ALICE, scopes=f"{SEND} {METADATA}")

    report = desk.run(delegation)

    assert [wish.scopes for wish in desk.google.wishes] == [frozenset({METADATA}), frozenset({SEND})]
    assert {wish.subject for wish in desk.google.wishes} == {ALICE}
    assert (report.sender, report.code) == (ALICE, None)
    assert set(_results(report).values()) == {OK}
    assert report.delegation.checked_at == desk.clock.now()


def test_the_mailbox_is_looked_at_with_the_token_that_may(desk: Desk) -> None:
    """Not with the one that may only send."""
    desk.run(desk.add(ALICE, scopes=f"{SEND} {METADATA}"))

    assert desk.probe.asked == ["ya29.delegated-1"]


@pytest.mark.parametrize(
    ("failure", "result", "code"),
    [
        (MailboxHeldError("gmail-not-enabled"), FAILED, "gmail-not-enabled"),
        (TransientDeliveryError("provider-unavailable"), UNKNOWN, None),
    ],
)
def test_a_user_without_a_mailbox_is_told_from_a_look_that_failed(
    desk: Desk, failure: DeliveryError, result: StepResult, code: str | None
) -> None:
    """The first keeps mail from being sent, the second proves nothing."""
    desk.probe.failure = failure

    report = desk.run(desk.add(ALICE, scopes=f"{SEND} {METADATA}"))

    assert _results(report)[StepName.MAILBOX] is result
    assert report.code == code


@pytest.mark.parametrize("code", ["delegation-denied", "delegation-entry-wrong"])
def test_one_scope_that_is_refused_beside_a_granted_one_is_missing(desk: Desk, code: str) -> None:
    """The client cannot be unknown when it has just got a token."""
    desk.google.failures[METADATA] = DelegationError(code)

    report = desk.run(desk.add(ALICE, scopes=f"{SEND} {METADATA}"))

    assert report.code == "delegation-scope-missing"
    assert _results(report)[StepName.CLIENT] is OK
    assert [(step.scope, step.result) for step in report.steps if step.name is StepName.SCOPE] == [
        (METADATA, FAILED),
        (SEND, OK),
    ]


def test_an_outage_proves_nothing(desk: Desk) -> None:
    """All is unknown, it is not ready either, and nobody waits for a second silence."""
    desk.google.failures["*"] = TokenEndpointUnavailableError("503")

    report = desk.run(desk.add(ALICE, scopes=f"{SEND} {METADATA}"))

    assert len(desk.google.wishes) == 1

    results = _results(report)
    assert results.pop(StepName.READY) is FAILED
    assert set(results.values()) == {UNKNOWN}
    assert report.code == "provider-unavailable"


def test_a_wrong_clock_proves_that_the_key_can_be_read(desk: Desk) -> None:
    """And nothing about what Google looks at later."""
    desk.google.failures["*"] = ClockSkewError()

    results = _results(desk.run(desk.add(ALICE)))

    assert (results[StepName.KEY], results[StepName.CLOCK]) == (OK, FAILED)
    assert {results[name] for name in (StepName.CLIENT, StepName.USER, StepName.SCOPE)} == {UNKNOWN}


def test_a_key_that_cannot_be_opened_is_the_first_step(desk: Desk, database: Database) -> None:
    """It was moved there from another row: what is sealed is bound to its place, and nothing was sent."""
    delegation, other = desk.add(ALICE), desk.add(BOB)
    moved = f"""UPDATE delegations SET private_key = (
        SELECT private_key FROM delegations WHERE id = '{other.id}')"""  # noqa: S608, ids of ours
    database.write(lambda c: c.exec_driver_sql(moved))

    report = desk.run(delegation)

    assert (_results(report)[StepName.KEY], report.code) == (FAILED, "key-unavailable")
    assert desk.google.wishes == []


@pytest.mark.parametrize("senders", [(), (BOB,)])
def test_a_sender_that_is_not_in_the_list_is_not_asked_for(desk: Desk, senders: tuple[str, ...]) -> None:
    """Not by name, nor when the list is empty."""
    with pytest.raises(InvalidRequestError):
        desk.run(desk.add(*senders), ALICE if senders else None)

    assert desk.google.wishes == []


def test_an_unknown_set_up_is_not_found(desk: Desk) -> None:
    """Also another tenant's."""
    delegation = desk.add(ALICE)

    with pytest.raises(NotFoundError):
        desk.check.run(add_tenant(desk.stores, desk.clock.now()), delegation.id)


def test_each_step_is_told_before_google_is_asked_again(desk: Desk) -> None:
    """A token of one scope proves all that is the same for each; the mailbox is looked at after the last."""
    checking = desk.check.running(desk.tenant_id, desk.add(ALICE, scopes=f"{SEND} {METADATA}").id)

    first = [next(checking) for _ in range(5)]
    asked_for_first = len(desk.google.wishes)
    second = next(checking)
    looked_by_then = list(desk.probe.asked)
    mailbox = next(checking)

    assert [one.name for one in first] == [*StepName][:5]
    assert {one.result for one in (*first, second, mailbox)} == {OK}
    assert (first[-1].scope, asked_for_first) == (METADATA, 1)
    assert (second.scope, looked_by_then) == (SEND, [])
    assert (mailbox.name, len(desk.probe.asked)) == (StepName.MAILBOX, 1)


@pytest.mark.parametrize("later", [None, "delegation-denied", "delegation-user-unknown", "clock-skew"])
@pytest.mark.parametrize("first", [None, "delegation-denied", "delegation-scope-missing", "key-unavailable"])
def test_what_was_told_is_what_is_reported(desk: Desk, first: str | None, later: str | None) -> None:
    """Whatever each scope brings: every step, once, in the order that was announced."""
    delegation = desk.add(ALICE, scopes=f"{SEND} {METADATA}")
    for scope, code in ((METADATA, first), (SEND, later)):
        if code:
            desk.google.failures[scope] = DelegationError(code)

    report, told = at_once(desk.check.running(desk.tenant_id, delegation.id))

    assert tuple(told) == report.steps
    assert [(step.name, step.scope) for step in told] == steps_for(delegation)


def test_whoever_leaves_in_between_has_nothing_noted(desk: Desk) -> None:
    """Google is asked no further, and the next check may run at once."""
    delegation = desk.add(ALICE, scopes=f"{SEND} {METADATA}")
    checking = desk.check.running(desk.tenant_id, delegation.id)
    next(checking)

    checking.close()

    assert len(desk.google.wishes) == 1
    assert desk.stores.delegations.get_delegation(desk.tenant_id, delegation.id) == delegation
    assert desk.run(delegation).code is None
