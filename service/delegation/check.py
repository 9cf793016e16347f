"""Verification of a delegation: for one user, scope by scope, each by a token that is asked for it alone."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from pydantic import SecretStr

from service.clock import Clock
from service.connections.delegation import Delegation, SenderCheck
from service.consent import scopes as rights
from service.delegation.issuer import NOT_ALLOWED, DelegateTokens
from service.delegation.ports import DelegationStore, MailboxProbe
from service.delegation.report import BLAMES, PROVES, Report, Step, StepName, StepResult
from service.errors import (
    DeliveryError,
    InvalidRequestError,
    Problem,
    SealError,
    TokenEndpointUnavailableError,
    TokenError,
)
from service.stepwise import at_once
from service.turns import Turns

NOT_CHECKED = "mailbox-not-checked"
SCOPE_MISSING = "delegation-scope-missing"
_OF_ALL = (StepName.KEY, StepName.CLOCK, StepName.CLIENT, StepName.USER)


def steps_for(delegation: Delegation) -> list[tuple[StepName, str | None]]:
    """The steps of its check in their order, each with the scope that it is about."""
    scopes = [(StepName.SCOPE, scope) for scope in sorted(delegation.scopes)]
    return [*((name, None) for name in _OF_ALL), *scopes, (StepName.MAILBOX, None), (StepName.READY, None)]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of asking for one scope."""

    scope: str
    token: SecretStr | None = None
    code: str | None = None


class DelegationCheck:
    """Verifies delegations. It is the only part that asks for tokens that no mail needs."""

    def __init__(
        self,
        *,
        delegations: DelegationStore,
        tokens: DelegateTokens,
        probe: MailboxProbe,
        turns: Turns,
        clock: Clock,
    ) -> None:
        self._delegations = delegations
        self._tokens = tokens
        self._probe = probe
        self._turns = turns
        self._clock = clock

    def run(self, tenant_id: str, delegation_id: str, sender: str | None = None) -> Report:
        """As ``running``, all at once."""
        report, _ = at_once(self.running(tenant_id, delegation_id, sender))
        return report

    def running(
        self, tenant_id: str, delegation_id: str, sender: str | None = None
    ) -> Generator[Step, None, Report]:
        """Ask Google for a token of each scope, and tell what that proves.

        Whoever walks away in between has nothing noted.

        Args:
            tenant_id: whose set-up it is.
            delegation_id: which one.
            sender: one of the allow-list; ``None`` for the first one.

        Yields: each step as soon as no later answer can change it, in the order of ``steps_for``.

        Returns: all of them.

        Raises:
            NotFoundError: the tenant has no such set-up.
            InvalidRequestError: code ``sender-not-allowed``, before any call; or there is no sender yet.
            ChecksBusyError: other checks are running.
        """
        delegation = self._delegations.get_delegation(tenant_id, delegation_id)
        wanted = _sender(delegation, sender)
        steps: list[Step] = []
        with self._turns.of(tenant_id):
            for step in self._steps(delegation, wanted):
                steps.append(step)
                yield step
        check = SenderCheck(wanted, self._clock.now(), steps[-1].code)
        checked = self._delegations.note_check(tenant_id, delegation_id, check)
        return Report(checked, wanted, tuple(steps))

    def _steps(self, delegation: Delegation, sender: str) -> Iterator[Step]:
        outcomes: list[_Outcome] = []
        steps: list[Step] = []
        scopes = sorted(delegation.scopes)
        for scope in scopes:
            outcomes.append(self._ask(delegation, sender, scope, outcomes))
            certain = _certain(outcomes, is_last=scope == scopes[-1])
            yield from certain[len(steps) :]
            steps = certain
        steps.append(self._of_mailbox(outcomes))
        yield steps[-1]
        yield _ready(steps, _told_apart(outcomes))

    def _ask(self, delegation: Delegation, sender: str, scope: str, before: list[_Outcome]) -> _Outcome:
        if before and before[-1].code == TokenEndpointUnavailableError.code:
            # No answer to one is none to the next: a person waits for this.
            return replace(before[-1], scope=scope)
        try:
            answer = self._tokens.ask(delegation.tenant_id, delegation.id, sender, frozenset({scope}))
        except (TokenError, SealError) as error:
            return _Outcome(scope, code=error.code)
        return _Outcome(scope, token=answer.access_token)

    def _of_mailbox(self, outcomes: list[_Outcome]) -> Step:
        """``gmail.send`` alone may not look; then only a test mail can tell."""
        looking = [
            one.token for one in outcomes if one.token and rights.may_look_into_sent(frozenset({one.scope}))
        ]
        if not looking:
            return Step(StepName.MAILBOX, StepResult.UNKNOWN, NOT_CHECKED)
        try:
            self._probe.address(looking[0])
        except DeliveryError as error:
            is_certain = error.code == "gmail-not-enabled"
            return Step(StepName.MAILBOX, StepResult.FAILED if is_certain else StepResult.UNKNOWN, error.code)
        return Step(StepName.MAILBOX, StepResult.OK)


def _sender(delegation: Delegation, sender: str | None) -> str:
    wanted = sender or min(delegation.senders, default="")
    if not wanted:
        raise InvalidRequestError(Problem("/sender", "required", "Name a sender in the allow-list first."))
    if not delegation.allows(wanted):
        raise InvalidRequestError(
            Problem("/sender", NOT_ALLOWED, "This user is not in the delegation's list of senders.")
        )
    return wanted.lower()


def _certain(outcomes: list[_Outcome], *, is_last: bool) -> list[Step]:
    """The steps that no later scope can change: all, once one is granted or the last one was asked for."""
    if not is_last and not any(one.token for one in outcomes):
        return []
    apart = _told_apart(outcomes)
    return [*_of_all(apart), *map(_of_scope, apart)]


def _told_apart(outcomes: list[_Outcome]) -> list[_Outcome]:
    """A scope that is refused while another one is given is a missing scope, and no unknown client."""
    if not any(one.token for one in outcomes):
        return outcomes
    return [
        _Outcome(one.scope, code=SCOPE_MISSING)
        if one.code and BLAMES.get(one.code) is StepName.CLIENT
        else one
        for one in outcomes
    ]


def _of_all(outcomes: list[_Outcome]) -> list[Step]:
    """What all scopes together prove of the steps that are the same for each."""
    is_given = any(one.token for one in outcomes)
    refused = [one.code for one in reversed(outcomes) if one.code]
    codes = {BLAMES[code]: code for code in refused if code in BLAMES}
    proven = frozenset().union(*(PROVES[step] for step in codes))
    steps = []
    for name in _OF_ALL:
        if is_given or (name in proven and name not in codes):
            steps.append(Step(name, StepResult.OK))
        elif name in codes:
            steps.append(Step(name, StepResult.FAILED, codes[name]))
        else:
            steps.append(Step(name, StepResult.UNKNOWN))
    return steps


def _of_scope(outcome: _Outcome) -> Step:
    if outcome.token is not None:
        return Step(StepName.SCOPE, StepResult.OK, scope=outcome.scope)
    is_blamed = BLAMES.get(outcome.code or "") is StepName.SCOPE
    result = StepResult.FAILED if is_blamed else StepResult.UNKNOWN
    return Step(StepName.SCOPE, result, outcome.code if is_blamed else None, outcome.scope)


def _ready(steps: list[Step], outcomes: list[_Outcome]) -> Step:
    """A token is asked for all scopes at once when mail is sent: one that is missing stops it."""
    failed = [step.code for step in steps if step.result is StepResult.FAILED]
    refused = [one.code for one in outcomes if one.code]
    for code in (*failed, *refused):
        return Step(StepName.READY, StepResult.FAILED, code)
    return Step(StepName.READY, StepResult.OK)
