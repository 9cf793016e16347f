"""A message on paper: what is told, dark on white, without what can only be pressed."""

import pytest
from playwright.sync_api import expect

from service.outbox.entry import State
from tests.browser.street import Street

pytestmark = pytest.mark.browser
MODE = "document.documentElement.dataset.bsTheme"


def test_a_message_is_printed_without_its_buttons(street: Street) -> None:
    """Also from a dark screen, which is dark again afterwards."""
    office = street.office
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), "Ihre Rechnung RE-2026-0042")
    office.tried(entry, State.SENT, status=200, receipt="18f2c3d4e5")
    page = street.visitor(mode="dark")
    street.sign_in(page, tenant)
    page.goto(f"{street.url}/messages/{entry.id}")

    page.emulate_media(media="print", color_scheme="dark")
    modes = [page.evaluate(MODE)]
    for happening in ("beforeprint", "afterprint"):
        page.evaluate("(name) => window.dispatchEvent(new Event(name))", happening)
        modes.append(page.evaluate(MODE))

    assert modes == ["dark", "light", "dark"]
    for told in ("Ihre Rechnung RE-2026-0042", "Sent: Google accepted the mail", "18f2c3d4e5", "RE-1.pdf"):
        expect(page.get_by_text(told).first).to_be_visible()
    expect(page.get_by_text("Muster GmbH").first).to_be_visible()
    expect(
        page.locator("button:visible, summary:visible, nav a:visible, footer form *:visible")
    ).to_have_count(0)
