"""The first conversation with a mail server, against the sandbox."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from pydantic import SecretStr

from service.connections.connection import ConnectionStatus
from service.connections.credential import Encryption, MailServer
from service.connections.logins import NewLogin, Preset
from service.connections.ports import ProbeName
from service.connections.way import WayKind
from service.errors import ChecksBusyError, InvalidRequestError, MailServerRefusedError
from service.identifiers import new_id
from service.outbox.entry import State
from tests.harness import send_due, state_of, submit
from tests.ways import DOMAIN, Yard, open_yard


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with open_yard(tmp_path_factory.mktemp("probe")) as yard:
        yield yard


@pytest.fixture
def new(yard: Yard) -> NewLogin:
    """A Gmail account with its app password, as a person pastes it."""
    address = f"{new_id('x')[-10:]}@gmail.com"
    yard.sandbox.google.add_account(address)
    letters = yard.sandbox.google.app_password(address)
    pasted = " ".join(letters[at : at + 4] for at in range(0, 16, 4))
    return NewLogin(yard.tenant_id, WayKind.APP_PASSWORD, address, password=SecretStr(pasted))


def _refused(yard: Yard, new: NewLogin) -> tuple[str, str, str]:
    with pytest.raises(MailServerRefusedError) as raised:
        yard.services.logins.add(new)
    [problem] = raised.value.problems
    known = yard.services.ground.stores.connections.of_tenant(yard.tenant_id)
    assert new.address not in {one.address for one in known}
    return raised.value.step, problem.code, problem.pointer


def test_all_kinds_of_checks_share_the_turns_of_their_process(yard: Yard, new: NewLogin) -> None:
    """A quarter of its threads: who looks at a domain and at a mail server takes one turn after the other."""
    services, threads = yard.services, yard.services.ground.settings.web_threads
    turns = services.domain_check._turns
    assert turns is services.logins._turns is services.delegation_check._turns

    with ExitStack() as running:
        for number in range(threads // 4):
            running.enter_context(turns.of(f"ten_{number}"))
        with pytest.raises(ChecksBusyError):
            services.logins.add(new)

    assert services.logins.add(new)[0].address == new.address


@pytest.mark.parametrize("preset", [Preset.GMAIL, Preset.GMAIL_STARTTLS])
def test_an_app_password_is_tried_and_then_sends(yard: Yard, new: NewLogin, preset: Preset) -> None:
    """Every step is told; no mail leaves for the check, and the next one leaves by this way."""
    connection, steps = yard.services.logins.add(replace(new, preset=preset))

    assert [step.name for step in steps] == list(ProbeName)
    assert yard.sandbox.google.post.box(new.address) == []
    assert connection.status is ConnectionStatus.CONNECTED
    entry = submit(yard.services, connection)
    send_due(yard.services)
    assert state_of(yard.services, entry) is State.SENT


def test_a_wrong_app_password_is_told_at_its_field(yard: Yard, new: NewLogin) -> None:
    """16 letters, but not these."""
    wrong = replace(new, password=SecretStr("qrstuvwxyzabcdef"))

    assert _refused(yard, wrong) == ("sign_in", "app-password-rejected", "/password")


def test_a_normal_password_is_told_apart(yard: Yard, new: NewLogin) -> None:
    """Before anything is said to Google."""
    before = yard.sandbox.smtp_connections

    with pytest.raises(InvalidRequestError) as raised:
        yard.services.logins.add(replace(new, password=SecretStr("Sommer2026!")))

    assert raised.value.problems[0].code == "app-password-form"
    assert yard.sandbox.smtp_connections == before


@pytest.mark.parametrize(
    ("server", "step", "code"),
    [
        (MailServer("no-such-host.invalid", 465, Encryption.TLS), "resolve", "mail-server-unknown"),
        (MailServer("x" * 64 + ".example", 465, Encryption.TLS), "resolve", "mail-server-unknown"),
        (MailServer("localhost", 1, Encryption.TLS), "connect", "provider-unavailable"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told_at_its_field(
    yard: Yard, new: NewLogin, server: MailServer, step: str, code: str
) -> None:
    """Unknown name, closed port."""
    own = replace(new, kind=WayKind.SMTP_SERVER, server=server)

    assert _refused(yard, own) == (step, code, "/server")


@pytest.mark.parametrize(
    ("preset", "where", "step"),
    [
        (Preset.GMAIL, "greeting", "encrypt"),
        (Preset.GMAIL, "ehlo", "encrypt"),
        (Preset.GMAIL_STARTTLS, "greeting", "connect"),
        (Preset.GMAIL_STARTTLS, "ehlo", "encrypt"),
        (Preset.GMAIL, "auth", "sign_in"),
        (Preset.GMAIL, "mail", "sender"),
    ],
)
def test_the_step_that_failed_is_the_first_that_was_not_told(
    yard: Yard, new: NewLogin, preset: Preset, where: str, step: str
) -> None:
    """Every step before it was told as done; a server that hangs up is named where it did."""
    yard.sandbox.google.arm("smtp_cut", where=where)
    adding, told = yard.services.logins.adding(replace(new, preset=preset)), list[ProbeName]()

    def listen() -> None:
        while True:
            told.append(next(adding).name)

    with pytest.raises(MailServerRefusedError) as raised:
        listen()

    assert raised.value.step == step
    assert told == list(ProbeName)[: list(ProbeName).index(ProbeName(step))]


def test_a_server_without_tls_gets_no_password(yard: Yard, new: NewLogin) -> None:
    """STARTTLS is not offered: the conversation ends there."""
    yard.sandbox.google.smtp.starttls = False
    try:
        refused = _refused(yard, replace(new, preset=Preset.GMAIL_STARTTLS))
    finally:
        yard.sandbox.google.smtp.starttls = True

    assert refused == ("encrypt", "tls-failed", "/server")


def test_the_relay_is_asked_for_the_sender(yard: Yard) -> None:
    """Whether this machine may send as this address; else the refusal names our address."""
    address = f"{new_id('x')[-10:]}@{DOMAIN}"
    yard.sandbox.google.add_account(address)
    login = NewLogin(yard.tenant_id, WayKind.RELAY, address)
    desk = yard.services.logins
    desk._relay_tenants = {DOMAIN: yard.tenant_id}
    yard.sandbox.google.relay.deny_ip("127.0.0.1")
    try:
        refused = _refused(yard, login)
    finally:
        yard.sandbox.google.relay.allow_ip("127.0.0.1")

    connection, _ = desk.add(login)

    assert refused == ("sender", "relay-denied", "/address")
    entry = submit(yard.services, connection)
    send_due(yard.services)
    assert state_of(yard.services, entry) is State.SENT


def test_a_server_in_a_private_network_is_not_spoken_to(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A host name of a user's must not lead this machine to its own services."""
    with open_yard(tmp_path_factory.mktemp("public"), smtp_private_servers=False) as yard:
        port = yard.sandbox.smtps_port
        new = NewLogin(
            yard.tenant_id,
            WayKind.SMTP_SERVER,
            "info@example.org",
            server=MailServer("localhost", port, Encryption.TLS),
            password=SecretStr("geheim"),
        )

        assert _refused(yard, new)[0] == "connect"

        assert yard.sandbox.smtp_connections == 0
