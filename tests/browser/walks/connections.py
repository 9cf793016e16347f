"""The mailboxes and what can be done with each."""

from collections.abc import Iterator

from playwright.sync_api import Page
from pydantic import SecretStr

from service.connections.connection import AccountKind, Connection
from service.connections.credential import Encryption, MailLogin, MailServer
from service.connections.ports import Mailbox
from service.connections.way import WayKind
from service.identifiers import new_id
from tests.browser.street import Street

_SERVER = MailServer("mail.muster-und-soehne-gmbh.example.de", 587, Encryption.STARTTLS)


def walk_connections(street: Street, page: Page) -> Iterator[str]:
    """Mailboxes in every condition: the list, the page of one, the question before the goodbye."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    broken = office.connection(tenant, "verkauf@muster.de", name="Muster & Söhne Verkauf")
    office.revoked(office.entry(broken))
    office.entry(broken)
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    aliases = frozenset({"info@muster.de", "mahnung@muster.de"})
    office.stores.connections.set_aliases(tenant.id, connection.id, aliases)
    office.stores.connections.make_default(tenant.id, connection.id)
    _add_ways(street, connection)
    long = "buchhaltung-mit-sehr-langer-adresse@muster-und-soehne-gmbh.example.de"
    paused = office.connection(tenant, long)
    office.stores.connections.pause(tenant.id, paused.id, office.clock.now())
    for name, path in (
        ("home", "/"),
        ("connection", f"/connections/{connection.id}"),
        ("connection-broken", f"/connections/{broken.id}"),
        ("connection-paused", f"/connections/{paused.id}"),
        ("disconnect", f"/connections/{broken.id}/disconnect"),
    ):
        page.goto(f"{street.url}{path}")
        yield name
    page.goto(f"{street.url}/connections/{connection.id}")
    page.locator("input[name=display_name]").fill("x" * 101)
    page.locator("form[action$=name] button").click()
    yield "name-refused"
    for number in range(30):
        office.connection(tenant, f"filiale-{number:02}@muster.de", name=f"Filiale {number:02}")
    page.goto(f"{street.url}/?q=filiale&page=2")
    yield "home-many"


def _add_ways(street: Street, connection: Connection) -> None:
    """Two fallbacks by passwords."""
    office = street.office
    for kind in (WayKind.APP_PASSWORD, WayKind.SMTP_SERVER):
        login = MailLogin(
            new_id("log"), connection.tenant_id, connection.id, _SERVER, "muster-1", SecretStr("geheim")
        )
        box = Mailbox(connection.address, None, AccountKind.CONSUMER, connection.id)
        office.stores.connections.add_login(connection.tenant_id, box, kind, login, office.clock.now())
