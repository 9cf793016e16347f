"""Before and just after signing in, and the help pages."""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.street import Street


def walk_entrance(street: Street, page: Page) -> Iterator[str]:
    """From the first look to the first, empty page."""
    tenant = street.office.tenant("Muster & Söhne GmbH")
    page.goto(street.url)
    yield "welcome"
    page.goto(f"{street.url}/login/{street.office.login_secret(tenant)}")
    yield "login"
    page.locator("main button").click()
    yield "empty"
    page.goto(f"{street.url}/messages")
    yield "messages-empty"
    page.goto(f"{street.url}/problems/connection-revoked")
    yield "explained"
    page.goto(f"{street.url}/problems")
    yield "problems"
