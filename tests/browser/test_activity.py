"""Did my invoice go out? With real clicks, with the script and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from service.access.member import Role
from service.access.session import Standing
from service.connections.connection import Connection
from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind, State
from service.outbox.trial import KIND
from tests.browser.street import Street

pytestmark = pytest.mark.browser


def _company(street: Street, page: Page) -> Connection:
    tenant = street.office.tenant()
    street.sign_in(page, tenant)
    return street.office.connection(tenant)


@pytest.mark.parametrize("scripts", [True, False])
def test_an_invoice_is_found_by_its_number(street: Street, scripts: bool) -> None:  # noqa: FBT001, a parameter
    """Typed into the search, and its state is read in the list; the address can be passed on."""
    page = street.visitor(java_script_enabled=scripts)
    connection = _company(street, page)
    entry = street.office.entry(connection, "Rechnung Mai", reference="RE-2026-0042")
    street.office.tried(entry, State.SENT, receipt="18f2c3")
    street.office.entry(connection, "Rechnung April")
    page.goto(f"{street.url}/messages")

    page.get_by_label("Search recipient, subject, invoice no.").fill("0042")
    page.get_by_role("button", name="Search").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Sent")
    expect(page).to_have_url(re.compile("q=0042"))
    page.goto(page.url)
    expect(page.locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_wrong_address_is_corrected_and_the_mail_goes_again(
    street: Street,
    scripts: bool,  # noqa: FBT001, a parameter
) -> None:
    """From the failed message over the form to the new one, which names the earlier one."""
    page = street.visitor(java_script_enabled=scripts)
    wrong = (Recipient(RecipientKind.TO, Address("kunde@falsch.example")),)
    entry = street.office.entry(_company(street, page), "Rechnung", recipients=wrong)
    street.office.tried(entry, State.FAILED, code="recipient-unknown")
    page.goto(f"{street.url}/messages/{entry.id}")

    page.get_by_role("link", name="Correct address and send").click()
    page.get_by_label("To").fill("kunde@example.com")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#progress")).to_contain_text("to corrected addresses")
    expect(page.get_by_text("kunde@example.com")).to_be_visible()
    page.get_by_role("link", name="Open the other message").click()
    expect(page.locator("#progress")).to_contain_text("Sent to corrected addresses, as a new message")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_unclear_message_is_decided(street: Street, scripts: bool) -> None:  # noqa: FBT001, a parameter
    """The owner looked into *Sent* and says so; the timeline keeps it."""
    page = street.visitor(java_script_enabled=scripts)
    entry = street.office.entry(_company(street, page))
    street.office.tried(entry, State.UNCERTAIN, code="answer-lost")
    page.goto(f"{street.url}/messages/{entry.id}")

    page.get_by_role("button", name="It was sent").click()

    expect(page.locator("#progress")).to_contain_text("Settled by a person")


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("/messages", "Failed"),
        ("/messages/{entry}", "Failed for good"),
        ("/connections/{connection}/test/{entry}", "The mail was not sent."),
    ],
)
def test_what_follows_by_itself_outlives_a_server_that_is_away(
    street: Street, path: str, failure: str
) -> None:
    """A proxy's 502 while the service starts anew wipes nothing off the page; then it follows as before."""
    page = street.visitor()
    connection = _company(street, page)
    entry = street.office.entry(connection, metadata=(KIND,))
    place = street.url + path.format(entry=entry.id, connection=connection.id)
    page.goto(place)
    page.route(place, lambda route: route.fulfill(status=502, content_type="text/html", body="Bad gateway"))

    with page.expect_request_finished(lambda request: request.url == place):
        pass  # the first look that goes wrong
    with page.expect_request_finished(lambda request: request.url == place):
        pass  # by the second one the first answer has been dealt with
    state = page.locator("main .pa-status").first
    expect(state).to_have_text("Queued")
    street.office.tried(entry, State.FAILED)
    page.unroute(place)

    expect(page.locator("#list .pa-status, #progress")).to_contain_text(failure)


def test_who_is_signed_out_meanwhile_is_told(street: Street) -> None:
    """The page that follows by itself becomes the one that asks to sign in, and not an empty one."""
    page = street.visitor()
    street.office.entry(_company(street, page))
    page.goto(f"{street.url}/messages")

    page.context.clear_cookies()

    expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in")


def test_a_list_never_shows_what_another_tab_has_gone_on_to(street: Street) -> None:
    """An operator looks at the next tenant in a second tab: the first one follows, head and list."""
    office = street.office
    first, second = office.tenant("Erste GmbH"), office.tenant("Zweite GmbH")
    for tenant in (first, second):
        office.entry(office.connection(tenant), f"Rechnung der {tenant.name}")
    page = street.visitor()
    page.goto(f"{street.url}/login/{office.link_secret(Standing(Role.OPERATOR, first.id))}")
    with page.expect_navigation():
        page.locator("main button").click()
    page.goto(f"{street.url}/messages")
    other = page.context.new_page()
    other.goto(f"{street.url}/tenants")

    other.get_by_role("button", name="Look at Zweite GmbH").click()
    expect(other.locator(".pa-tenant")).to_have_text("Zweite GmbH")

    expect(page.locator("tbody")).to_contain_text("Rechnung der Zweite GmbH")
    expect(page.locator(".pa-tenant")).to_have_text("Zweite GmbH")


def test_a_search_that_the_server_cannot_answer_shows_what_it_says(street: Street) -> None:
    """The error is the page, at the address of the search: loading it again is trying again."""
    page = street.visitor()
    _company(street, page)
    page.goto(f"{street.url}/messages")
    page.route("**/messages?*", lambda route: route.fulfill(status=503, body="No database"))

    page.get_by_label("Search recipient, subject, invoice no.").fill("0042")
    page.get_by_role("button", name="Search").click()

    expect(page.locator("body")).to_have_text("No database")
    expect(page).to_have_url(re.compile(r"/messages\?q=0042"))


def test_a_filter_narrows_the_list_without_a_new_page(street: Street) -> None:
    """The list is exchanged, the address follows, and the field keeps the focus."""
    page = street.visitor()
    connection = _company(street, page)
    failed = street.office.entry(connection, "Rechnung Mai")
    street.office.tried(failed, State.FAILED, code="recipient-unknown")
    street.office.entry(connection, "Rechnung April")
    page.goto(f"{street.url}/messages")
    page.evaluate("window.isStillHere = true")
    page.get_by_text("More filters").click()

    page.get_by_label("Status").focus()
    page.get_by_label("Status").select_option("failed")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_label("Status")).to_be_focused()
    expect(page).to_have_url(re.compile("status=failed"))
    assert page.evaluate("window.isStillHere")
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_language_is_changed_without_losing_the_filter(street: Street) -> None:
    """Also of a filter that was set without a new page."""
    page = street.visitor()
    connection = _company(street, page)
    failed = street.office.entry(connection, "Rechnung Mai")
    street.office.tried(failed, State.FAILED, code="recipient-unknown")
    street.office.entry(connection, "Rechnung April")
    page.goto(f"{street.url}/messages")
    page.get_by_text("More filters").click()
    page.get_by_label("Status").select_option("failed")
    expect(page.locator("tbody tr")).to_have_count(1)

    page.get_by_role("button", name="Deutsch").click()

    expect(page.get_by_role("heading", name="Versandprotokoll")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_label("Status")).to_have_value("failed")


def test_without_scripts_a_link_looks_again(street: Street) -> None:
    """At the same filters, until nothing moves any more."""
    page = street.visitor(java_script_enabled=False)
    entry = street.office.entry(_company(street, page), "Rechnung Mai")
    page.goto(f"{street.url}/messages?q=mai")
    expect(page.locator("tbody")).to_contain_text("Queued")
    street.office.tried(entry, State.SENT, receipt="18f2c3")

    page.get_by_role("link", name="Look again").click()

    expect(page.locator("tbody")).to_contain_text("Sent")
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
    assert page.url.endswith("?q=mai")


def test_the_list_follows_by_itself_until_nothing_moves(street: Street) -> None:
    """The row becomes sent, says when, and then nobody asks any more."""
    page = street.visitor()
    entry = street.office.entry(_company(street, page))
    page.goto(f"{street.url}/messages")
    expect(page.locator("tbody")).to_contain_text("Queued")

    street.office.tried(entry, State.SENT, receipt="18f2c3")

    expect(page.locator("tbody")).to_contain_text("Sent")
    expect(page.locator("tbody time").first).to_have_attribute("title", re.compile("10:00:01"))
    expect(page.locator("[hx-trigger*=every]")).to_have_count(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    page.clock.run_for(60_000)
    assert asked == []


def test_what_a_person_opened_stays_open_while_the_page_follows(street: Street) -> None:
    """A second state comes in; the raw reply of the first try is still being read."""
    page = street.visitor()
    office = street.office
    entry = office.entry(_company(street, page))
    office.tried(entry, State.DEFERRED, code="google-unavailable", reply="first reply")
    page.goto(f"{street.url}/messages/{entry.id}")
    page.locator("#progress summary").first.click()

    page.evaluate("htmx.trigger('#message', 'every')")
    office.stores.outbox.cancel(entry.tenant_id, entry.id, office.clock.advance(1), "Anna")
    page.evaluate("htmx.trigger('#message', 'every')")

    expect(page.locator("#progress")).to_contain_text("Cancelled")
    expect(page.get_by_text("first reply")).to_be_visible()


def test_an_id_is_copied_by_its_button(street: Street) -> None:
    """And the page says that it was."""
    page = street.visitor(permissions=["clipboard-read", "clipboard-write"])
    entry = street.office.entry(_company(street, page))
    page.goto(f"{street.url}/messages/{entry.id}")

    page.get_by_role("button", name="Copy Message number").click()

    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == entry.id


def test_the_mail_is_downloaded_and_not_shown(street: Street) -> None:
    """Its bytes are those that are kept."""
    page = street.visitor()
    entry = street.office.entry(_company(street, page))
    page.goto(f"{street.url}/messages/{entry.id}")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the mail (.eml)").click()

    assert download.value.suggested_filename == f"{entry.id}.eml"
    content = b"".join(street.office.stores.outbox.content(entry.tenant_id, entry.id))
    assert download.value.path().read_bytes() == content
