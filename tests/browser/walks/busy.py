"""Pages whose check was not begun, because another one is running."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.street import Street
from tests.fakes.delegations import ALICE, add_delegation


def walk_busy(street: Street, page: Page) -> Iterator[str]:
    """App password, relay, delegation and domain: each stays as it was typed, with a word on top."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    made = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    street.sign_in(page, tenant)
    with office.turns.of(tenant.id):
        page.goto(f"{street.url}/connections/new/app-password")
        page.locator("#address").fill("rechnung@gmail.com")
        page.locator("#password").fill("abcd efgh ijkl mnop")
        page.locator("main form .btn-primary").click()
        page.locator("main [role=alert]").wait_for()
        yield "busy-app-password"
        page.goto(f"{street.url}/workspace/relay")
        page.locator("#address").fill("rechnung@muster.example")
        page.locator("#password").fill("abcd efgh ijkl mnop")
        page.locator("main form .btn-primary").click()
        page.locator("main [role=alert]").wait_for()
        yield "busy-relay"
        page.goto(f"{street.url}/workspace/delegation/{made.id}")
        page.locator("#check form button").click()
        page.locator("#check [role=alert]").wait_for()
        yield "busy-delegation"
        page.goto(f"{street.url}/workspace/domains")
        page.locator("main form .btn-primary").click()
        page.locator("main [role=alert]").wait_for()
        yield "busy-domains"
