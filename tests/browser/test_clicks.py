"""What a person does, with real clicks."""

import pytest
from playwright.sync_api import expect

from service.outbox.entry import State
from tests.browser.street import Street

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_connect_and_send_a_test_mail(street: Street, scripts: bool) -> None:  # noqa: FBT001, a parameter
    """From the empty page over Google to the timeline, with JavaScript and without."""
    page = street.visitor(java_script_enabled=scripts)
    street.sign_in(page, street.office.tenant())

    page.get_by_role("button", name="Continue with Google").click()
    expect(page.get_by_role("status")).to_have_text(
        "Connected as rechnung@muster.de. Send yourself a test mail now."
    )
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Test mail from Postausgang")
    expect(page.locator("#progress")).to_contain_text("Queued")


def test_the_timeline_follows_by_itself(street: Street) -> None:
    """Whoever waits on the message page sees it become sent, without touching anything."""
    office = street.office
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    page = street.visitor()
    street.sign_in(page, tenant)
    page.goto(f"{street.url}/messages/{entry.id}")
    expect(page.locator("#progress")).to_contain_text("Queued")

    office.tried(entry, State.SENT, status=200, receipt="18f2c3")

    expect(page.locator("#progress")).to_contain_text("Sent: Google accepted the mail")
    expect(page.locator("[hx-trigger*=every]")).to_have_count(0)
    expect(page.get_by_text("Send again …")).to_be_visible()


def test_times_are_shown_in_the_readers_zone(street: Street) -> None:
    """09:00 UTC is 10:00 in Berlin; UTC stays as the tooltip."""
    office = street.office
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    page = street.visitor(language="de")
    street.sign_in(page, tenant)

    page.goto(f"{street.url}/messages/{entry.id}")

    time = page.locator("time").first
    expect(time).to_have_text("23.11.2026, 10:00:00")
    expect(time).to_have_attribute("title", "23.11.2026, 09:00:00 UTC")


def test_a_sent_mail_needs_the_tick_before_it_goes_again(street: Street) -> None:
    """The browser itself stops the form until the box is ticked."""
    office = street.office
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.SENT, status=200, receipt="18f2c3")
    page = street.visitor()
    street.sign_in(page, tenant)
    page.goto(f"{street.url}/messages/{entry.id}")
    page.get_by_text("Send again …").click()

    page.get_by_role("button", name="Send again").click()
    assert office.stores.outbox.get(tenant.id, entry.id).state is State.SENT
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send again").click()

    expect(page.locator("#progress")).to_contain_text("Queued again")


def test_the_keyboard_reaches_the_content_first(street: Street) -> None:
    """The first Tab shows the skip link, Enter leads to the content."""
    page = street.visitor()
    page.goto(street.url)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
