"""Domain-wide delegation in the browser, step by step: key, senders, entry, check, removal."""

import io
import json
import re

import pytest
from werkzeug.test import TestResponse

from service.catalogue import advice
from service.connections.delegation import SenderCheck
from service.errors import (
    AppBlockedError,
    ClockSkewError,
    DelegationError,
    TokenEndpointUnavailableError,
    TokenError,
)
from tests.fakes.delegations import ACCOUNT, ALICE, BOB, CLIENT_ID, SEND, add_delegation, make_key_file
from tests.web.office import KEYLESS_TENANT, Browser, Office, as_read

PRIMARY = re.compile(r'class="btn btn-primary"[^>]*>([^<]+)')


def add(browser: Browser, **fields: str) -> TestResponse:
    """Paste the key file and save."""
    return browser.press("/workspace/delegation", **({"key": json.dumps(make_key_file())} | fields))


def primary(page: str) -> list[str]:
    """What the page asks for now."""
    return [text.strip() for text in PRIMARY.findall(page)]


def test_the_wizard_goes_step_by_step(office: Office) -> None:
    """Each save leads to the next step; leaving and coming back changes nothing."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    here = add(browser).location
    senders = browser.get(here).text
    browser.press(f"{here}/senders", senders=f"{ALICE}\r\n{BOB}, {BOB}")
    entry = browser.get(here).text
    browser.press(f"{here}/check", sender=ALICE)
    done = browser.get(here).text

    assert [primary(page) for page in (senders, entry, done)] == [
        ["Save senders"],
        ["Check"],
        ["To the connections"],
    ]
    assert "Name a sender first." in senders
    assert "All is set up: the last check went well. The other senders are checked one by one." in done
    assert {one.address for one in office.stores.connections.of_tenant(tenant.id)} == {ALICE, BOB}


def test_the_page_shows_what_the_admin_enters(office: Office) -> None:
    """The path as their console calls it, a link to it, the number and the scopes to copy."""
    tenant = office.tenant()
    one = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)

    page = as_read(office.signed_in(tenant).get(f"/workspace/delegation/{one.id}", "de").text)

    for text in (ACCOUNT, "Domainweite Delegierung", "https://admin.google.com/ac/owl/domainwidedelegation"):
        assert text in page
    for name, value in (("client-id", CLIENT_ID), ("scopes", SEND)):
        assert re.search(rf'<pre [^>]*id="{name}"[^>]*>{re.escape(value)}</pre>', page)
        assert f'data-copy="{name}"' in page


@pytest.mark.parametrize(
    ("senders", "code", "words"),
    [
        ([], None, "Step 2 of 4"),
        ([ALICE], None, "Step 3 of 4"),
        ([ALICE], "delegation-denied", "Step 4 of 4"),
        ([ALICE], "ok", "Ready"),
    ],
)
def test_the_overview_tells_how_far_each_set_up_is(
    office: Office, senders: list[str], code: str | None, words: str
) -> None:
    """Read from what is stored, so any browser goes on where another one stopped."""
    tenant = office.tenant()
    one = add_delegation(office.stores, tenant.id, office.clock.now(), *senders)
    if code is not None:
        check = SenderCheck(ALICE, office.clock.now(), None if code == "ok" else code)
        office.stores.delegations.note_check(tenant.id, one.id, check)

    page = office.signed_in(tenant).get("/workspace").text

    assert words in page
    assert f'href="/workspace/delegation/{one.id}"' in page


def test_the_file_itself_can_be_uploaded(office: Office) -> None:
    """As Google's console downloads it."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    file = (io.BytesIO(json.dumps(make_key_file()).encode()), "key.json")

    answer = browser.client.post(
        "/workspace/delegation", data={"form_token": browser.token(), "key_file": file}
    )

    assert answer.status_code == 303
    assert len(office.stores.delegations.delegations(tenant.id)) == 1


def test_a_file_that_is_too_large_is_refused(office: Office) -> None:
    """A key file has two and a half kilobytes; 128 are read at most, and the page says what was wrong."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    data = {"form_token": browser.token(), "key_file": (io.BytesIO(b" " * 140_000), "key.json")}

    answer = browser.client.post("/workspace/delegation", data=data)

    assert (answer.status_code, "form-too-large" in answer.text) == (413, True)
    assert office.stores.delegations.delegations(tenant.id) == []


@pytest.mark.parametrize(
    "key", ["", "no json", "[1]", '"text"', "[" * 20_000, '{"type": "external_account"}']
)
def test_what_is_no_key_file_is_refused(office: Office, key: str) -> None:
    """With the words of its code; nothing of it is repeated."""
    answer = add(office.signed_in(office.tenant()), key=key)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'href="/problems#key-file-invalid"' in answer.text
    assert "external_account" not in answer.text


def test_no_page_holds_the_key(office: Office) -> None:
    """Neither the one that takes it nor any later one."""
    browser = office.signed_in(office.tenant())
    lines = [line for line in str(make_key_file()["private_key"]).splitlines() if len(line) > 20]

    refused = add(browser, key=json.dumps(make_key_file(client_id="x")))
    taken = add(browser)
    pages = [refused, taken, *map(browser.get, (taken.location, "/workspace", "/workspace/delegation", "/"))]

    assert [page.status_code for page in pages] == [422, 303, 200, 200, 200, 200]
    for page in pages:
        assert not any(line in page.text for line in lines)


def test_a_service_account_without_a_key(office: Office) -> None:
    """Where the operator has allowed it for this very tenant."""
    tenant = office.tenant(tenant_id=KEYLESS_TENANT)
    browser = office.signed_in(tenant)

    answer = browser.press(
        "/workspace/delegation", keyless="1", account=ACCOUNT.upper(), client_id=f" {CLIENT_ID} "
    )

    [delegation] = office.stores.delegations.delegations(tenant.id)
    assert (delegation.account, delegation.client_id, delegation.is_keyless) == (ACCOUNT, CLIENT_ID, True)
    assert "Key-less: this service signs" in browser.get(answer.location).text


@pytest.mark.parametrize(
    ("account", "client_id", "code"),
    [
        (ACCOUNT, CLIENT_ID, "delegation-keyless-denied"),
        (ALICE, CLIENT_ID, "key-file-invalid"),
        (ACCOUNT, ACCOUNT, "key-file-invalid"),
    ],
)
def test_what_is_refused_without_a_key(office: Office, account: str, client_id: str, code: str) -> None:
    """Another tenant's account; an address of a person; an address instead of the number."""
    answer = add(office.signed_in(office.tenant()), keyless="1", account=account, client_id=client_id)

    assert answer.status_code == 422
    assert f'href="/problems#{code}"' in answer.text
    assert f'value="{client_id}"' in answer.text


GOOGLES_REFUSALS: list[tuple[TokenError, str, str]] = [
    *(
        (DelegationError(code, said), code, step)
        for code, said, step in (
            ("delegation-denied", "unauthorized_client", "Client ID admitted"),
            ("delegation-entry-wrong", "unauthorized_client", "Client ID admitted"),
            ("delegation-scope-missing", "access_denied", "Scope granted"),
            ("delegation-user-unknown", "invalid_grant", "User exists"),
            ("delegation-key-invalid", "invalid_grant", "Key readable"),
            ("delegation-scope-invalid", "invalid_scope", "Scope granted"),
            ("delegation-client-invalid", "disabled_client", "Client ID admitted"),
            ("account-not-allowed", "org_internal", "Client ID admitted"),
        )
    ),
    (AppBlockedError("admin_policy_enforced"), "app-blocked-by-admin", "Scope granted"),
    (ClockSkewError("invalid_grant"), "clock-skew", "Clock right"),
    (TokenEndpointUnavailableError("no answer"), TokenEndpointUnavailableError.code, "Ready to send"),
]


@pytest.mark.parametrize(("refusal", "code", "step"), GOOGLES_REFUSALS, ids=lambda it: str(it)[:40])
def test_each_refusal_of_google_has_its_words_and_its_step(
    office: Office, refusal: TokenError, code: str, step: str
) -> None:
    """The step that it is about has failed, and the code leads to the help page."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    office.google.failures["*"] = refusal
    browser = office.signed_in(tenant)

    page = browser.press(f"/workspace/delegation/{delegation.id}/check", sender=ALICE).text

    failed = [item for item in page.split('class="pa-checks"')[1].split("<li>") if "pa-bad" in item]
    assert any(item.startswith(step) for item in failed)
    assert f'href="/problems#{code}"' in page
    assert primary(page) == ["Check again"]
    assert f'href="/problems#{code}"' in browser.get(f"/workspace/delegation/{delegation.id}").text


def test_a_check_after_the_fault_was_mended(office: Office) -> None:
    """Says for whom access is granted, and leads on: to a test mail, and to the domain's records."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    browser = office.signed_in(tenant)
    office.google.failures["*"] = DelegationError("delegation-denied", "unauthorized_client")
    browser.press(f"/workspace/delegation/{delegation.id}/check", sender=ALICE)
    office.google.failures.clear()

    page = browser.press(f"/workspace/delegation/{delegation.id}/check", sender=ALICE).text

    assert f"Access granted for {ALICE}." in page
    assert 'href="/workspace/domains?domain=muster.example"' in page
    [mailbox] = office.stores.connections.of_tenant(tenant.id)
    assert f'href="/connections/{mailbox.id}/test"' in page
    assert primary(page) == ["Send test mail"]


def test_each_sender_is_checked_and_the_next_one_proposed(office: Office) -> None:
    """The page says who was checked, how it ended and when; the set-up is ready once nobody is refused."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE, BOB)
    browser, here = office.signed_in(tenant), f"/workspace/delegation/{delegation.id}"
    seen = [_checks(browser.get(here).text)]

    granted = browser.press(f"{here}/check", sender=ALICE).text
    seen.append(_checks(browser.get(here).text))
    office.google.failures["*"] = DelegationError("delegation-user-unknown", "invalid_grant")
    office.clock.advance(3600)
    refused = browser.press(f"{here}/check", sender=BOB).text
    office.google.failures.clear()
    seen += [_checks(refused), _checks(browser.get(here).text)]
    faulty = browser.get("/workspace").text
    browser.press(f"{here}/check", sender=BOB)
    seen.append(_checks(browser.get(here).text))

    ten, eleven, unknown = "OK 23 Nov 2026, 10:00", "OK 23 Nov 2026, 11:00", "Failed 23 Nov 2026, 11:00 · "
    never, title = "Not checked yet", advice("delegation-user-unknown").title.in_language("en")
    assert seen == [
        ({ALICE: never, BOB: never}, ALICE, "Check"),
        ({ALICE: ten, BOB: never}, BOB, "Check"),
        ({ALICE: ten, BOB: unknown + title}, BOB, "Check again"),
        ({ALICE: ten, BOB: unknown + title}, BOB, "Check again"),
        ({ALICE: ten, BOB: eleven}, ALICE, "Check again"),
    ]
    assert "1 sender is not checked yet." in granted
    assert "Step 4 of 4: the check found a fault" in faulty
    assert "Ready" in browser.get("/workspace").text


def _checks(page: str) -> tuple[dict[str, str], str, str]:
    """What stands beside each sender, who is proposed, and the label of the button."""
    form = page.split('id="check"')[1]
    rows = re.findall(r'<li><span class="pa-address">(.*?)</span>(.*?)</li>', as_read(form), re.DOTALL)
    told = {sender: " ".join(re.sub(r"<[^>]+>", "", row).split()) for sender, row in rows}
    [chosen] = re.findall(r"<option selected>([^<]+)", form)
    [label] = re.findall(r"(Check(?: again)?)</button>", form)
    return told, chosen, label


def test_who_is_not_on_the_list_is_not_asked_for(office: Office) -> None:
    """Whatever the form says."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)

    answer = office.signed_in(tenant).press(f"/workspace/delegation/{delegation.id}/check", sender=BOB)

    assert (answer.status_code, office.google.wishes) == (422, [])
    assert 'href="/problems#sender-not-allowed"' in answer.text


def test_the_list_of_senders_is_replaced(office: Office) -> None:
    """A list with a fault changes nothing and is shown again."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    here = f"/workspace/delegation/{delegation.id}"
    browser = office.signed_in(tenant)
    refused = browser.press(f"{here}/senders", senders="bob@")
    known = office.stores.delegations.get_delegation(tenant.id, delegation.id).senders

    taken = browser.press(f"{here}/senders", senders=BOB)

    assert (refused.status_code, taken.location) == (422, here)
    assert "bob@</textarea>" in refused.text
    assert known == {ALICE}
    assert office.stores.delegations.get_delegation(tenant.id, delegation.id).senders == {BOB}


def test_two_who_change_the_list_at_once_undo_nothing_of_each_other(office: Office) -> None:
    """Each has seen one sender: one adds Bob, the other then replaces Alice by Carol, and Bob stays."""
    tenant = office.tenant()
    delegation = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    form = f"/workspace/delegation/{delegation.id}/senders"
    first, second = office.signed_in(tenant), office.signed_in(tenant)

    def senders() -> frozenset[str]:
        return office.stores.delegations.get_delegation(tenant.id, delegation.id).senders

    first.press(form, senders=f"{ALICE}\n{BOB}", shown=ALICE)
    second.press(form, senders="carol@muster.example", shown=ALICE)
    assert senders() == {BOB, "carol@muster.example"}
    first.press(form, senders=f"{ALICE}\n{BOB}\ndan@muster.example", shown=f"{ALICE} {BOB}")

    assert senders() == {BOB, "carol@muster.example", "dan@muster.example"}
    assert f'name="shown" value="{" ".join(sorted(senders()))}"' in first.get(form.rpartition("/")[0]).text


def test_a_mailbox_that_is_disconnected_leaves_the_list(office: Office) -> None:
    """It is said before, and no later change of the list connects it again."""
    tenant = office.tenant()
    one = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE, BOB)
    mailbox = next(each for each in office.stores.connections.of_tenant(tenant.id) if each.address == ALICE)
    browser = office.signed_in(tenant)

    asked = browser.get(f"/connections/{mailbox.id}/disconnect", "de").text
    browser.press(f"/connections/{mailbox.id}/disconnect")

    assert "aus der Liste der Absender Ihrer Workspace-Einrichtung genommen" in asked
    assert office.stores.delegations.get_delegation(tenant.id, one.id).senders == {BOB}


def test_a_set_up_is_removed_after_a_question(office: Office) -> None:
    """The question says what follows; asking alone removes nothing."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    here = add(browser).location
    browser.press(f"{here}/senders", senders=ALICE)

    question = browser.get(f"{here}/remove").text
    before = len(office.stores.delegations.delegations(tenant.id))
    answer = browser.press(f"{here}/remove")

    assert ACCOUNT in question
    assert ALICE in question
    assert (before, answer.location) == (1, "/workspace")
    assert office.stores.delegations.delegations(tenant.id) == []
    assert browser.get(here).status_code == 404


@pytest.mark.parametrize("action", ["", "/check", "/senders", "/remove"])
def test_another_tenants_set_up_is_not_found(office: Office, action: str) -> None:
    """Nothing of it is shown, changed or asked; the answer is that of an unknown one."""
    other = office.tenant("Andere AG")
    delegation = add_delegation(office.stores, other.id, office.clock.now(), ALICE)
    browser = office.signed_in(office.tenant())
    theirs, unknown = (f"/workspace/delegation/{one}{action}" for one in (delegation.id, "dlg_0"))

    opened = [browser.get(path) for path in (theirs, unknown)]
    sent = [browser.press(path, senders="", sender=ALICE) for path in (theirs, unknown)]

    assert opened[0].text.replace(theirs, unknown) == opened[1].text
    assert {answer.status_code for answer in (*opened, *sent)} <= {404, 405}
    assert ALICE not in browser.get("/workspace").text
    assert office.google.wishes == []
    assert office.stores.delegations.get_delegation(other.id, delegation.id).senders == {ALICE}


def test_the_page_of_before_leads_here(office: Office) -> None:
    """Bookmarks of the old pages are good for the new ones."""
    browser = office.signed_in(office.tenant())

    assert browser.get("/delegations").location == "/workspace"
    assert browser.get("/connections/new/relay").location == "/workspace/relay"


def test_many_set_ups_need_no_more_queries(office: Office) -> None:
    """The overview asks once for all of them."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    few = office.queries(lambda: browser.get("/workspace"))

    for number in range(20):
        add_delegation(office.stores, tenant.id, office.clock.now(), f"sender{number}@muster.example")

    assert office.queries(lambda: browser.get("/workspace")) == few > 0


def test_while_another_check_runs_google_is_not_asked(office: Office) -> None:
    """The page asks to try again, at the check; the set-up stands as before."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    before = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    path = f"/workspace/delegation/{before.id}"

    with office.turns.of(tenant.id):
        answer = browser.press(f"{path}/check", sender=ALICE)

    assert (answer.status_code, 'href="/problems#checks-busy"' in answer.text) == (429, True)
    assert office.google.wishes == []
    assert office.stores.delegations.get_delegation(tenant.id, before.id) == before
    assert browser.press(f"{path}/check", sender=ALICE).status_code == 200
