"""Handing the set-up over: a link that opens the wizard of one tenant, and nothing else."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from service.access.member import Role
from service.access.session import Page, Standing
from service.access.tenant import Tenant
from service.connections.identity import Identity
from tests.fakes.delegations import ALICE, add_delegation
from tests.web.office import Browser, Office

LINK = re.compile(r'id="link"[^>]*>http://localhost:8025(/workspace/link/[A-Za-z0-9_-]{43})</pre>')
DAY_S = 86_400


def link_of(office: Office, tenant: Tenant) -> str:
    """A link that the tenant has made."""
    return invited(office.signed_in(tenant))


def invited(browser: Browser) -> str:
    """A link that whoever is signed in there has made."""
    found = LINK.search(browser.press("/workspace/hand-over").text)
    assert found is not None
    return found[1]


def guest_of(office: Office, tenant: Tenant) -> Browser:
    """An admin who has opened one."""
    browser = office.browser()
    assert browser.press(link_of(office, tenant)).location == "/workspace"
    return browser


def test_a_guest_sets_everything_up(office: Office) -> None:
    """The tenant is named; every page of the wizard is there, under the tenant's name."""
    tenant = office.tenant("Muster & Söhne GmbH")
    one = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    browser = guest_of(office, tenant)

    paths = ("", "/relay", "/delegation", f"/delegation/{one.id}", "/domains")
    pages = [browser.get(f"/workspace{path}") for path in paths]
    granted = browser.press(f"/workspace/delegation/{one.id}/check", sender=ALICE)

    assert [page.status_code for page in pages] == [200] * 5
    assert all("Muster &amp; Söhne GmbH" in page.text for page in pages)
    assert f"Access granted for {ALICE}." in granted.text


def test_a_guest_is_told_when_all_is_done(office: Office) -> None:
    """Not before the check went well, and not to the tenant's own people, who go on to a test mail."""
    tenant = office.tenant()
    one = add_delegation(office.stores, tenant.id, office.clock.now(), ALICE)
    browser, here = guest_of(office, tenant), f"/workspace/delegation/{one.id}"

    before = browser.get(here).text
    done = browser.press(f"{here}/check", sender=ALICE).text

    sentence = "The set-up is done; you can close this page."
    assert [sentence in page for page in (before, done)] == [False, True]
    assert sentence not in office.signed_in(tenant).get(here).text


def test_a_guest_sees_nothing_else(office: Office) -> None:
    """Every other page is as if it were not there, and none is offered."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection)
    browser = guest_of(office, tenant)
    others = (
        "/messages",
        f"/messages/{entry.id}",
        "/connections/new",
        "/connections/new/server",
        f"/connections/{connection.id}/disconnect",
        "/workspace/hand-over",
    )

    answers = [browser.get(path) for path in others]

    assert {answer.status_code for answer in answers} == {404}
    assert browser.press(f"/connections/{connection.id}/pause").status_code == 404
    assert browser.press("/connect").status_code == 404
    assert browser.get("/").location == "/workspace"
    page = browser.get("/workspace").text
    assert all(f'href="{path}"' not in page for path in others)


def test_nobody_hands_over_what_they_do_not_see(office: Office) -> None:
    """A session that is limited to the mailboxes makes no link into the wizard; with both pages it does."""
    tenant = office.tenant()
    narrow, wide = (
        office.signed_in_as(Standing(Role.ADMIN, tenant.id, pages=frozenset(pages)))
        for pages in ({Page.CONNECTIONS}, {Page.CONNECTIONS, Page.WORKSPACE})
    )

    assert narrow.press("/workspace/hand-over").status_code == 404
    assert office.browser().press(invited(wide)).location == "/workspace"


def test_a_guest_sees_no_other_tenant(office: Office) -> None:
    """Another tenant's set-up is as unknown as to its own users."""
    other = office.tenant("Andere AG")
    one = add_delegation(office.stores, other.id, office.clock.now(), ALICE)
    browser = guest_of(office, office.tenant())

    assert browser.get(f"/workspace/delegation/{one.id}").status_code == 404
    assert browser.press(f"/workspace/delegation/{one.id}/remove").status_code == 404
    assert ALICE not in browser.get("/workspace").text


def test_a_link_opens_once(office: Office) -> None:
    """Looking at it names the company and does not use it up; the second browser is told whom to ask."""
    path = link_of(office, office.tenant("Muster & Söhne GmbH"))
    first, second = office.browser(), office.browser()
    looked = first.get(path).text

    entered = [browser.press(path) for browser in (first, second)]

    assert "<strong>Muster &amp; Söhne GmbH</strong>" in looked
    assert [answer.status_code for answer in entered] == [303, 404]
    assert "wizard-link-invalid" in entered[1].text
    assert second.get("/workspace").status_code == 403


def test_who_is_in_comes_back_by_the_same_link(office: Office) -> None:
    """The mail with the link is where an admin looks for it the next day."""
    path = link_of(office, office.tenant())
    browser = office.browser()
    browser.press(path)
    office.clock.advance(DAY_S)

    assert browser.press(path).location == "/workspace"
    assert browser.get("/workspace").status_code == 200


def test_links_and_visits_end_with_the_admin_who_made_them(office: Office) -> None:
    """Who is removed has no way back by a link that they kept; those who came by one are out, too."""
    tenant = office.tenant()
    keeper, admin = (
        office.members.add(tenant.id, f"{name}@muster.example", "admin") for name in ("chefin", "anna")
    )
    browser = office.browser()
    office.by_google(browser, Identity("sub-anna", admin.address))
    first, second = (invited(browser) for _ in range(2))
    guest = office.browser()
    assert guest.press(first).status_code == 303

    office.members.remove(tenant.id, admin.id)

    assert guest.get("/workspace").status_code == 403
    assert office.browser().get(second).status_code == 404
    assert office.stores.members.of_tenant(tenant.id) == [keeper]


def test_links_and_visits_end_after_a_week(office: Office) -> None:
    """Each at its time."""
    tenant = office.tenant()
    late, browser = link_of(office, tenant), guest_of(office, tenant)
    office.clock.advance(7 * DAY_S)

    assert [office.browser().get(late).status_code, office.browser().press(late).status_code] == [404, 404]
    assert browser.get("/workspace").status_code == 403


def test_a_guest_can_end_the_visit(office: Office) -> None:
    """On a borrowed computer."""
    browser = guest_of(office, office.tenant())

    browser.press("/logout")

    assert browser.get("/workspace").status_code == 403


def test_no_other_link_opens_the_wizard_as_a_guest(office: Office) -> None:
    """One for signing in is not used up by it."""
    login = office.login_secret(office.tenant())

    tried = office.browser().press(f"/workspace/link/{login}")

    assert tried.status_code == 404
    assert office.browser().press(f"/login/{login}").status_code == 303


def test_who_opens_another_companys_link_is_signed_out_here(office: Office) -> None:
    """Else the wizard would show the own company under the other's link."""
    browser = office.signed_in(office.tenant("Eigene GmbH"))

    browser.press(link_of(office, office.tenant("Fremde GmbH")))

    assert "Fremde GmbH" in browser.get("/workspace").text
    assert browser.get("/messages").status_code == 404


@pytest.mark.parametrize(
    ("language", "subject", "other"), [("de", "Bitte einrichten", "Please set up"), ("en", "Please", "Bitte")]
)
def test_the_mail_is_there_in_both_languages(office: Office, language: str, subject: str, other: str) -> None:
    """First in the language of the page; each can be copied, and opened in the mail program with its link."""
    tenant = office.tenant("Muster & Söhne GmbH")
    browser = office.signed_in(tenant)
    browser.press("/language", language=language)

    page = browser.press("/workspace/hand-over").text

    first, second = re.findall(r'href="(mailto:[^"]+)"', page)
    query = parse_qs(urlsplit(first.replace("&amp;", "&")).query, strict_parsing=True)
    assert query["subject"][0].startswith(subject)
    assert "Muster & Söhne GmbH" in query["body"][0]
    assert "\r\n\r\nhttp://localhost:8025/workspace/link/" in query["body"][0]
    assert unquote(second).partition("subject=")[2].startswith(other)
    assert {f'data-copy="letter-{tag}"' in page for tag in ("de", "en")} == {True}


def test_only_the_tenant_hands_over(office: Office) -> None:
    """A guest invites no guests, a member none, and a stranger none."""
    member = office.signed_in_as(Standing(Role.MEMBER, office.tenant().id))
    asking = (office.browser(), guest_of(office, office.tenant()), member)

    answers = [browser.press("/workspace/hand-over").status_code for browser in asking]

    assert answers == [403, 404, 404]
