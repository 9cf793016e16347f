"""The live check of a mailbox: its steps appear while it runs; without JavaScript they come with the page."""

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from service.connections.ports import ProbeName, ProbeStep
from tests.browser.street import Street

pytestmark = pytest.mark.browser
ADDRESS = "rechnung@gmail.com"
REPLY = "535 5.7.8 Username and Password not accepted"
WITH_AND_WITHOUT = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "bare"])


def open_form(street: Street, path: str = "/connections/new/app-password", *, scripts: bool = True) -> Page:
    """The form, filled in."""
    page = street.visitor(java_script_enabled=scripts)
    street.sign_in(page, street.office.tenant())
    page.goto(street.url + path)
    page.get_by_label("Email address").fill(ADDRESS)
    page.get_by_label("App password").fill("abcd efgh ijkl mnop")
    return page


def press(page: Page) -> None:
    """*Check and save*."""
    page.get_by_role("button", name="Check and save").click()


def live(page: Page) -> Locator:
    """The steps that are told while the check runs."""
    return page.locator("form ol[aria-live=polite] li")


class Gate:
    """Holds the check before one step until it is opened."""

    def __init__(self, street: Street, name: ProbeName) -> None:
        self._held, self._go, self._name = threading.Event(), threading.Event(), name
        street.office.probe.before = self._hold
        self.open: Callable[[], None] = self._go.set
        self.checks = 0

    def _hold(self, name: ProbeName) -> None:
        self.checks += name is ProbeName.RESOLVE
        if name is self._name:
            self._go.wait(30)


@pytest.mark.parametrize("path", ["/connections/new/app-password", "/workspace/relay"])
def test_each_step_is_shown_while_the_next_one_runs(street: Street, path: str) -> None:
    """What is through is read out, what runs is only shown; then the page with the result is there."""
    page = open_form(street, path)
    gate = Gate(street, ProbeName.SIGN_IN)

    press(page)
    expect(live(page)).to_have_text(["Server name OK", "Connection OK", "Encryption OK", "Sign-in Running …"])
    expect(live(page).last).to_have_attribute("aria-hidden", "true")
    press(page)
    gate.open()

    expect(page.get_by_role("status").first).to_contain_text(f"Connected as {ADDRESS}.")
    expect(page.locator("main")).to_be_focused()
    assert gate.checks == 1


@WITH_AND_WITHOUT
def test_wrong_then_right(street: Street, scripts: bool) -> None:  # noqa: FBT001, a parameter
    """The step that failed with the server's words; then the mailbox's own page, at its own address."""
    street.office.probe.failing = ProbeStep(ProbeName.SIGN_IN, "app-password-rejected", REPLY)
    page = open_form(street, scripts=scripts)

    press(page)
    tried = page.get_by_role("list", name="What was tried at the mail server")
    expect(tried.get_by_role("listitem")).to_have_count(4)
    expect(tried).to_contain_text(REPLY)
    expect(page.get_by_label("Email address")).to_have_value(ADDRESS)
    street.office.probe.failing = None
    page.get_by_label("App password").fill("abcd efgh ijkl mnop")
    press(page)

    expect(page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")
    expect(page.get_by_role("status").get_by_role("listitem")).to_have_count(len(ProbeName))
    assert "/connections/con_" in page.url
    expect(page).to_have_title(f"{ADDRESS} · Postausgang")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(ADDRESS)
    expect(page.get_by_role("status")).to_have_count(0)


def test_the_page_that_came_by_itself_works_like_any_other(street: Street) -> None:
    """Its language switch comes back to it, and its forms are forms."""
    page = open_form(street)
    press(page)
    expect(page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")
    page.get_by_label("Sender name").fill("Muster GmbH")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status")).to_have_text("The sender name is saved.")


def test_whoever_leaves_while_it_runs_finds_everything_as_it_was(street: Street) -> None:
    """Another page at once; no complaint, and the next check runs."""
    page = open_form(street)
    gate = Gate(street, ProbeName.SIGN_IN)
    press(page)
    expect(live(page)).to_have_count(4)

    page.get_by_role("link", name="All ways to connect").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Add connection")
    gate.open()


def test_an_answer_that_is_cut_off_says_where_to_look(street: Street) -> None:
    """The form can be sent again: what was typed is still there."""
    page = open_form(street)
    page.route("**/app-password", lambda route: route.abort() if route.request.method == "POST" else None)

    press(page)

    expect(live(page)).to_have_count(1)
    expect(live(page)).to_contain_text("The answer was cut off.")
    page.unroute("**/app-password")
    press(page)
    expect(page.get_by_role("status")).to_contain_text(f"Connected as {ADDRESS}.")
