"""A whole company by delegation."""

from collections.abc import Iterator

from playwright.sync_api import Page

from service.errors import DelegationError
from tests.browser.street import Street
from tests.fakes.delegations import ALICE, add_delegation


def walk_delegation(street: Street, page: Page) -> Iterator[str]:
    """Before there is one, after it was kept, and after Google refused it."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    page.goto(f"{street.url}/delegations")
    yield "delegation-none"
    add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    page.goto(f"{street.url}/delegations")
    yield "delegation"
    office.google.failures["*"] = DelegationError("delegation-denied", "unauthorized_client")
    page.locator("form[action$=check] button").click()
    yield "delegation-refused"
