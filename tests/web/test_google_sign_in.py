"""*Sign in with Google* in the browser: the same redirect URI as a consent, and nothing kept of it."""

import re
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from service.access.member import Role
from service.access.tenant import Tenant
from service.connections.identity import Identity
from service.errors import ConsentError, IdentityError, TokenEndpointUnavailableError, TokenError
from tests.web.office import OPERATOR, Browser, Office

ANNA = Identity("sub-1", "anna@muster.de")


def invite(office: Office, name: str = "Muster GmbH", role: Role = Role.MEMBER) -> Tenant:
    """A tenant that has added Anna."""
    tenant = office.tenant(name)
    office.members.add(tenant.id, ANNA.address, role)
    return tenant


def cookie(browser: Browser) -> str:
    """The secret of the browser's session."""
    found = browser.client.get_cookie("postausgang")
    assert found is not None
    return found.value


def test_the_start_page_offers_it_in_both_languages(office: Office) -> None:
    """With Google's words, and a hint at the other way."""
    for language, words in (("en", "Sign in with Google"), ("de", "Mit Google anmelden")):
        page = office.browser().get("/", language).text
        assert words in page
        assert "postausgang login-link" in page


def test_an_added_person_signs_in(office: Office) -> None:
    """They see their tenant, with the rights of their role."""
    invite(office)
    browser = office.browser()

    answer = office.by_google(browser, ANNA)

    assert (answer.status_code, answer.location) == (303, "/")
    assert "Muster GmbH" in browser.get("/").text
    assert browser.get("/settings/members").status_code == 404
    assert "anna@muster.de" in browser.get("/account").text


def test_google_gets_verifier_and_nonce_that_the_database_does_not_have(office: Office) -> None:
    """Both belong to this browser; the exchange proves the one, the ID token the other."""
    invite(office)
    browser = office.browser()
    office.by_google(browser, ANNA)

    [asked] = office.server.asked
    assert office.server.exchanged == [("c", asked["verifier"])]
    assert office.server.identified == [("id-token", asked["nonce"])]
    for name in ("verifier", "nonce"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", str(asked[name]))
    assert asked["verifier"] != asked["nonce"]
    dump = office.database.read(lambda c: "\n".join(c.connection.dbapi_connection.iterdump()))  # type: ignore[union-attr]  # SQLite's own
    assert str(asked["verifier"]) not in dump
    assert str(asked["nonce"]) not in dump
    assert str(asked["state"]) not in dump
    assert office.server.revoked == []


def test_signing_in_gives_a_new_cookie(office: Office) -> None:
    """The one from before is worth nothing afterwards (no session fixation)."""
    invite(office)
    browser = office.browser()
    browser.press("/sign-in")
    before = cookie(browser)

    office.by_google(browser, ANNA)

    assert cookie(browser) != before
    thief = office.browser()
    thief.client.set_cookie("postausgang", before)
    assert "Muster GmbH" not in thief.get("/").text


def test_only_the_browser_that_began_can_come_back(office: Office) -> None:
    """Whoever else opens the address is refused, and nothing is exchanged or used up by it."""
    invite(office)
    browser, thief = office.browser(), office.browser()
    state = browser.press("/sign-in").location.partition("state=")[2]
    thief.press("/sign-in")

    for other in (thief, office.browser()):
        refused = other.get(f"/consent/callback?state={state}&code=c")
        assert (refused.status_code, "oauth-state-invalid" in refused.text) == (400, True)
    assert office.server.exchanged == []
    office.server.identity = ANNA
    assert browser.get(f"/consent/callback?state={state}&code=c").status_code == 303


def test_a_state_works_once_and_for_ten_minutes(office: Office) -> None:
    """A second time, and too late, is refused."""
    invite(office)
    browser = office.browser()
    first = browser.press("/sign-in").location.partition("state=")[2]
    browser.get(f"/consent/callback?state={first}&error=access_denied")
    late = browser.press("/sign-in").location.partition("state=")[2]
    office.clock.advance(601)

    for state in (first, late):
        assert browser.get(f"/consent/callback?state={state}&code=c").status_code == 400
    assert office.server.exchanged == []


@pytest.mark.parametrize("query", ["code=c&iss=https://evil.example", "", "error=access_denied"])
def test_what_is_no_good_answer_signs_nobody_in(office: Office, query: str) -> None:
    """Another issuer, no code, a cancelled page: each with a way to try again."""
    invite(office)
    browser = office.browser()
    state = browser.press("/sign-in").location.partition("state=")[2]

    page = browser.get(f"/consent/callback?state={state}&{query}")

    assert page.status_code in {400, 403}
    assert 'href="/">Try again' in page.text
    assert office.server.exchanged == []
    assert "Muster GmbH" not in browser.get("/").text


def test_a_stranger_is_told_which_account_it_was(office: Office) -> None:
    """The page names the address, the next step, and offers another try; nobody is signed in."""
    invite(office)
    browser = office.browser()

    page = office.by_google(browser, Identity("sub-9", "fremd<b>@gmail.com"))

    assert page.status_code == 403
    assert "sign-in-not-allowed" in page.text
    assert "fremd&lt;b&gt;@gmail.com" in page.text
    assert 'href="/">Try again' in page.text
    assert browser.get("/account").status_code == 403


def test_another_account_with_the_same_address_is_refused(office: Office) -> None:
    """The first one that signed in keeps the place."""
    invite(office)
    office.by_google(office.browser(), ANNA)

    page = office.by_google(office.browser(), Identity("sub-2", ANNA.address))

    assert page.status_code == 403
    assert "account-changed" in page.text
    assert ANNA.address in page.text


@pytest.mark.parametrize("failure", [IdentityError(), TokenEndpointUnavailableError()])
def test_googles_failures_have_pages(office: Office, failure: ConsentError | TokenError) -> None:
    """Nobody is signed in, and the person can try again."""
    invite(office)

    office.server.failure = failure

    page = office.by_google(office.browser(), ANNA)

    assert page.status_code in {400, 502}
    assert 'href="/">Try again' in page.text


def test_an_answer_without_an_id_token_names_nobody(office: Office) -> None:
    """Nothing else says who the person is."""
    invite(office)
    office.server.answer = replace(office.server.answer, id_token=None)

    page = office.by_google(office.browser(), ANNA)

    assert (page.status_code, "identity-invalid" in page.text) == (400, True)


def test_an_operator_is_asked_for_a_tenant_and_signs_in_every_day(office: Office) -> None:
    """The settings name the address; the session ends after twelve hours."""
    office.tenant("Erste GmbH")
    browser = office.browser()
    office.by_google(browser, Identity("sub-boss", OPERATOR))

    assert browser.get("/").location == "/tenants"
    assert "Erste GmbH" in browser.get("/tenants").text
    office.clock.advance(12 * 3600 + 1)
    assert browser.get("/tenants").status_code == 403


def test_who_is_taken_from_the_settings_is_no_operator_in_open_sessions_either(office: Office) -> None:
    """From the restart on, whatever tenant they were looking at; everybody else stays signed in."""
    tenant = invite(office)
    operator, looking, member = office.browser(), office.browser(), office.browser()
    office.by_google(operator, Identity("sub-boss", OPERATOR))
    office.by_google(looking, Identity("sub-boss", OPERATOR))
    looking.press(f"/tenants/{tenant.id}/look")
    office.by_google(member, ANNA)
    assert looking.get("/settings").status_code == 200

    office.restart(operators="andere@rechenzentrum.example")

    for browser, path in ((operator, "/tenants"), (looking, "/tenants"), (looking, "/settings")):
        refused = browser.get(path)
        assert (refused.status_code, "not-signed-in" in refused.text) == (403, True)
    assert looking.press("/tenants", name="Beute AG").status_code == 403
    assert member.get("/account").status_code == 200
    office.restart(operators=OPERATOR.upper())
    assert operator.get("/tenants").status_code == 200


def test_the_language_is_kept_with_the_account(office: Office) -> None:
    """Chosen in one browser, it is spoken in the next one, whatever that one prefers."""
    invite(office)
    first, second = office.browser(), office.browser()
    office.by_google(first, ANNA)
    first.press("/language", language="de", next="/")

    office.by_google(second, ANNA)

    assert '<html lang="de">' in second.get("/", "en").text


def test_a_person_of_two_tenants_switches_between_them(office: Office) -> None:
    """On the page of the account, and only to accounts of their own."""
    first, second = invite(office, "Erste GmbH"), invite(office, "Zweite GmbH", Role.ADMIN)
    browser = office.browser()
    office.by_google(browser, ANNA)
    assert "Erste GmbH" in browser.get("/").text
    [own], [other] = (office.stores.members.of_tenant(tenant.id) for tenant in (first, second))
    stranger = office.tenant("Fremde GmbH")
    office.members.add(stranger.id, "ben@fremd.de", Role.ADMIN)
    [foreign] = office.stores.members.of_tenant(stranger.id)

    assert f'value="{other.id}"' in browser.get("/account").text
    assert browser.press("/account/switch", member_id=foreign.id).status_code == 404
    assert browser.press("/account/switch", member_id=other.id).location == "/"
    assert "Zweite GmbH" in browser.get("/").text
    assert browser.get("/settings/members").status_code == 200
    assert browser.press("/account/switch", member_id=own.id).location == "/"
    assert "Erste GmbH" in browser.get("/").text


def test_who_is_no_operator_any_more_cannot_switch_to_be_one(office: Office) -> None:
    """The account is left over from before; choosing it would only sign them out."""
    tenant = office.tenant()
    office.members.add(tenant.id, OPERATOR, Role.MEMBER)
    browser = office.browser()
    office.by_google(browser, Identity("sub-boss", OPERATOR))
    [member], [boss] = office.stores.members.of_tenant(tenant.id), office.stores.members.operators()
    browser.press("/account/switch", member_id=member.id)
    assert f'value="{boss.id}"' in browser.get("/account").text

    office.restart(operators="andere@rechenzentrum.example")

    assert f'value="{boss.id}"' not in browser.get("/account").text
    assert browser.press("/account/switch", member_id=boss.id).status_code == 404


def test_signing_out_everywhere_ends_all_sessions(office: Office) -> None:
    """Here and in every other browser of the same person; a colleague stays."""
    tenant = invite(office)
    ben = Identity("sub-2", "ben@muster.de")
    office.members.add(tenant.id, ben.address, Role.MEMBER)
    first, second, colleague = office.browser(), office.browser(), office.browser()
    for browser, person in ((first, ANNA), (second, ANNA), (colleague, ben)):
        office.by_google(browser, person)

    left = first.press("/account/logout")

    assert (left.status_code, left.location) == (303, "/")
    for browser in (first, second):
        assert browser.get("/account").status_code == 403
    assert colleague.get("/account").status_code == 200


def test_who_came_by_a_link_signs_out_here(office: Office) -> None:
    """There is no account that other sessions could belong to, so the page does not offer it."""
    tenant = office.tenant()
    first, second = office.signed_in(tenant), office.signed_in(tenant)
    page: TestResponse = first.get("/account")

    assert "Sign out everywhere" not in page.text
    first.press("/account/logout")

    assert first.get("/account").status_code == 403
    assert second.get("/account").status_code == 200


def test_a_removed_member_is_out_at_once(office: Office) -> None:
    """Their next click asks to sign in, and Google's word alone does not let them in again."""
    tenant = invite(office)
    browser = office.browser()
    office.by_google(browser, ANNA)
    [member] = office.stores.members.of_tenant(tenant.id)

    office.members.remove(tenant.id, member.id)

    assert browser.get("/account").status_code == 403
    assert office.by_google(browser, ANNA).status_code == 403
