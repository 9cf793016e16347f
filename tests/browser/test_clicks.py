"""What a person does, with real clicks."""

import re

import pytest
from playwright.sync_api import Route, expect

from service.connections.way import WayKind
from service.errors import ConsentDeniedError
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from tests.browser.street import Street
from tests.web.office import CLIENT_ID

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_connect_and_send_a_test_mail(street: Street, scripts: bool) -> None:  # noqa: FBT001, a parameter
    """From the empty page over Google to the result, with JavaScript and without."""
    page = street.visitor(java_script_enabled=scripts)
    tenant = street.office.tenant()
    street.sign_in(page, tenant)

    page.get_by_role("link", name="Add connection").click()
    page.get_by_role("button", name="Continue with Google").click()
    expect(page.get_by_role("status")).to_have_text(
        "Connected as rechnung@muster.de. Send yourself a test mail now."
    )
    page.get_by_role("link", name="Send test mail").click()
    page.get_by_role("button", name="Send test mail").click()

    expect(page.locator("#progress")).to_contain_text("Queued")
    [mailbox] = street.office.stores.connections.of_tenant(tenant.id)
    entry = street.office.stores.outbox.get(tenant.id, page.url.rpartition("/")[2])
    street.office.tried(entry, State.SENT, status=200, receipt="18f2c3")
    page.reload()
    page.get_by_role("link", name="In spam").click()
    expect(page.get_by_text("SPF, DKIM and DMARC")).to_be_visible()
    page.get_by_role("link", name="Back to the connection").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(mailbox.address)


def test_a_button_that_is_pressed_twice_sends_its_form_once(street: Street) -> None:
    """Else two mails would go while the first answer takes its time; who goes back sends it again."""
    tenant = street.office.tenant()
    connection = street.office.connection(tenant)
    page = street.visitor()
    street.sign_in(page, tenant)
    form = f"{street.url}/connections/{connection.id}/test"
    posts: list[Route] = []
    page.route(
        form, lambda route: posts.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.goto(form)
    box = page.get_by_role("button", name="Send test mail").bounding_box()
    assert box is not None

    with page.expect_request(form):
        page.mouse.click(box["x"] + 5, box["y"] + 5)
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    posts[0].continue_()
    expect(page.locator("#progress")).to_contain_text("Queued")
    assert len(posts) == 1
    page.unroute(form)
    page.go_back()
    page.get_by_role("button", name="Send test mail").click()
    expect(page.locator("#progress")).to_contain_text("Queued")
    assert len(street.office.stores.outbox.search(tenant.id, MessageFilter(), 10)) == 2


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


def test_a_key_is_copied_with_one_click(street: Street) -> None:
    """The whole key lands on the clipboard, and the page says so."""
    page = street.visitor(permissions=["clipboard-read", "clipboard-write"])
    street.sign_in(page, street.office.tenant())
    page.goto(f"{street.url}/developers/keys/new")
    page.get_by_label("Name").fill("ERP")
    page.get_by_role("button", name="Create API key").click()

    page.get_by_role("button", name="Copy").first.click()

    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#secret").inner_text()


def test_keys_are_made_replaced_and_revoked_without_javascript(street: Street) -> None:
    """By links and posts alone; the copy buttons, which would do nothing, are not there."""
    office = street.office
    tenant = office.tenant()
    page = street.visitor(java_script_enabled=False)
    street.sign_in(page, tenant)
    page.get_by_role("link", name="Developers").click()
    page.get_by_role("link", name="To the API keys").click()
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Name").fill("ERP")
    page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="ERP").click()
    page.get_by_label("7 days").check()
    page.get_by_role("button", name="Replace key").click()
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="ERP").first.click()
    page.get_by_role("link", name="Revoke …").click()
    page.get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("Revoked", exact=True)).to_have_count(1)
    keys = office.stores.api_keys.of_tenant(tenant.id)
    assert sorted((key.revoked_at is None, key.expires_at is None) for key in keys) == [
        (False, False),
        (True, False),
    ]


def test_times_are_shown_in_the_zone_of_the_installation(street: Street) -> None:
    """09:00 UTC is 10:00 in Berlin, for a browser in Tokyo too: so the days of the filters are the same."""
    office = street.office
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    page = street.visitor(language="de")
    street.sign_in(page, tenant)

    page.goto(f"{street.url}/messages/{entry.id}")

    time = page.locator("time").first
    expect(time).to_have_text("23.11.2026, 10:00:00")
    expect(time).to_have_attribute("title", re.compile("Mitteleuropäische Normalzeit"))


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


@pytest.mark.parametrize("scripts", [True, False])
def test_ways_are_put_into_another_order(street: Street, scripts: bool) -> None:  # noqa: FBT001, a parameter
    """Added, moved up and removed with clicks, with JavaScript and without."""
    office = street.office
    tenant = office.tenant()
    connection = office.connection(tenant, "rechnung@gmail.com")
    page = street.visitor(java_script_enabled=scripts)
    street.sign_in(page, tenant)
    page.get_by_role("link", name="rechnung@gmail.com").click()
    page.get_by_role("link", name="App password").click()
    page.get_by_label("App password").fill("abcd efgh ijkl mnop")
    page.get_by_role("button", name="Check and save").click()

    page.get_by_role("button", name="Move up App password").click()
    expect(page.get_by_role("status")).to_have_text("The ways to send are saved.")
    expect(page.locator(".pa-ways").first.locator("strong")).to_have_text(["App password", "Google account"])
    page.get_by_text("Remove … Google account").click()
    page.get_by_role("button", name="Remove Google account").click()

    route = office.stores.connections.route(tenant.id, connection.id)
    assert [state.way.kind for state in route] == [WayKind.APP_PASSWORD]


def test_the_request_for_the_admin_is_copied(street: Street) -> None:
    """The whole text with the client ID, by one button that only the script shows."""
    page = street.visitor(permissions=["clipboard-read", "clipboard-write"])
    street.sign_in(page, street.office.tenant())
    street.office.consent.failure = ConsentDeniedError("admin_policy_enforced")
    page.get_by_role("link", name="Add connection").click()
    page.get_by_role("button", name="Continue with Google").click()

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status")).to_have_text("Copied")
    assert CLIENT_ID in page.evaluate("navigator.clipboard.readText()")
