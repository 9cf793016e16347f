"""The test mail, from its form to each result."""

from collections.abc import Iterator

from playwright.sync_api import Page

from service.outbox.entry import Entry, State
from tests.browser.street import Street


def walk_trials(street: Street, page: Page) -> Iterator[str]:
    """The form, a refused one, on its way, accepted with its advice, refused, and waiting."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    aliases = frozenset({"mahnung-mit-langem-namen@muster-und-soehne-gmbh.example.de"})
    office.stores.connections.set_aliases(tenant.id, connection.id, aliases)
    form = f"{street.url}/connections/{connection.id}/test"
    page.goto(form)
    yield "test"
    page.locator("input[name=to]").fill("kein Postfach")
    page.locator("main .btn-primary").click()
    yield "test-refused"
    page.goto(form)
    page.locator("main .btn-primary").click()
    yield "tested-queued"
    office.tried(_entry(street, tenant.id, page), State.SENT, status=200, receipt="18f2c3", reply="SENT")
    page.goto(page.url.partition("?")[0])
    page.locator(".pa-answers a").nth(1).click()
    page.locator("summary").click()
    yield "tested-sent"
    page.goto(form)
    page.locator("main .btn-primary").click()
    reply = "Invalid To header " * 20
    office.tried(
        _entry(street, tenant.id, page), State.FAILED, status=400, code="message-refused", reply=reply
    )
    page.goto(page.url)
    page.locator("summary").click()
    yield "tested-failed"
    page.goto(form)
    page.locator("main .btn-primary").click()
    office.revoked(_entry(street, tenant.id, page))
    page.goto(page.url)
    yield "tested-waiting"


def _entry(street: Street, tenant_id: str, page: Page) -> Entry:
    page.wait_for_url("**/msg_*")
    return street.office.stores.outbox.get(tenant_id, page.url.rpartition("/")[2])
