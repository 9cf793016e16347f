"""The wizard's checks: their steps appear while they run; without JavaScript they come with the page."""

import threading

import pytest
from playwright.sync_api import Locator, Page, expect

from service.connections.delegation import Delegation
from service.errors import DelegationError
from tests.browser.street import Street
from tests.fakes.delegations import ALICE, SEND, add_delegation

pytestmark = pytest.mark.browser
DOMAIN, GOOGLE = "muster.example", "_spf.google.com"
METADATA = "https://www.googleapis.com/auth/gmail.metadata"


def set_up(street: Street) -> Delegation:
    """One sender, two scopes: Google is asked twice."""
    office = street.office
    scopes = f"{SEND} {METADATA}"
    return add_delegation(office.stores, office.tenant().id, office.clock.now(), ALICE, scopes=scopes)


def open_page(street: Street, one: Delegation, path: str, *, scripts: bool = True) -> Page:
    """A page of the wizard, with JavaScript or without."""
    page = street.visitor(java_script_enabled=scripts)
    street.sign_in(page, street.office.stores.tenants.get(one.tenant_id))
    page.goto(street.url + path)
    return page


def press(page: Page) -> None:
    """*Check*."""
    page.get_by_role("button", name="Check", exact=True).click()


def live(page: Page) -> Locator:
    """The steps that are told while the check runs."""
    return page.locator("form ol[aria-live=polite] li")


def test_the_steps_of_a_delegation_appear_while_google_is_asked(street: Street) -> None:
    """What the first scope proves stands there while the second is asked for; then the page, at the check."""
    one, go_on = set_up(street), threading.Event()
    street.office.google.before = lambda wish: go_on.wait(30) if wish.scopes == {SEND} else None
    here = f"/workspace/delegation/{one.id}"
    page = open_page(street, one, here)

    press(page)
    expect(live(page)).to_have_text(
        [
            "Key readable OK",
            "Clock right OK",
            "Client ID admitted with its scope OK",
            "User exists OK",
            f"Scope granted {METADATA} OK",
            f"Scope granted {SEND} Running …",
        ]
    )
    expect(live(page).last).to_have_attribute("aria-hidden", "true")
    press(page)
    go_on.set()

    expect(page.locator("#check .pa-note")).to_contain_text(f"Access granted for {ALICE}.")
    expect(page.locator("#check")).to_be_focused()
    expect(page.locator("#check h2")).to_be_in_viewport()
    assert (page.url, len(street.office.google.wishes)) == (street.url + here, 2)


def test_the_last_answer_goes_while_google_is_asked_anew(street: Street) -> None:
    """Nobody reads the old steps for the new ones."""
    one, go_on = set_up(street), threading.Event()
    street.office.google.failures["*"] = DelegationError("delegation-denied", "unauthorized_client")
    page = open_page(street, one, f"/workspace/delegation/{one.id}")
    press(page)
    expect(page.locator("#check .pa-note.pa-bad")).to_be_visible()
    street.office.google.failures.clear()
    street.office.google.before = lambda _: go_on.wait(30)

    page.get_by_role("button", name="Check again").click()

    expect(live(page)).to_have_count(1)
    expect(page.locator("#check .pa-note")).to_be_hidden()
    go_on.set()
    expect(page.locator("#check .pa-note.pa-good")).to_be_visible()


def test_the_steps_of_a_delegation_come_with_the_page_without_scripts(street: Street) -> None:
    """The same rows; nothing stands where they would have appeared one by one."""
    one = set_up(street)
    page = open_page(street, one, f"/workspace/delegation/{one.id}", scripts=False)

    press(page)

    expect(page.locator("#check .pa-note")).to_contain_text(f"Access granted for {ALICE}.")
    expect(page.locator("#check .pa-checks").first.get_by_role("listitem")).to_have_count(8)
    expect(live(page)).to_have_count(0)


def test_the_records_of_a_domain_appear_while_the_dns_is_asked(street: Street) -> None:
    """The slow one comes last and is named while it is looked up; then the page with all that was found."""
    go_on, one = threading.Event(), set_up(street)
    street.office.names.zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject")
    street.office.names.zone.text(DOMAIN, f"v=spf1 include:{GOOGLE} ~all")
    street.office.names.before = lambda name: go_on.wait(30) if name == GOOGLE else None
    page = open_page(street, one, "/workspace/domains")

    press(page)
    expect(live(page)).to_have_text(
        [
            "DKIM: signature Not known",
            "DMARC: what happens to forgeries OK",
            "SPF: who may send Running …",
        ]
    )
    go_on.set()

    expect(page.get_by_role("heading", level=2)).to_have_text(DOMAIN)
    expect(page.locator("main")).to_be_focused()
    expect(page.get_by_role("heading", level=3)).to_have_count(3)
    assert page.url == f"{street.url}/workspace/domains"


def test_the_records_of_a_domain_come_with_the_page_without_scripts(street: Street) -> None:
    """All three at once."""
    page = open_page(street, set_up(street), "/workspace/domains", scripts=False)

    press(page)

    expect(page.get_by_role("heading", level=3)).to_have_count(3)
    expect(live(page)).to_have_count(0)


def test_a_check_that_is_cut_off_can_be_run_again(street: Street) -> None:
    """It says so where its steps would stand."""
    one = set_up(street)
    page = open_page(street, one, f"/workspace/delegation/{one.id}")
    page.route("**/check", lambda route: route.abort())

    press(page)

    expect(live(page)).to_have_text(["The answer was cut off. Please check again."])
    page.unroute("**/check")
    press(page)
    expect(page.locator("#check .pa-note")).to_contain_text(f"Access granted for {ALICE}.")
