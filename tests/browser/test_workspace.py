"""The wizard for Workspace admins, with real clicks."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from service.errors import DelegationError
from tests.browser.street import Street
from tests.fakes.delegations import ALICE, CLIENT_ID, add_delegation, make_key_file

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_an_admin_without_an_account_sets_delegation_up(
    street: Street,
    tmp_path: Path,
    scripts: bool,  # noqa: FBT001, a parameter
) -> None:
    """From the colleague's link over a missing scope to *Access granted*, with scripts and without."""
    key = tmp_path / "key.json"
    key.write_text(json.dumps(make_key_file()))
    colleague = street.visitor()
    street.sign_in(colleague, street.office.tenant())
    colleague.goto(f"{street.url}/workspace")
    colleague.get_by_role("link", name="I am not the admin").click()
    colleague.get_by_role("button", name="Make the link").click()
    link = colleague.locator("#link").inner_text().replace("http://127.0.0.1", street.url)
    street.office.google.failures["*"] = DelegationError("delegation-scope-missing", "access_denied")
    page = street.visitor(java_script_enabled=scripts)

    page.goto(link)
    page.get_by_role("button", name="Open the set-up").click()
    page.get_by_role("link", name="Set up delegation").click()
    page.locator("#key_file").set_input_files(key)
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("Allowed senders").fill(ALICE)
    page.get_by_role("button", name="Save senders").click()
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".pa-note")).to_contain_text("The delegation lacks a right")
    street.office.google.failures.clear()
    page.get_by_role("button", name="Check again").click()

    expect(page.locator("#check .pa-note")).to_have_text(f"Access granted for {ALICE}.")
    expect(page.get_by_text("you can close this page")).to_be_visible()


def test_a_button_copies_what_stands_beside_it(street: Street) -> None:
    """And says so; where there is no script, there is no such button."""
    tenant = street.office.tenant()
    one = add_delegation(street.office.stores, tenant.id, street.office.clock.now(), ALICE)
    page, bare = street.visitor(), street.visitor(java_script_enabled=False)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for visitor in (page, bare):
        street.sign_in(visitor, tenant)
        visitor.goto(f"{street.url}/workspace/delegation/{one.id}")

    page.get_by_role("button", name="Copy Client ID").click()

    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CLIENT_ID
    expect(bare.get_by_role("button", name="Copy")).to_have_count(0)
    expect(bare.locator("#client-id")).to_have_text(CLIENT_ID)
