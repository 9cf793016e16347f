"""The link that an invoicing application makes for its customer, in the customer's browser."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from service.access.api_key import ApiKey
from service.access.member import Role
from service.access.session import Page, Standing
from service.access.tenant import Tenant
from tests.fakes.keys import add_key
from tests.web.office import Browser, Office

BACK = "https://app.example/kunden/42?tab=mail&x=<b>"


def link(
    office: Office, tenant: Tenant, *pages: Page, locale: str | None = None, return_url: str | None = None
) -> str:
    """The path of a link for a member, of a key of its own."""
    _, url = office.session_links.make(
        key=add_key(office.stores, tenant.id, office.clock.now()),
        role="member",
        pages=pages or None,
        locale=locale,
        return_url=return_url,
    )
    return urlsplit(url).path


def admin_link(office: Office, key: ApiKey) -> str:
    """The path of a link of this key for an admin."""
    _, url = office.session_links.make(key=key, role="admin")
    return urlsplit(url).path


def opened(office: Office, path: str) -> Browser:
    """A browser that has pressed the link's button."""
    browser = office.browser()
    assert browser.press(path).location == "/"
    return browser


def test_the_link_first_shows_one_button(office: Office) -> None:
    """Mail scanners open links: looking changes nothing, pressing works once."""
    path = link(office, office.tenant())
    for _ in range(3):
        assert office.browser().get(path).status_code == 200

    assert "Muster GmbH" in opened(office, path).get("/").text
    assert office.browser().press(path).status_code == 404
    assert office.browser().get(path).status_code == 404


def test_the_link_ends_after_ten_minutes(office: Office) -> None:
    """Then the page says how to get a new one."""
    path = link(office, office.tenant())
    office.clock.advance(601)

    page = office.browser().get(path)

    assert (page.status_code, "login-link-invalid" in page.text) == (404, True)


def test_the_page_leads_back_to_the_application(office: Office) -> None:
    """On every page, by name; the address is escaped. Without one nothing is shown."""
    tenant = office.tenant()
    browser = opened(office, link(office, tenant, return_url=BACK))

    for path in ("/", "/messages"):
        page = browser.get(path).text
        assert "Back to app.example" in page
        assert 'href="https://app.example/kunden/42?tab=mail&amp;x=&lt;b&gt;"' in page
    assert "Back to" not in opened(office, link(office, tenant)).get("/").text


def test_the_link_speaks_its_language_unless_the_browser_has_chosen_one(office: Office) -> None:
    """The choice of the person counts more than the application's."""
    tenant = office.tenant()
    german = link(office, tenant, locale="de")
    assert '<html lang="de">' in office.browser().get(german, "en").text
    assert '<html lang="de">' in opened(office, german).get("/", "en").text

    chosen, other = office.browser(), link(office, tenant, locale="de")
    chosen.press("/language", language="en")
    chosen.press(other)

    assert '<html lang="en">' in chosen.get("/", "de").text


def test_a_test_mail_is_confirmed_where_the_messages_are_not_shown(office: Office) -> None:
    """A session limited to connections stays on its page."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = opened(office, link(office, tenant, Page.CONNECTIONS))

    answer = browser.press(f"/connections/{connection.id}/test")

    assert answer.status_code == 303
    assert answer.location.startswith(f"/connections/{connection.id}/test/msg_")
    assert "The test mail is on its way." in browser.get(answer.location).text


def test_a_limited_session_connects_a_mailbox(office: Office) -> None:
    """What the page is for works to its end."""
    browser = opened(office, link(office, office.tenant(), Page.CONNECTIONS))

    begun = browser.press("/connect")
    answer = browser.get(f"/consent/callback?code=c&{urlsplit(begun.location).query}")

    assert "Connected as rechnung@muster.de." in browser.get(answer.location).text
    assert "rechnung@muster.de" in browser.get("/").text


def test_a_member_is_not_offered_what_an_admin_does(office: Office) -> None:
    """No button leads into a wall."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = opened(office, link(office, tenant))

    pages = [browser.get(path).text for path in ("/", "/connections/new", f"/connections/{connection.id}")]

    for page in pages:
        for path in ("/disconnect", "/connections/new/", "/name", "/default", "/workspace", "/settings"):
            assert path not in page


def test_revoking_a_key_signs_out_whom_its_links_have_let_in(office: Office) -> None:
    """At the next click, with the page that asks to sign in; the sessions of other keys stay."""
    tenant = office.tenant()
    own, other = (add_key(office.stores, tenant.id, office.clock.now()) for _ in range(2))
    theirs, others = (opened(office, admin_link(office, key)) for key in (own, other))
    assert theirs.get("/settings").status_code == 200

    others.press(f"/developers/keys/{own.id}/revoke")

    refused = theirs.get("/settings")
    assert (refused.status_code, "not-signed-in" in refused.text) == (403, True)
    assert "Sign in with Google" in theirs.get("/").text
    assert theirs.press("/settings", name="Beute AG", uncertain_rule="resend").status_code == 403
    assert office.stores.tenants.get(tenant.id) == tenant
    assert others.get("/settings").status_code == 200


def test_an_unspent_link_of_a_revoked_key_opens_nothing(office: Office) -> None:
    """It is as one that there is not, also where its page was open already."""
    tenant = office.tenant()
    key = add_key(office.stores, tenant.id, office.clock.now())
    path, browser = admin_link(office, key), office.browser()
    assert browser.get(path).status_code == 200

    office.keys.revoke(tenant.id, key.id)

    for answer in (browser.press(path), browser.get(path)):
        assert (answer.status_code, "login-link-invalid" in answer.text) == (404, True)
    assert browser.get("/settings").status_code == 403


def test_a_replaced_key_takes_its_sessions_along_when_it_ends(office: Office) -> None:
    """They go on as long as the old key does."""
    tenant = office.tenant()
    key = add_key(office.stores, tenant.id, office.clock.now())
    browser = opened(office, admin_link(office, key))

    office.keys.roll(tenant.id, key.id, "key_new", timedelta(hours=1))

    assert browser.get("/settings").status_code == 200
    office.clock.advance(3600)
    assert browser.get("/settings").status_code == 403


@pytest.mark.parametrize("is_opened", [False, True])
def test_a_link_to_the_wizard_ends_with_the_key_that_its_maker_came_by(
    office: Office, *, is_opened: bool
) -> None:
    """A stolen key leaves no door open behind it."""
    tenant = office.tenant()
    key = add_key(office.stores, tenant.id, office.clock.now())
    page = opened(office, admin_link(office, key)).press("/workspace/hand-over").text
    path = "/workspace/link/" + page.partition("/workspace/link/")[2].partition("<")[0]
    guest = office.browser()
    if is_opened:
        assert guest.press(path).location == "/workspace"

    office.keys.revoke(tenant.id, key.id)

    assert guest.get("/workspace").status_code == 403
    assert guest.press(path).status_code == 404


def test_a_link_from_the_command_line_outlives_every_key(office: Office) -> None:
    """No key has made it."""
    tenant = office.tenant()
    key = add_key(office.stores, tenant.id, office.clock.now())
    browser = office.signed_in_as(Standing(Role.ADMIN, tenant.id))

    office.keys.revoke(tenant.id, key.id)

    assert browser.get("/settings").status_code == 200
