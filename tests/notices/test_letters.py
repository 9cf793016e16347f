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
from tests.fakes.outbox import add_tenant

HOME = "https://mail.example"
SERVER = MailServer("mail.muster.example", 465, Encryption.TLS)


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        (WayKind.APP_PASSWORD, AccountKind.WORKSPACE),
        (WayKind.SMTP_SERVER, AccountKind.OTHER),
        (WayKind.RELAY, AccountKind.RELAY),
    ],
)
def test_a_letter_promises_of_its_link_what_it_does(
    stores: Stores, clock: FakeClock, way: WayKind, kind: AccountKind
) -> None:
    """A connect link needs no account of ours; our pages do."""
    tenant_id = add_tenant(stores, clock.now())
    mailbox = Mailbox("rechnung@muster.example", None, kind)
    login = MailLogin(new_id("log"), tenant_id, new_id("con"), SERVER, None, None)
    made = stores.connections.add_login(tenant_id, mailbox, way, login, clock.now())
    incident = Incident(made.id, tenant_id, 1, IncidentKind.STOPPED, "login-rejected", clock.now())

    letter = _letters(stores, clock).write(Telling(incident, clock.now(), None), made)

    is_googles = kind is AccountKind.WORKSPACE
    assert (f"{HOME}/connect/" in letter.text) is is_googles
    assert ("no sign-in" in letter.text) is is_googles


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
