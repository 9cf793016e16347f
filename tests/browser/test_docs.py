"""The API documentation, on the way from the developers' page and back to it."""

import pytest
from playwright.sync_api import expect

from tests.browser.town import Town

pytestmark = pytest.mark.browser


def test_the_documentation_leads_back(town: Town) -> None:
    """With scripts it shows the operations; without them the links are there all the same."""
    page = town.page
    page.get_by_role("link", name="Developers").click()
    page.get_by_role("link", name="API documentation").click()
    if town.has_scripts:
        expect(page.get_by_text("/v1/messages", exact=True).first).to_be_visible()
    else:
        expect(page.get_by_role("link", name="OpenAPI 3.1")).to_be_visible()

    page.get_by_role("link", name="Postausgang").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Developers")
