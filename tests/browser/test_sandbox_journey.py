"""The whole way with real clicks: our pages, the sandbox's authorization page, a real worker, the mailbox.

Each journey is made twice, with JavaScript and without: the same results, by links and posts.
"""

import pytest
from playwright.sync_api import expect

from service.access.member import Role
from service.access.session import Standing
from tests.browser.town import ADDRESS, OTHER, Town

pytestmark = pytest.mark.browser


def test_from_the_empty_page_to_a_mail_in_the_mailbox(town: Town) -> None:
    """Connect, send a test mail, watch it become sent, find it in the sandbox's mailbox."""
    town.go_to_google()
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()
    expect(town.page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")

    town.page.get_by_role("link", name="Send test mail").click()
    town.page.get_by_role("button", name="Send test mail").click()

    town.await_result("Google accepted the mail after")
    expect(town.page.locator("#progress")).to_contain_text("Is it in your inbox?")
    town.page.get_by_role("link", name="Yes, arrived").click()
    expect(town.page.get_by_text("your invoices take the same way")).to_be_visible()
    town.page.goto(f"{town.sandbox.url}/mailboxes/{ADDRESS}")
    expect(town.page.get_by_text("Test mail from Postausgang").first).to_be_visible()


def test_the_send_box_left_unticked(town: Town) -> None:
    """The page says which box is missing; *Try again* leads to Google once more, and then it works."""
    town.go_to_google()
    town.page.get_by_role("button", name="Allow").click()
    expect(town.page.get_by_role("heading", level=1)).to_have_text("Permission missing")

    town.page.get_by_role("button", name="Try again").click()
    town.choose()
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()

    expect(town.page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")


def test_another_account_than_the_expected_one(town: Town) -> None:
    """Both are named, nothing is kept; *Choose again* leads back to Google, and then it works."""
    [tenant] = town.services.ground.stores.tenants.all()
    _, link = town.services.links.make(tenant_id=tenant.id, purpose="Rechnungen", expected_address=ADDRESS)
    town.page.goto(link)
    town.page.get_by_role("button", name="Continue with Google").click()
    town.choose(OTHER)
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()
    expect(town.page.get_by_role("heading", level=1)).to_have_text("Another account was used")
    expect(town.page.locator("main")).to_contain_text(OTHER)
    assert town.services.ground.stores.connections.of_tenant(tenant.id) == []

    town.page.get_by_role("button", name="Choose again").click()
    town.choose()
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()

    expect(town.page.locator("main")).to_contain_text(ADDRESS)


def test_cancelled_at_google(town: Town) -> None:
    """Nothing was changed, and the page offers to begin again."""
    town.go_to_google()
    town.page.get_by_role("button", name="Cancel").click()

    expect(town.page.get_by_role("heading", level=1)).to_have_text("Cancelled at Google")
    expect(town.page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_visitor_connects_by_a_link(town: Town) -> None:
    """A German link, a browser without an account here: consent, the confirm page, and the way back."""
    tenants = town.services.ground.stores.tenants.all()
    _, address = town.services.links.make(
        tenant_id=tenants[0].id,
        purpose="Rechnungen aus Musterrechnung",
        expected_address=ADDRESS,
        return_url="https://app.example.com/mail",
        locale="de",
    )
    town.page.context.clear_cookies()
    town.page.goto(address)
    town.page.get_by_role("button", name="Weiter mit Google").click()
    town.choose()
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()
    expect(town.page.get_by_role("heading", level=1)).to_have_text("Dieses Postfach verbinden?")
    assert town.services.ground.stores.connections.of_tenant(tenants[0].id) == []

    town.page.get_by_role("button", name="Bestätigen").click()

    expect(town.page.get_by_role("status")).to_have_text(f"Muster GmbH kann jetzt von {ADDRESS} versenden.")
    expect(town.page.get_by_role("link", name="Zurück zu app.example.com")).to_be_visible()
    town.page.goto(address)
    expect(town.page.get_by_role("heading", level=1)).to_have_text("Dieser Link ist nicht mehr gültig")


def test_disconnect_ends_the_grant_at_google(town: Town) -> None:
    """After the question is answered the mailbox is gone from the page."""
    town.go_to_google()
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()

    town.page.get_by_role("link", name="Disconnect …").click()
    town.page.get_by_role("button", name="Disconnect").click()

    expect(town.page.get_by_role("status")).to_contain_text(f"{ADDRESS} is disconnected.")
    expect(town.page.get_by_text("No account connected yet.")).to_be_visible()


def test_an_app_password_from_the_form_to_a_mail_in_the_mailbox(town: Town) -> None:
    """A wrong password is refused and not shown again; the right one, with spaces, connects and sends."""
    letters = town.sandbox.google.app_password(ADDRESS)
    town.page.goto(f"{town.url}/connections/new")
    town.page.get_by_role("link", name="Set up App password").click()
    town.page.get_by_label("Email address").fill(ADDRESS)
    town.page.get_by_label("App password").fill("abcd efgh ijkl mnop")
    town.page.get_by_role("button", name="Check and save").click()
    expect(town.page.get_by_role("alert")).to_contain_text("app-password-rejected")
    expect(town.page.get_by_label("Email address")).to_have_value(ADDRESS)
    expect(town.page.get_by_label("App password")).to_have_value("")

    town.page.get_by_label("App password").fill(" ".join(letters[at : at + 4] for at in range(0, 16, 4)))
    town.page.get_by_role("button", name="Check and save").click()
    expect(town.page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")
    town.page.get_by_role("link", name="Send test mail").click()
    town.page.get_by_role("button", name="Send test mail").click()

    town.await_result("Google accepted the mail after")
    town.page.goto(f"{town.sandbox.url}/mailboxes/{ADDRESS}")
    expect(town.page.get_by_text("Test mail from Postausgang").first).to_be_visible()


def test_an_admin_lets_a_colleague_in_who_signs_in_with_google(town: Town) -> None:
    """Added by address on the members' page; refused before, let in after, by the same clicks."""
    page, door = town.page, town.url
    page.get_by_role("button", name="Sign out").click()
    sign_in(town)
    page.get_by_role("button", name="Allow").click()  # Google asks once
    expect(page.get_by_role("heading", name="This Google account may not sign in here")).to_be_visible()
    [tenant] = town.services.ground.stores.tenants.all()
    link = town.services.administration.session_links.login(Standing(Role.ADMIN, tenant.id)).rpartition("/")[
        2
    ]
    page.goto(f"{door}/login/{link}")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Address of the Google account").fill(ADDRESS)
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("heading", name=ADDRESS)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    sign_in(town)

    expect(page.get_by_role("heading", name="Connections")).to_be_visible()
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)


def sign_in(town: Town) -> None:
    """Press *Sign in with Google* on the start page and choose the account."""
    town.page.goto(town.url)
    town.page.get_by_role("button", name="Sign in with Google").click()
    town.choose()


def test_an_unclear_mail_is_decided_by_its_owner(town: Town) -> None:
    """Google's answer was lost: the page says so, and a person's word settles it."""
    connect(town)
    town.sandbox.google.arm("drop-after")
    town.page.get_by_role("link", name="Send test mail").click()
    town.page.get_by_role("button", name="Send test mail").click()
    town.await_result("Unclear")
    town.page.get_by_role("link", name="Activity").click()
    town.page.get_by_role("link", name="Test mail from Postausgang").click()

    town.page.get_by_role("button", name="It was sent").click()

    expect(town.page.locator("#progress")).to_contain_text("Settled by a person")
    expect(town.page.locator("#progress")).to_contain_text("it was sent")


def test_the_language_is_switched_and_stays(town: Town) -> None:
    """One press, on the same page, and for all that follow."""
    town.page.get_by_role("link", name="Activity").click()

    town.page.get_by_role("button", name="Deutsch").click()
    expect(town.page.get_by_role("heading", level=1)).to_have_text("Versandprotokoll")
    town.page.get_by_role("link", name="Verbindungen", exact=True).click()

    expect(town.page.get_by_role("link", name="Verbindung hinzufügen")).to_be_visible()


def connect(town: Town) -> None:
    """Connect the mailbox, all boxes ticked."""
    town.go_to_google()
    town.page.get_by_label("Select all").check()
    town.page.get_by_role("button", name="Allow").click()
    expect(town.page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")
