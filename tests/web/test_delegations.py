"""Domain-wide delegation in the browser: added, verified, its senders changed."""

import io
import json

import pytest
from werkzeug.test import TestResponse

from service.errors import DelegationError
from tests.fakes.delegations import ACCOUNT, ALICE, BOB, CLIENT_ID, SEND, add_delegation, make_key_file
from tests.web.office import Browser, Office


def add(browser: Browser, **fields: str) -> TestResponse:
    """Paste the key file and save."""
    return browser.press("/delegations", **({"key": json.dumps(make_key_file()), "senders": ALICE} | fields))


def test_a_pasted_key_connects_its_senders(office: Office) -> None:
    """The page says what the admin pastes and where, in German as their console does."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    answer = add(browser, senders=f"{ALICE}\r\n{BOB}, {BOB}")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/delegations")
    page = browser.get("/delegations", "de").text
    for text in (ACCOUNT, CLIENT_ID, SEND, ALICE, BOB, "Domainweite Delegierung"):
        assert text in page
    addresses = {one.address for one in office.stores.connections.of_tenant(tenant.id)}
    assert addresses == {ALICE, BOB}


def test_the_file_itself_can_be_uploaded(office: Office) -> None:
    """As Google's console downloads it."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    file = (io.BytesIO(json.dumps(make_key_file()).encode()), "key.json")

    answer = browser.client.post(
        "/delegations", data={"form_token": browser.token(), "senders": ALICE, "key_file": file}
    )

    assert answer.status_code == 303
    assert len(office.stores.delegations.delegations(tenant.id)) == 1


@pytest.mark.parametrize(
    "key", ["", "no json", "[1]", '"text"', "[" * 20_000, '{"type": "external_account"}']
)
def test_what_is_no_key_file_is_refused(office: Office, key: str) -> None:
    """With the words of its code; the senders stay typed, the key does not."""
    answer = add(office.signed_in(office.tenant()), key=key)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'href="/problems#key-file-invalid"' in answer.text
    assert ALICE in answer.text
    assert "external_account" not in answer.text


def test_no_page_holds_the_key(office: Office) -> None:
    """Neither the one that refuses it nor any later one."""
    browser = office.signed_in(office.tenant())
    lines = [line for line in str(make_key_file()["private_key"]).splitlines() if len(line) > 20]

    pages = [add(browser, senders="nobody"), add(browser), browser.get("/delegations"), browser.get("/")]

    assert pages[0].status_code == 422
    for page in pages:
        assert not any(line in page.text for line in lines)


def test_the_check_tells_step_by_step(office: Office) -> None:
    """Google's refusal has its words and its next step; what is granted is told, too."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    browser = office.signed_in(tenant)
    office.google.failures["*"] = DelegationError("delegation-denied", "unauthorized_client")
    refused = browser.press(f"/delegations/{delegation.id}/check", sender=ALICE).text
    office.google.failures.clear()

    granted = browser.press(f"/delegations/{delegation.id}/check", sender=ALICE).text

    assert 'href="/problems#delegation-denied"' in refused
    assert "Client ID known to Google" in refused
    assert f"Access granted for {ALICE}." in granted
    assert "Ready to send" in granted


def test_the_list_of_senders_is_replaced(office: Office) -> None:
    """A list with a fault changes nothing and is shown again."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    browser = office.signed_in(tenant)
    refused = browser.press(f"/delegations/{delegation.id}/senders", senders="bob@")
    known = office.stores.delegations.get_delegation(tenant.id, delegation.id).senders

    taken = browser.press(f"/delegations/{delegation.id}/senders", senders=BOB)

    assert (refused.status_code, taken.status_code) == (422, 303)
    assert "bob@</textarea>" in refused.text
    assert known == {ALICE}
    assert office.stores.delegations.get_delegation(tenant.id, delegation.id).senders == {BOB}


@pytest.mark.parametrize("action", ["check", "senders"])
def test_another_tenants_set_up_is_not_found(office: Office, action: str) -> None:
    """Nothing of it is shown, changed or asked."""
    other = office.tenant("Andere AG")
    delegation = add_delegation(office.stores, other.id, office.clock.now(), ALICE)
    browser = office.signed_in(office.tenant())

    answer = browser.press(f"/delegations/{delegation.id}/{action}", senders="", sender=ALICE)

    assert answer.status_code == 404
    assert ALICE not in browser.get("/delegations").text
    assert office.google.wishes == []
    assert office.stores.delegations.get_delegation(other.id, delegation.id).senders == {ALICE}
