"""A Workspace admin sets the company up, against the sandbox's consoles, with JavaScript and without."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from service.consent.scopes import SEND
from tests.browser.town import ADDRESS, Town

pytestmark = pytest.mark.browser
DOMAIN = ADDRESS.partition("@")[2]


def test_delegation_with_a_missing_scope_then_right(town: Town, tmp_path: Path) -> None:
    """The check names what the Admin console lacks; after the entry is right a mail goes out."""
    document = town.sandbox.google.service_account(town.sandbox.url)
    key = tmp_path / "key.json"
    key.write_text(json.dumps(document))
    page = town.page
    page.goto(f"{town.url}/workspace")
    page.get_by_role("link", name="Set up delegation").click()
    page.locator("#key_file").set_input_files(key)
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Allowed senders").fill(ADDRESS)
    page.get_by_role("button", name="Save senders").click()
    expect(page.locator("#client-id")).to_have_text(document["client_id"])
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".pa-note.pa-bad").first).to_be_visible()

    town.sandbox.google.delegations.allow(DOMAIN, document["client_id"], frozenset({SEND}))
    page.get_by_role("button", name="Check again").click()
    expect(page.locator(".pa-note.pa-good").first).to_contain_text(f"Access granted for {ADDRESS}.")
    page.get_by_role("link", name="To the connections").click()
    page.get_by_role("link", name=ADDRESS).click()
    page.get_by_role("link", name="Send test mail").click()
    page.get_by_role("button", name="Send test mail").click()

    town.await_result("Google accepted the mail after")


def test_relay_with_the_address_missing_then_right(town: Town) -> None:
    """The refusal says that this machine's address is not on the list yet; once it is, the mailbox sends."""
    relay, page = town.sandbox.google.relay, town.page
    relay.deny_ip("127.0.0.1")
    page.goto(f"{town.url}/workspace/relay")
    page.get_by_label("Email address").fill(ADDRESS)
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("alert")).to_contain_text("relay-denied")
    relay.allow_ip("127.0.0.1")

    page.get_by_role("button", name="Check again").click()

    expect(page.locator(".pa-note.pa-good").first).to_contain_text(f"Connected as {ADDRESS}.")
