"""Domain-wide delegation against the sandbox: set up, verified, sent by two users, and taken from one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.connections.connection import Connection, ConnectionStatus
from service.connections.delegation import SenderChange
from service.consent.scopes import MAIL, METADATA, SEND
from service.delegation.report import StepName, StepResult
from service.delegation.setup import Wanted
from service.errors import DelegationError, InvalidRequestError
from service.mail.address import Address
from service.outbox.entry import State
from service.sandbox.cloud_fault_table import DELEGATION
from service.sandbox.fault_table import FAULTS
from service.sandbox.server import Sandbox
from service.wiring import Services, build
from tests.fakes.outbox import deliver
from tests.harness import (
    Installation,
    ShiftedClock,
    add_tenant,
    connect,
    events_of,
    send_due,
    state_of,
    submit,
)

ALICE, BOB, EVE = "alice@muster.example", "bob@muster.example", "eve@muster.example"
DOMAIN = "muster.example"
ACTOR = "api-key:test"
TOKENS = "token:urn:ietf:params:oauth:grant-type:jwt-bearer"


class Desk:
    """One tenant's delegation against the sandbox."""

    def __init__(self, services: Services, sandbox: Sandbox) -> None:
        self.services = services
        self.sandbox = sandbox
        self.tenant_id = add_tenant(services).id
        for user in (ALICE, BOB, EVE):
            sandbox.google.add_account(user)

    def set_up(
        self, *senders: str, scopes: frozenset[str] = frozenset({SEND}), allowed: bool = True
    ) -> SenderChange:
        """What the wizard does, and with ``allowed`` what the admin does in the console."""
        document = self.sandbox.service_account()
        if allowed:
            self.sandbox.google.delegations.allow(DOMAIN, document["client_id"], scopes)
        wanted = Wanted(tuple(map(Address, senders)), scopes)
        return self.services.delegations.add_with_key(self.tenant_id, document, wanted, ACTOR)

    def status(self, mailbox: Connection) -> tuple[ConnectionStatus, str | None]:
        """How a mailbox is now, and why."""
        known = self.services.ground.stores.connections.get(self.tenant_id, mailbox.id)
        return known.status, known.status_code or known.held_code

    def calls(self) -> int:
        """How often Google was asked for a delegated token."""
        return self.sandbox.google.counters[TOKENS]


@pytest.fixture
def sandbox(clock: ShiftedClock) -> Iterator[Sandbox]:
    """Google on loopback, whose clock goes with ours: what is signed has its time on it."""
    with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def desk(services: Services, sandbox: Sandbox) -> Desk:
    return Desk(services, sandbox)


def test_two_senders_send_and_one_is_removed(desk: Desk, services: Services) -> None:
    """The mail of the removed one waits and no call is made for it; the other one's goes on."""
    change = desk.set_up(ALICE, BOB)
    alice, bob = change.made
    first, second = submit(services, alice), submit(services, bob)
    send_due(services)
    assert (state_of(services, first), state_of(services, second)) == (State.SENT, State.SENT)
    assert {mail["account"] for mail in desk.sandbox.google.sent()} == {ALICE, BOB}
    waiting = submit(services, alice)

    services.delegations.set_senders(desk.tenant_id, change.delegation.id, [Address(BOB)], ACTOR)
    calls = desk.calls()
    going = submit(services, bob)
    send_due(services)

    assert state_of(services, going) is State.SENT
    assert state_of(services, waiting) is State.WAITING
    assert desk.status(alice) == (ConnectionStatus.NEEDS_RECONNECT, "sender-removed")
    assert desk.calls() == calls
    assert len(desk.sandbox.google.sent()) == 3


def test_mail_in_flight_does_not_leave_after_the_removal(desk: Desk, services: Services) -> None:
    """The worker has it, and a good token in memory; the hand-over stops it all the same."""
    change = desk.set_up(ALICE)
    [alice] = change.made
    submit(services, alice)
    send_due(services)  # now the token is in this process's memory
    entry = submit(services, alice)
    [claim] = services.ground.stores.outbox.claim(
        "test", services.ground.clock.now(), limit=1, per_mailbox=4, lease_s=30
    )

    services.delegations.set_senders(desk.tenant_id, change.delegation.id, [], ACTOR)
    deliver(services.delivery, claim)

    assert state_of(services, entry) is State.WAITING
    assert len(desk.sandbox.google.sent()) == 1


def test_a_foreign_sender_is_refused_before_any_call(desk: Desk, services: Services) -> None:
    """Google's admin has allowed every user of the domain; we have not."""
    change = desk.set_up(ALICE)
    delegation = change.delegation

    with pytest.raises(InvalidRequestError) as verified:
        services.delegation_check.run(desk.tenant_id, delegation.id, EVE)
    with pytest.raises(DelegationError) as asked:
        services.delegation_check._tokens.ask(desk.tenant_id, delegation.id, EVE, delegation.scopes)
    with pytest.raises(InvalidRequestError) as submitted:
        submit(services, change.made[0], sender=Address(EVE))

    assert {verified.value.problems[0].code, asked.value.code, submitted.value.problems[0].code} == {
        "sender-not-allowed"
    }
    assert desk.calls() == 0


def test_another_tenants_delegation_signs_for_nobody(desk: Desk, services: Services) -> None:
    """A tenant cannot name another one's set-up, even for a user in its list."""
    change = desk.set_up(ALICE)
    other = add_tenant(services).id

    with pytest.raises(DelegationError):
        services.delegation_check._tokens.ask(other, change.delegation.id, ALICE, change.delegation.scopes)

    assert desk.calls() == 0


def test_an_admin_who_has_not_entered_it_yet_holds_the_mail_and_nobody_must_reconnect(
    desk: Desk, services: Services, clock: ShiftedClock
) -> None:
    """As soon as the entry is there, the mail leaves by itself."""
    change = desk.set_up(ALICE, allowed=False)
    [alice] = change.made
    entry = submit(services, alice)
    send_due(services)
    assert state_of(services, entry) is State.WAITING
    assert desk.status(alice) == (ConnectionStatus.CONNECTED, "delegation-denied")

    desk.sandbox.google.delegations.allow(DOMAIN, change.delegation.client_id, [SEND])
    clock.advance(310)
    send_due(services)

    assert state_of(services, entry) is State.SENT


def test_a_lost_delegation_leaves_the_owners_grant_as_the_way(desk: Desk, services: Services) -> None:
    """A refused token is certainly not sent: the next way takes the mail at once."""
    change = desk.set_up(ALICE, allowed=False)
    mailbox = connect(services, desk.tenant_id, ALICE)
    route = services.ground.stores.connections.route(desk.tenant_id, mailbox.id)
    assert mailbox.id == change.made[0].id
    services.ground.stores.connections.reroute(
        desk.tenant_id, mailbox.id, [state.way for state in reversed(route)], services.ground.clock.now()
    )
    entry = submit(services, mailbox)

    send_due(services)

    assert state_of(services, entry) is State.SENT
    assert "connection.needs_reconnect" not in events_of(services, entry)


def test_the_verification_tells_what_is_granted_scope_by_scope(desk: Desk, services: Services) -> None:
    """One scope is in the console, the other one not: the missing one is named, and the rest is well."""
    [metadata] = METADATA
    change = desk.set_up(ALICE, scopes=frozenset({SEND, metadata}), allowed=False)
    delegation = change.delegation
    desk.sandbox.google.delegations.allow(DOMAIN, delegation.client_id, [SEND])

    report = services.delegation_check.run(desk.tenant_id, delegation.id)

    told = [(step.name, step.result, step.code, step.scope) for step in report.steps]
    assert told == [
        (StepName.KEY, StepResult.OK, None, None),
        (StepName.CLOCK, StepResult.OK, None, None),
        (StepName.CLIENT, StepResult.OK, None, None),
        (StepName.USER, StepResult.OK, None, None),
        (StepName.SCOPE, StepResult.FAILED, "delegation-scope-missing", metadata),
        (StepName.SCOPE, StepResult.OK, None, SEND),
        (StepName.MAILBOX, StepResult.UNKNOWN, "mailbox-not-checked", None),
        (StepName.READY, StepResult.FAILED, "delegation-scope-missing", None),
    ]
    assert report.delegation.code == "delegation-scope-missing"


def test_a_good_delegation_is_ready(desk: Desk, services: Services) -> None:
    """With a scope that may look, the mailbox is asked for as well."""
    change = desk.set_up(ALICE, scopes=frozenset({MAIL}))

    report = services.delegation_check.run(desk.tenant_id, change.delegation.id, ALICE)

    assert {step.result for step in report.steps} == {StepResult.OK}
    assert (report.code, report.delegation.checked_at is not None) == (None, True)


REFUSALS = [
    ("dwd_signature", StepName.KEY, "delegation-key-invalid"),
    ("dwd_clock", StepName.CLOCK, "clock-skew"),
    ("dwd_unauthorized_client", StepName.CLIENT, "delegation-denied"),
    ("dwd_client_unauthorized", StepName.CLIENT, "delegation-entry-wrong"),
    ("dwd_disabled_client", StepName.CLIENT, "delegation-client-invalid"),
    ("dwd_org_internal", StepName.CLIENT, "account-not-allowed"),
    ("dwd_not_a_valid_email", StepName.USER, "delegation-user-unknown"),
    ("dwd_invalid_email", StepName.USER, "delegation-user-unknown"),
    ("dwd_access_denied", StepName.SCOPE, "delegation-scope-missing"),
    ("dwd_invalid_scope", StepName.SCOPE, "delegation-scope-invalid"),
    ("dwd_admin_policy_enforced", StepName.SCOPE, "app-blocked-by-admin"),
    ("dwd_deleted_client", StepName.CLIENT, "delegation-client-invalid"),
    ("dwd_invalid_client", StepName.CLIENT, "delegation-client-invalid"),
    ("dwd_account_not_found", StepName.CLIENT, "delegation-client-invalid"),
    ("dwd_audience", StepName.KEY, "delegation-key-invalid"),
    ("dwd_malformed", StepName.KEY, "delegation-key-invalid"),
]


def test_every_refusal_that_the_sandbox_knows_is_tried_here() -> None:
    """A row that is added to it must be judged."""
    known = {name for name, rows in FAULTS.items() for row in rows if row.places & DELEGATION}

    assert {name for name in known if name.startswith("dwd_")} == {name for name, _, _ in REFUSALS}


@pytest.mark.parametrize("fault", ["token_503_html", "token_429", "token_drop"])
def test_an_answer_that_is_none_blames_nobody(desk: Desk, services: Services, fault: str) -> None:
    """The mail is tried again by the usual schedule, and the mailbox goes on."""
    [alice] = desk.set_up(ALICE).made
    desk.sandbox.google.arm(fault, where="token:jwt-bearer", times=1)
    entry = submit(services, alice)

    send_due(services)

    assert state_of(services, entry) is State.DEFERRED
    assert desk.status(alice) == (ConnectionStatus.CONNECTED, None)
    assert desk.calls() == 1


@pytest.mark.parametrize(("fault", "step", "code"), REFUSALS)
def test_every_refusal_of_google_is_told_at_its_step(
    desk: Desk, services: Services, fault: str, step: StepName, code: str
) -> None:
    """And it is never the mailbox owner who is asked to mend it."""
    change = desk.set_up(ALICE)
    desk.sandbox.google.arm(fault, where="token:jwt-bearer", times=2)

    report = services.delegation_check.run(desk.tenant_id, change.delegation.id)
    entry = submit(services, change.made[0])
    send_due(services)

    failed = {one.name: one.code for one in report.steps if one.result is StepResult.FAILED}
    assert failed == {step: code, StepName.READY: code}
    assert state_of(services, entry) is State.WAITING
    assert desk.status(change.made[0]) == (ConnectionStatus.CONNECTED, code)


def test_a_token_that_google_took_back_is_asked_for_once_more(desk: Desk, services: Services) -> None:
    """401 on the way: one fresh token, one more try; and then an admin is to blame, not the owner."""
    [alice] = desk.set_up(ALICE).made
    submit(services, alice)
    send_due(services)
    desk.sandbox.google.expire_tokens(ALICE)
    entry = submit(services, alice)

    send_due(services)

    assert state_of(services, entry) is State.SENT
    assert desk.calls() == 2
    desk.sandbox.google.arm("authError", where="send", times=2)
    refused = submit(services, alice)
    send_due(services)
    assert state_of(services, refused) is State.WAITING
    assert desk.status(alice) == (ConnectionStatus.CONNECTED, "delegation-denied")


def test_no_key_and_no_token_gets_into_the_log(
    desk: Desk, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    """Set up, verified, sent, refused, removed: who acted for whom is there, and nothing to act with."""
    change = desk.set_up(ALICE)
    key = services.ground.stores.delegations.open_key(change.delegation)
    assert key is not None
    services.delegation_check.run(desk.tenant_id, change.delegation.id)
    submit(services, change.made[0])
    send_due(services)
    desk.sandbox.google.arm("dwd_signature", where="token:jwt-bearer", times=1)
    services.delegation_check.run(desk.tenant_id, change.delegation.id)
    services.delegations.remove(desk.tenant_id, change.delegation.id, ACTOR)

    log = capsys.readouterr().out

    assert f"user={ALICE}" in log
    assert "ya29." not in log
    assert not any(line in log for line in key.private_key.get_secret_value().splitlines() if len(line) > 20)


class Keyless:
    """An installation that runs as a service account at Google Cloud, and one that it may sign for."""

    def __init__(self, desk: Desk, folder: Path, environment: pytest.MonkeyPatch) -> None:
        google = desk.sandbox.google
        self.desk = desk
        self.account = google.service_accounts.create()
        workload = desk.sandbox.service_account()
        self.workload = workload["client_email"]
        path = folder / "workload.json"
        path.write_text(json.dumps(workload))
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        google.delegations.allow(DOMAIN, self.account.client_id, [SEND])

    def add(self, services: Services, tenant_id: str) -> SenderChange:
        """A key-less set-up of a tenant."""
        account = (self.account.email, self.account.client_id)
        return services.delegations.add_keyless(tenant_id, account, Wanted((Address(ALICE),)), ACTOR)


@pytest.fixture
def keyless(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyless:
    return Keyless(desk, tmp_path, monkeypatch)


@pytest.fixture
def cloud_services(keyless: Keyless, installation: Installation, clock: ShiftedClock) -> Iterator[Services]:
    """The same installation, whose operator has allowed the account for the desk's tenant."""
    allowed = {
        "iam_url": keyless.desk.sandbox.url,
        "delegation_keyless_accounts": f"{keyless.account.email}={keyless.desk.tenant_id}",
    }
    with build(installation.settings.model_copy(update=allowed), clock) as services:
        yield services


def test_a_keyless_delegation_sends_by_the_operators_own_identity(
    keyless: Keyless, cloud_services: Services, clock: ShiftedClock
) -> None:
    """Without the role at Google mail waits; with it IAM signs, and there is no key anywhere here."""
    [alice] = keyless.add(cloud_services, keyless.desk.tenant_id).made
    entry = submit(cloud_services, alice)
    send_due(cloud_services)
    assert keyless.desk.status(alice) == (ConnectionStatus.CONNECTED, "delegation-keyless-denied")
    assert state_of(cloud_services, entry) is State.WAITING

    keyless.desk.sandbox.google.workload(keyless.account.email, principal=keyless.workload)
    clock.advance(310)
    send_due(cloud_services)

    assert state_of(cloud_services, entry) is State.SENT
    assert keyless.desk.sandbox.google.counters["signJwt"] == 2


def test_the_operators_identity_signs_for_no_other_tenant(keyless: Keyless, cloud_services: Services) -> None:
    """The same account, asked for by a tenant that it is not bound to: refused before any call."""
    other = add_tenant(cloud_services).id
    keyless.desk.sandbox.google.workload(keyless.account.email, principal=keyless.workload)

    with pytest.raises(InvalidRequestError) as raised:
        keyless.add(cloud_services, other)

    assert raised.value.problems[0].code == "delegation-keyless-denied"
    assert keyless.desk.sandbox.google.counters["signJwt"] == 0


def test_an_account_that_the_operator_took_back_is_signed_for_no_more(
    keyless: Keyless, services: Services, cloud_services: Services
) -> None:
    """The set-up is kept from before; the setting decides at each signature."""
    change = keyless.add(cloud_services, keyless.desk.tenant_id)
    keyless.desk.sandbox.google.workload(keyless.account.email, principal=keyless.workload)

    report = services.delegation_check.run(keyless.desk.tenant_id, change.delegation.id)

    assert report.code == "delegation-keyless-denied"
    assert keyless.desk.sandbox.google.counters["signJwt"] == 0
