"""A tenant whose only mailbox fails is told by the operator's mail server; else its page says so."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service.connections.connection import Connection, ConnectionStatus
from service.sandbox.post import INBOX
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.fakes.mail_server import MailServer, Say
from tests.flows.conftest import ADDRESS
from tests.flows.visitors import signed_in
from tests.google.certificate import self_signed
from tests.harness import Installation, ShiftedClock, add_tenant, connect, send_due, submit


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    """The operator's mail server, which wants a login."""
    folder = tmp_path / "certificate"
    folder.mkdir()
    tls: ssl.SSLContext = self_signed(folder)
    with MailServer(tls, logins={b"\0notices\0pass"}) as server:
        yield server


@pytest.fixture
def told_by_operator(
    tmp_path: Path, sandbox: Sandbox, database_url: str, clock: ShiftedClock, mail_server: MailServer
) -> Iterator[Services]:
    """Services whose settings name that server."""
    installation = Installation(
        tmp_path,
        sandbox,
        database_url,
        notice_smtp=f"tls://localhost:{mail_server.address.port}",
        notice_smtp_user="notices",
        notice_smtp_password="pass",
        notice_smtp_from="Postausgang <postausgang@betreiber.example>",
        smtp_ca_file=tmp_path / "certificate" / "certificate.pem",
    )
    with installation.build(clock) as built:
        yield built


def test_the_operators_mail_server_tells_the_owner(
    told_by_operator: Services, sandbox: Sandbox, clock: ShiftedClock, mail_server: MailServer
) -> None:
    """One mail by SMTP, with the link, to the mailbox that fails."""
    _die(told_by_operator, sandbox, clock)

    for _ in range(3):
        told_by_operator.notices.run_once()

    [mail] = mail_server.mails
    assert (mail.sender, mail.recipients) == ("postausgang@betreiber.example", (ADDRESS,))
    assert b"/connect/" in mail.content
    assert b"Message-ID: <" in mail.content


def test_a_mail_server_that_refuses_is_asked_again_later(
    told_by_operator: Services, sandbox: Sandbox, clock: ShiftedClock, mail_server: MailServer
) -> None:
    """Nothing is lost: five minutes later it goes out, once."""
    _die(told_by_operator, sandbox, clock)
    mail_server.script = lambda asked: Say(b"451 4.3.0 later\r\n") if asked.step == "MAIL" else None
    told_by_operator.notices.run_once()
    mail_server.script = lambda _: None
    told_by_operator.notices.run_once()
    assert mail_server.mails == []

    clock.advance(301)
    told_by_operator.notices.run_once()
    told_by_operator.notices.run_once()

    assert len(mail_server.mails) == 1


def test_an_answer_that_was_lost_makes_no_second_notice(
    told_by_operator: Services, sandbox: Sandbox, clock: ShiftedClock, mail_server: MailServer
) -> None:
    """Nobody can know whether it was taken: a reminder will follow, a copy does not."""
    _die(told_by_operator, sandbox, clock)
    mail_server.script = lambda asked: Say(b"", close=True) if asked.step == "END" else None

    told_by_operator.notices.run_once()
    mail_server.script = lambda _: None
    clock.advance(3600)
    told_by_operator.notices.run_once()

    assert mail_server.mails == []


def test_without_any_way_the_page_says_that_nobody_was_told(
    services: Services, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    """It is no secret: the tenant's page names it. A mailbox that comes later carries the notice."""
    mailbox = _die(services, sandbox, clock)
    browser = signed_in(services, mailbox.tenant_id)

    services.notices.run_once()
    before = browser.get(f"/connections/{mailbox.id}").text
    connect(services, mailbox.tenant_id, "buero@muster.example")
    clock.advance(301)
    services.notices.run_once()
    send_due(services)

    assert "Its owner was not told by mail" in before
    assert "Its owner was not told by mail" not in browser.get(f"/connections/{mailbox.id}").text
    assert len(sandbox.google.post.box(ADDRESS, INBOX)) == 1


def test_looking_for_a_way_leaves_no_links_behind(
    services: Services, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    """It is looked for every five minutes, and a link that nobody gets would be kept for three days."""
    _die(services, sandbox, clock)

    for _ in range(5):
        assert services.notices.run_once() == 0
        clock.advance(301)

    links = services.ground.database.read(
        lambda connection: connection.execute(text("SELECT count(*) FROM connect_links")).scalar()
    )
    assert links == 0


def _die(services: Services, sandbox: Sandbox, clock: ShiftedClock) -> Connection:
    """The only mailbox of a fresh tenant, revoked, with one mail that waits."""
    mailbox = connect(services, add_tenant(services).id, ADDRESS)
    sandbox.google.revoke(mailbox.address)
    clock.advance(4000)
    submit(services, mailbox)
    send_due(services)
    dead = services.ground.stores.connections.get(mailbox.tenant_id, mailbox.id)
    assert dead.status is ConnectionStatus.NEEDS_RECONNECT
    return dead
