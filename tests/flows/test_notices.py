"""An owner is told once that the connection needs them, by a way that works, and once that it is mended."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from service.app import create_app
from service.connections.connection import Connection, ConnectionStatus
from service.mail.address import Address
from service.notices.ports import Telling
from service.outbox.entry import State
from service.sandbox.parts import texts
from service.sandbox.post import INBOX, Mail
from service.sandbox.server import Sandbox
from service.wiring import Services
from tests.harness import (
    Installation,
    ShiftedClock,
    add_tenant,
    connect,
    give_consent,
    send_due,
    state_of,
    submit,
)
from tests.web.office import Browser

OTHER = "buero@muster.example"
DAY = 86_400
STOPPED = "Rechnungsversand angehalten: rechnung@muster.example neu verbinden"
SOLVED = "Rechnungsversand läuft wieder: rechnung@muster.example"
SOLVED_IN_ENGLISH = "Invoices are sent again: rechnung@muster.example"


@pytest.fixture
def other(services: Services, mailbox: Connection) -> Connection:
    """A second mailbox of the same tenant, which goes on working."""
    return connect(services, mailbox.tenant_id, OTHER)


def test_a_revoked_grant_makes_one_notice_whose_link_reconnects(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """The notice comes from the other mailbox; its link needs no login; then the waiting mail flows.

    Nobody knew the owner's language before their browser came by the link.
    """
    _die(sandbox, clock, mailbox)
    entries = [submit(services, mailbox), submit(services, mailbox)]
    send_due(services)
    _tell(services)
    _tell(services)

    [notice] = sandbox.google.post.box(mailbox.address, INBOX)
    assert notice.subject == STOPPED
    assert OTHER in notice.letter.field("from")
    assert "2 Mails warten." in _text(notice)
    assert "2 mails are waiting." in _text(notice)

    _follow(services, _link(notice), mailbox.address)
    send_due(services)
    _tell(services)

    assert _status(services, mailbox) is ConnectionStatus.CONNECTED
    assert {state_of(services, entry) for entry in entries} == {State.SENT}
    assert _subjects(sandbox, mailbox) == [STOPPED, SOLVED_IN_ENGLISH]


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("de", (STOPPED, "Weiter mit Google")),
        ("en", ("Sending invoices is on hold: reconnect rechnung@muster.example", "Continue with Google")),
    ],
)
def test_an_owner_is_told_in_the_language_in_which_they_connected(
    services: Services,
    sandbox: Sandbox,
    clock: ShiftedClock,
    mailbox: Connection,
    other: Connection,
    locale: str,
    told: tuple[str, str],
) -> None:
    """That one alone; and the link's page speaks it, whatever browser opens it."""
    connect(services, mailbox.tenant_id, mailbox.address, locale=locale)
    _die(sandbox, clock, mailbox)
    submit(services, mailbox)
    send_due(services)
    _tell(services)

    [notice] = sandbox.google.post.box(mailbox.address, INBOX)
    subject, button = told
    assert notice.subject == subject
    assert ("Guten Tag," in _text(notice), "Hello," in _text(notice)) == (locale == "de", locale == "en")
    page = (
        create_app(services)
        .test_client()
        .get(urlsplit(_link(notice)).path, headers={"Accept-Language": {"de": "en", "en": "de"}[locale]})
    )
    assert button in page.text


def test_nothing_is_sent_when_nothing_newly_failed(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """Days of good health, with a check on each, bring no mail at all."""
    for _ in range(3):
        clock.advance(DAY + 60)
        services.upkeep.checkup.run_once()
        _tell(services)

    assert _subjects(sandbox, mailbox) == []
    assert _subjects(sandbox, other) == []


def test_reminders_come_after_one_and_three_days_and_then_no_more(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """While nobody reconnects: three mails in all, however often the worker looks."""
    _die(sandbox, clock, mailbox)
    submit(services, mailbox)
    send_due(services)
    counts = []

    for _ in range(6 * 4):
        _tell(services)
        counts.append(len(_subjects(sandbox, mailbox)))
        clock.advance(DAY / 4)

    assert counts[:5] == [1, 1, 1, 1, 2]
    assert counts[11:13] == [2, 3]
    assert counts[-1] == 3
    assert _subjects(sandbox, mailbox)[1].startswith("Erinnerung: ")


def test_a_dead_grant_is_found_by_the_daily_check(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """No mail is needed to find it: the owner knows before the next invoice."""
    sandbox.google.revoke(mailbox.address)
    clock.advance(DAY + 60)

    for _ in range(2):
        services.upkeep.checkup.run_once()
    _tell(services)

    assert _status(services, mailbox) is ConnectionStatus.NEEDS_RECONNECT
    assert _status(services, other) is ConnectionStatus.CONNECTED
    assert _subjects(sandbox, mailbox) == [STOPPED]


def test_an_owner_who_was_never_told_is_not_told_that_it_is_solved(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """Reconnected before the first notice: no mail at all."""
    _die(sandbox, clock, mailbox)
    submit(services, mailbox)
    send_due(services)

    connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id)
    _tell(services)

    assert _subjects(sandbox, mailbox) == []


def test_a_second_failure_is_told_again(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """Each time that it newly fails is an incident of its own."""
    for _ in range(2):
        _die(sandbox, clock, mailbox)
        submit(services, mailbox)
        send_due(services)
        _tell(services)
        connect(services, mailbox.tenant_id, mailbox.address, connection_id=mailbox.id)
        send_due(services)
        _tell(services)

    assert _subjects(sandbox, mailbox) == [STOPPED, SOLVED, STOPPED, SOLVED]


def test_after_a_disconnect_nobody_is_written_to(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """Who takes the mailbox away wants no reminder, and nothing was solved."""
    _die(sandbox, clock, mailbox)
    submit(services, mailbox)
    send_due(services)
    _tell(services)

    services.consent.disconnect(mailbox.tenant_id, mailbox.id)
    clock.advance(4 * DAY)
    _tell(services)

    assert _subjects(sandbox, mailbox) == [STOPPED]


def test_two_workers_at_once_write_one_mail(
    installation: Installation, services: Services, sandbox: Sandbox, clock: ShiftedClock
) -> None:
    """Two processes' worth of services, begun in the same moment, twenty incidents: one mail each."""
    tenant = add_tenant(services)
    connect(services, tenant.id, OTHER)
    boxes = [connect(services, tenant.id, f"kasse{number}@muster.example") for number in range(20)]
    for box in boxes:
        sandbox.google.revoke(box.address)
    clock.advance(4000)
    for box in boxes:
        submit(services, box)
    send_due(services)

    with installation.build(clock) as second, ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(one.notices.run_once) for one in (services, second, services, second)]
        told = sum(run.result() for run in runs)
    send_due(services)

    assert told == 20
    assert {box.address: len(_subjects(sandbox, box)) for box in boxes} == {box.address: 1 for box in boxes}


def test_a_notice_that_waits_for_a_dead_mailbox_takes_another_way(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """Both grants died at once, as with a client in *Testing*: the third mailbox tells both owners, once."""
    third = connect(services, mailbox.tenant_id, "kasse@muster.example")
    _die(sandbox, clock, mailbox)
    sandbox.google.revoke(other.address)
    submit(services, third, to=(Address("kunde@example.com"),))
    submit(services, other)
    submit(services, mailbox)
    send_due(services)
    connections = services.ground.stores.connections
    assert connections.get(other.tenant_id, other.id).status is ConnectionStatus.NEEDS_RECONNECT
    connect(services, other.tenant_id, other.address, connection_id=other.id)
    connections.pause(third.tenant_id, third.id, clock.now())
    services.notices.run_once()  # the other one carries it, and dies before it can send
    _die(sandbox, clock, other)
    send_due(services)
    assert _subjects(sandbox, mailbox) == []

    connections.resume(third.tenant_id, third.id, clock.now())
    for _ in range(3):
        _tell(services)
    connect(services, other.tenant_id, other.address, connection_id=other.id)
    for _ in range(3):
        _tell(services)

    assert _subjects(sandbox, mailbox) == [STOPPED]


def test_a_worker_that_comes_too_late_makes_no_second_mail(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """Its lease ran out while it wrote, and another one told the owner: it finds that by the key."""
    _die(sandbox, clock, mailbox)
    submit(services, mailbox)
    send_due(services)
    now = clock.now()
    [taken] = services.ground.stores.incidents.take(now, now + timedelta(minutes=5), 1)
    letters = services.notices._letters
    letter = letters.write(Telling(taken, now, None), letters.about(taken))
    clock.advance(301)
    _tell(services)

    assert services.notices._senders[0].send(letter)
    _tell(services)

    assert _subjects(sandbox, mailbox) == [STOPPED]


def test_an_operators_fault_is_not_the_owners(
    services: Services, sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection, other: Connection
) -> None:
    """invalid_client at the daily check: nothing is marked and nobody is written to."""
    clock.advance(DAY + 60)
    sandbox.google.arm("invalid_client", where="token", times=2)

    for _ in range(2):
        services.upkeep.checkup.run_once()
    _tell(services)

    assert _status(services, mailbox) is ConnectionStatus.CONNECTED
    assert _subjects(sandbox, mailbox) == []


def _die(sandbox: Sandbox, clock: ShiftedClock, mailbox: Connection) -> None:
    """The owner removes the app; the access token is over, too."""
    sandbox.google.revoke(mailbox.address)
    clock.advance(4000)


def _tell(services: Services) -> None:
    """What a worker does: notices, and the mail that they became."""
    services.notices.run_once()
    send_due(services)


def _subjects(sandbox: Sandbox, mailbox: Connection) -> list[str]:
    return [mail.subject for mail in sandbox.google.post.box(mailbox.address, INBOX)]


def _text(mail: Mail) -> str:
    return texts(mail.letter)[0][1]


def _link(mail: Mail) -> str:
    links: set[str] = set(re.findall(r"https?://\S+/connect/[\w-]+", _text(mail)))
    assert len(links) == 1
    return links.pop()


def _follow(services: Services, link: str, address: str) -> None:
    """A browser that is signed in nowhere: the link, Google, the confirm page."""
    browser = Browser(create_app(services).test_client())
    away = browser.press(urlsplit(link).path)
    answer = give_consent(away.headers["Location"], address)
    back = browser.client.get("/consent/callback", query_string=answer)
    assert browser.press(urlsplit(back.headers["Location"]).path, decision="confirm").status_code == 200


def _status(services: Services, mailbox: Connection) -> ConnectionStatus:
    return services.ground.stores.connections.get(mailbox.tenant_id, mailbox.id).status
