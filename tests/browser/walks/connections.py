"""The mailboxes and what can be done with each."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.street import Street


def walk_connections(street: Street, page: Page) -> Iterator[str]:
    """The first page with mailboxes in every condition, a refused test mail, and a goodbye."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    page.goto(f"{street.url}/connections/{connection.id}/disconnect")
    yield "disconnect"
    long = "buchhaltung-mit-sehr-langer-adresse@muster-und-soehne-gmbh.example.de"
    paused = office.connection(tenant, long)
    office.stores.connections.pause(tenant.id, paused.id, office.clock.now())
    page.goto(street.url)
    yield "home"
    page.locator("summary").first.click()
    page.locator("input[name=to]").first.fill("kein Postfach")
    page.locator(".pa-field button").first.click()
    yield "test-refused"
