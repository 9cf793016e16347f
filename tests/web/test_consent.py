"""The browser's side of consent: who began it finishes it, and every ending has its page."""

import pytest

from service.errors import (
    ConsentDeniedError,
    ConsentError,
    IdentityError,
    OAuthClientError,
    ScopeMissingError,
    StorageUnavailableError,
    TokenEndpointUnavailableError,
    TokenError,
    WrongAccountError,
)
from service.mail.address import Address
from service.outbox.listing import MessageFilter
from tests.fakes.consent import AUTHORIZATION_ORIGIN
from tests.web.office import CLIENT_ID, Browser, Office


def begin(browser: Browser, path: str = "/connect", **fields: str) -> str:
    """Press the button; answers the query that Google would send back."""
    answer = browser.press(path, **fields)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{AUTHORIZATION_ORIGIN}/auth?")
    return answer.location.partition("?")[2]


def test_a_mailbox_is_connected(office: Office) -> None:
    """After consent the page names the mailbox and offers a test mail; the notice is shown once."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    answer = browser.get(f"/consent/callback?code=c&{begin(browser)}")

    [connection] = office.stores.connections.of_tenant(tenant.id)
    assert (answer.status_code, answer.location) == (303, f"/connections/{connection.id}")
    first, second = browser.get(answer.location).text, browser.get(answer.location).text
    assert "Connected as rechnung@muster.de. Send yourself a test mail now." in first
    assert f'class="btn btn-primary" href="{answer.location}/test"' in first
    assert "Send yourself a test mail now." not in second


def test_how_a_consent_began_is_forgotten_once_it_came_about(office: Office) -> None:
    """The note is for trying again; with a link it holds the link's secret."""
    tenant = office.tenant()
    browser, visitor = office.signed_in(tenant), office.browser()
    link = f"/connect/{office.link(tenant)}"

    query, by_link = begin(browser), begin(visitor, link)
    began = [one.client.get_cookie("postausgang-attempt") for one in (browser, visitor)]
    browser.get(f"/consent/callback?code=c&{query}")
    confirm = visitor.get(f"/consent/callback?code=c&{by_link}").location
    visitor.press(confirm, decision="confirm")

    assert None not in began
    assert [one.client.get_cookie("postausgang-attempt") for one in (browser, visitor)] == [None, None]


def test_who_is_signed_out_meanwhile_is_not_offered_to_try_again(office: Office) -> None:
    """The button would only ask to sign in."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    query = begin(browser)
    browser.press("/logout")

    page = browser.get(f"/consent/callback?code=c&{query}")

    assert (page.status_code, 'action="/connect"' in page.text) == (400, False)


def test_the_language_of_the_page_becomes_the_mailboxs(office: Office) -> None:
    """Its owner is written to in it; on the confirm page of a link, in that of the link."""
    tenant, other = office.tenant(), office.tenant("Andere GmbH")
    browser, visitor = office.signed_in(tenant), office.browser()
    secret = office.link(other, locale="de")

    browser.get(f"/consent/callback?code=c&{begin(browser)}", "de-AT")
    confirm = visitor.get(f"/consent/callback?code=c&{begin(visitor, f'/connect/{secret}')}").location
    visitor.press(confirm, decision="confirm")

    for one in (tenant, other):
        assert [box.locale for box in office.stores.connections.of_tenant(one.id)] == ["de"]


def test_what_one_browser_began_another_cannot_finish(office: Office) -> None:
    """A begins, B comes back, signed in or not: nothing is connected for anybody."""
    tenant, other = office.tenant(), office.tenant("Andere GmbH")
    query = begin(office.signed_in(tenant))

    for browser in (office.browser(), office.signed_in(other), office.signed_in(tenant)):
        answer = browser.get(f"/consent/callback?code=c&{query}")
        assert answer.status_code == 400
        assert "oauth-state-invalid" in answer.text

    assert office.stores.connections.of_tenant(tenant.id) == []
    assert office.stores.connections.of_tenant(other.id) == []


def test_an_answer_that_names_another_issuer_connects_nothing(office: Office) -> None:
    """RFC 9207: the page says that the attempt is not valid, and Google's own answer still counts."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    query = begin(browser)

    answer = browser.get(f"/consent/callback?code=c&iss=https://evil.example&{query}")

    assert answer.status_code == 400
    assert office.stores.connections.of_tenant(tenant.id) == []
    answer = browser.get(f"/consent/callback?code=c&iss=https://accounts.google.com&{query}")
    assert answer.location.startswith("/connections/con_")


def test_a_connect_link_names_who_asks_for_what(office: Office) -> None:
    """Tenant, purpose, expected address and the rights stand on the page before anything happens."""
    secret = office.link(office.tenant(), expected_address="rechnung@muster.de")

    page = office.browser().get(f"/connect/{secret}").text

    for text in (
        "Muster GmbH",
        "Rechnungsversand",
        "rechnung@muster.de",
        "We cannot:",
        "Continue with Google",
    ):
        assert text in page


def test_a_connect_link_ends_with_a_confirmation(office: Office) -> None:
    """The visitor sees mailbox and tenant, and only the button keeps the access."""
    tenant = office.tenant()
    visitor = office.browser()
    query = begin(visitor, f"/connect/{office.link(tenant)}")

    answer = visitor.get(f"/consent/callback?code=c&{query}")
    page = visitor.get(answer.location)

    assert answer.location.startswith("/consent/confirm/cns_")
    assert "Muster GmbH" in page.text
    assert "rechnung@muster.de" in page.text
    assert office.stores.connections.of_tenant(tenant.id) == []
    assert "can now send from" in visitor.press(answer.location, decision="confirm").text
    assert len(office.stores.connections.of_tenant(tenant.id)) == 1


def test_only_the_same_browser_sees_and_presses_the_confirm_page(office: Office) -> None:
    """Whoever else learns the address of the confirm page can neither read nor confirm."""
    tenant = office.tenant()
    visitor = office.browser()
    query = begin(visitor, f"/connect/{office.link(tenant)}")
    confirm = visitor.get(f"/consent/callback?code=c&{query}").location

    for other in (office.browser(), office.signed_in(tenant)):
        assert other.get(confirm).status_code == 400
        assert other.press(confirm, decision="confirm").status_code == 400

    assert office.stores.connections.of_tenant(tenant.id) == []


@pytest.mark.parametrize("decision", ["cancel", "", "CONFIRM"])
def test_anything_but_confirm_gives_the_access_back(office: Office, decision: str) -> None:
    """Cancelling keeps nothing, and the consent room is told to revoke."""
    tenant = office.tenant()
    visitor = office.browser()
    query = begin(visitor, f"/connect/{office.link(tenant)}")
    confirm = visitor.get(f"/consent/callback?code=c&{query}").location

    page = visitor.press(confirm, decision=decision)

    assert "Nothing was connected." in page.text
    assert len(office.consent.declined) == 1
    assert office.stores.connections.of_tenant(tenant.id) == []


def test_a_visitor_sees_nothing_of_the_tenant(office: Office) -> None:
    """The session of a connect link opens no page of the tenant."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    visitor = office.browser()
    begin(visitor, f"/connect/{office.link(tenant)}")

    assert "Muster GmbH" not in visitor.get("/").text
    assert visitor.get(f"/messages/{entry.id}").status_code == 403
    assert visitor.press("/connect").status_code == 403


def test_a_used_or_unknown_link_is_refused(office: Office) -> None:
    """The page says whom to ask for a new one."""
    answer = office.browser().get("/connect/unknown")

    assert answer.status_code == 404
    assert "link-invalid" in answer.text


def test_the_way_back_is_only_the_registered_address(office: Office) -> None:
    """The link's own return address is a link on the last page; query parameters add none."""
    tenant = office.tenant()
    visitor = office.browser()
    secret = office.link(tenant, return_url="https://app.example.com/mail?done=1")
    query = begin(
        visitor, f"/connect/{secret}?return_url=https://evil.example", return_url="https://evil.example"
    )
    confirm = visitor.get(f"/consent/callback?code=c&return_url=https://evil.example&{query}").location

    page = visitor.press(confirm, decision="confirm", return_url="https://evil.example").text

    assert 'href="https://app.example.com/mail?done=1"' in page
    assert "evil.example" not in page


FAILURES = [
    (ScopeMissingError("rechnung@muster.de"), 400, "scope-missing", "tick the box"),
    (WrongAccountError("rechnung@muster.de", "privat@gmail.com"), 400, "wrong-account", "privat@gmail.com"),
    (IdentityError(), 400, "identity-invalid", "could not be verified"),
    (OAuthClientError(), 502, "oauth-client-invalid", "Your connection is fine"),
    (TokenEndpointUnavailableError(), 502, "google-unavailable", "does not answer"),
]


def test_another_account_can_be_chosen_again_or_connected_as_it_is(office: Office) -> None:
    """Both are named. What was used may become a mailbox of its own, where that makes sense."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    office.consent.failure = WrongAccountError("rechnung@muster.de", "privat@gmail.com")

    again = browser.get(f"/consent/callback?code=c&{begin(browser, connection_id=connection.id)}").text
    new = browser.get(f"/consent/callback?code=c&{begin(browser)}").text

    for text in ("Expected", "rechnung@muster.de", "Used", "Choose again", "Use privat@gmail.com instead"):
        assert text in again
    assert again.count(f'name="connection_id" value="{connection.id}"') == 1
    assert "Use privat@gmail.com instead" not in new


def test_advanced_protection_leads_to_another_account_or_to_delegation(office: Office) -> None:
    """Trying the same account again is no use, so that is not offered."""
    browser = office.signed_in(office.tenant())
    office.consent.failure = ConsentDeniedError("policy_enforced")

    page = browser.get(f"/consent/callback?code=c&{begin(browser)}").text

    assert "Connect another account" in page
    assert 'href="/workspace"' in page
    assert "Try again" not in page


@pytest.mark.parametrize(("failure", "status", "code", "text"), FAILURES)
def test_every_failure_has_its_page_and_a_way_to_try_again(
    office: Office, failure: ConsentError | TokenError, status: int, code: str, text: str
) -> None:
    """One code, one sentence, one next step; *Try again* begins a new consent."""
    browser = office.signed_in(office.tenant())
    office.consent.failure = failure

    answer = browser.get(f"/consent/callback?code=c&{begin(browser)}")

    assert answer.status_code == status
    assert code in answer.text
    assert text in answer.text
    assert 'action="/connect"' in answer.text


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        ("access_denied", "oauth-denied", "You cancelled at Google. Nothing was changed."),
        ("admin_policy_enforced", "app-blocked-by-admin", CLIENT_ID),
        ("policy_enforced", "advanced-protection", "Connect another account"),
        ("org_internal", "account-not-allowed", "company account"),
        ("redirect_uri_mismatch", "oauth-setup-wrong", "http://localhost:8025/consent/callback"),
        ("disallowed_useragent", "embedded-browser", "Open the link in your browser"),
        ("deleted_client", "oauth-client-invalid", "Tell the operator"),
        ("temporarily_unavailable", "google-unavailable", "does not answer"),
        ("something_new", "oauth-refused", "Google did not give the access"),
    ],
)
def test_what_google_refuses_is_explained(office: Office, error: str, code: str, text: str) -> None:
    """Each refusal of the authorization page has its own words."""
    browser = office.signed_in(office.tenant())

    answer = browser.get(f"/consent/callback?error={error}&{begin(browser)}")

    assert code in answer.text
    assert text in answer.text


def test_trying_again_keeps_the_connection_or_the_link(office: Office) -> None:
    """A failed reconnect offers the same reconnect; a failed link visit goes by the link to Google again."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    owner, visitor = office.signed_in(tenant), office.browser()
    secret = office.link(tenant)

    owner_page = owner.get(
        f"/consent/callback?error=access_denied&{begin(owner, connection_id=connection.id)}"
    )
    visit = begin(visitor, f"/connect/{secret}")
    visitor_page = visitor.get(f"/consent/callback?error=access_denied&{visit}")

    assert f'name="connection_id" value="{connection.id}"' in owner_page.text
    assert f'method="post" action="/connect/{secret}"' in visitor_page.text


def test_a_visitor_may_send_the_mailbox_a_test_mail_at_once(office: Office) -> None:
    """Without an account here there is no other way to see that it works; the box can be unticked."""
    tenant = office.tenant()
    asked, silent = office.browser(), office.browser()
    pages = []
    for visitor, more in ((silent, {}), (asked, {"test": "yes"})):
        query = begin(visitor, f"/connect/{office.link(tenant)}")
        confirm = visitor.get(f"/consent/callback?code=c&{query}").location
        assert 'name="test" value="yes" checked' in visitor.get(confirm).text
        pages.append(visitor.press(confirm, decision="confirm", **more).text)

    [entry] = office.stores.outbox.search(tenant.id, MessageFilter(), 9)
    assert [one.address for one in entry.recipients] == [Address("rechnung@muster.de")]
    assert [f"A test mail to {entry.sender.spec} is on its way." in page for page in pages] == [False, True]
    assert "under “Sent”: there you see whether an invoice has gone out" in pages[0]


def test_a_test_mail_that_cannot_be_sent_does_not_hide_the_connected_mailbox(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailbox is kept by then: the page says so, and that the test mail is not on its way."""
    tenant = office.tenant()
    visitor = office.browser()
    query = begin(visitor, f"/connect/{office.link(tenant)}")
    confirm = visitor.get(f"/consent/callback?code=c&{query}").location

    def breaks(*_: object, **__: object) -> None:
        raise StorageUnavailableError

    monkeypatch.setattr(office.stores.outbox, "accept", breaks)
    page = visitor.press(confirm, decision="confirm", test="yes")

    assert page.status_code == 200
    assert "can now send from" in page.text
    assert "The test mail could not be sent. The mailbox is connected all the same." in page.text
    assert "is on its way" not in page.text
    assert len(office.stores.connections.of_tenant(tenant.id)) == 1


def test_what_a_person_paused_stays_paused_when_it_is_reconnected(office: Office) -> None:
    """The page that follows says so, and has the button that ends it."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    browser.get(f"/consent/callback?code=c&{begin(browser)}")
    [connection] = office.stores.connections.of_tenant(tenant.id)
    browser.press(f"/connections/{connection.id}/pause")

    query = begin(browser, connection_id=connection.id)
    page = browser.get(browser.get(f"/consent/callback?code=c&{query}").location).text

    assert "Connected as rechnung@muster.de. The mailbox is still paused" in page
    assert "Send yourself a test mail now." not in page
    assert f'action="/connections/{connection.id}/resume"' in page


@pytest.mark.parametrize("is_at_home", [True, False])
def test_by_a_link_too_a_paused_mailbox_is_said_to_be_paused(office: Office, *, is_at_home: bool) -> None:
    """Whoever is signed in to its tenant can end the pause there; the test mail waits."""
    tenant = office.tenant()
    owner = office.signed_in(tenant)
    owner.get(f"/consent/callback?code=c&{begin(owner)}")
    [connection] = office.stores.connections.of_tenant(tenant.id)
    office.stores.connections.pause(tenant.id, connection.id, office.clock.now())
    visitor = owner if is_at_home else office.browser()
    query = begin(visitor, f"/connect/{office.link(tenant)}")
    confirm = visitor.get(f"/consent/callback?code=c&{query}").location

    page = visitor.press(confirm, decision="confirm", test="yes").text

    assert "is connected to Muster GmbH again. The mailbox is still paused" in page
    assert "can now send from" not in page
    assert "is on its way" not in page
    assert "the test mail waits with the others" in page
    assert (f'action="/connections/{connection.id}/resume"' in page) is is_at_home
