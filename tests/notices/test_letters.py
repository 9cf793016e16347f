"""What a letter says of its link is so: it opens by itself for Google accounts, and for no other mailbox."""

import pytest

from service.connections.connection import AccountKind
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.consent.links import ConnectLinks
from service.identifiers import new_id
from service.notices.incident import Incident, IncidentKind
from service.notices.letters import Letters
from service.notices.ports import Telling
from service.storage.stores import Stores
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import add_tenant, connect

HOME = "https://mail.example"
SERVER = MailServer("mail.muster.example", 465, Encryption.TLS)


@pytest.mark.parametrize(
    ("account", "kind", "code", "link"),
    [
        (AccountKind.WORKSPACE, IncidentKind.STOPPED, "app-password-rejected", "/connect/"),
        (AccountKind.WORKSPACE, IncidentKind.DEGRADED, "connection-revoked", "/connect/"),
        (AccountKind.WORKSPACE, IncidentKind.DEGRADED, "app-password-rejected", "\n"),
        (AccountKind.OTHER, IncidentKind.STOPPED, "login-rejected", "\n"),
        (AccountKind.RELAY, IncidentKind.STOPPED, "app-password-rejected", "\n"),
    ],
)
def test_a_letter_promises_of_its_link_what_it_does(
    stores: Stores, clock: FakeClock, account: AccountKind, kind: IncidentKind, code: str, link: str
) -> None:
    """A connect link where a consent helps: beside a grant that works, it mends no password."""
    tenant_id = add_tenant(stores, clock.now())
    mailbox = Mailbox("rechnung@muster.example", None, account)
    login = MailLogin(new_id("log"), tenant_id, new_id("con"), SERVER, None, None)
    made = stores.connections.add_login(tenant_id, mailbox, WayKind.APP_PASSWORD, login, clock.now())
    incident = Incident(made.id, tenant_id, 1, kind, code, clock.now())

    letter = _letters(stores, clock).write(Telling(incident, clock.now(), None), made)

    assert f"Reconnect: {HOME}{link}" in letter.text
    assert ("no sign-in" in letter.text) is (link == "/connect/")


@pytest.mark.parametrize("is_paused", [False, True])
def test_the_last_letter_says_whether_the_mailbox_sends(
    stores: Stores, clock: FakeClock, *, is_paused: bool
) -> None:
    """Reconnecting mends a mailbox, but ends no person's pause."""
    mailbox = connect(stores, add_tenant(stores, clock.now()), clock.now())
    if is_paused:
        mailbox = stores.connections.pause(mailbox.tenant_id, mailbox.id, clock.now())
    incident = Incident(
        mailbox.id,
        mailbox.tenant_id,
        1,
        IncidentKind.STOPPED,
        "connection-revoked",
        clock.now(),
        ended_at=clock.now(),
    )

    letter = _letters(stores, clock).write(Telling(incident, clock.now(), None), mailbox)

    assert ("stays paused" in letter.text) is is_paused


def _letters(stores: Stores, clock: FakeClock) -> Letters:
    links = ConnectLinks(
        links=stores.connect_links, connections=stores.connections, public_url=HOME, clock=clock
    )
    return Letters(
        incidents=stores.incidents,
        connections=stores.connections,
        tenants=stores.tenants,
        links=links,
        home=HOME,
    )
