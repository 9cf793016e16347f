"""Inviting the owner of a mailbox: the link that an admin makes on a page instead of by the API."""

import re

import pytest

from service.access.member import Member, Role
from service.access.session import Standing
from service.connections.identity import Identity
from service.identifiers import new_id
from service.web.google_sign_in import standing_of
from tests.web.office import OPERATOR, Office

INVITE = "/connections/invite"


def test_an_invitation_gives_a_link_and_a_mail_in_both_languages(office: Office) -> None:
    """The link is in both mails, opens the page that names the company, and is pinned to the address."""
    browser = office.signed_in(office.tenant())

    page = browser.press(INVITE, address="sabine@muster.de", purpose="Rechnungen & Mahnungen").text

    [url] = set(re.findall(r"http://[^\s<\"]+/connect/[\w-]+", page))
    assert page.count(url) == 3
    for text in ("mailto:sabine%40muster.de?subject=", 'lang="de"', 'lang="en"', "Wählen Sie bei Google"):
        assert text in page
    visit = office.browser().get(f"/connect/{url.rpartition('/')[2]}").text
    for text in ("Muster GmbH", "Rechnungen &amp; Mahnungen", "Choose sabine@muster.de."):
        assert text in visit


def test_an_invitation_may_leave_the_address_open(office: Office) -> None:
    """Then the owner takes the account that the customers know."""
    page = office.signed_in(office.tenant()).press(INVITE, address="", purpose="Rechnungen").text

    assert "the account that your customers know" in page
    assert "mailto:?subject=" in page


def test_an_invitation_ends_with_the_admin_who_made_it(office: Office) -> None:
    """Whoever may invite no longer has let nobody in either."""
    tenant = office.tenant()
    maker, other = (
        Member(new_id("mem"), tenant.id, f"{name}@muster.de", Role.ADMIN, office.clock.now())
        for name in ("anna", "berta")
    )
    for admin in (maker, other):
        office.stores.members.add(admin)
    browser = office.signed_in_as(standing_of(maker))
    page = browser.press(INVITE, address="", purpose="Rechnungen").text
    [url] = set(re.findall(r"/connect/[\w-]+", page))
    visitor = office.browser()
    is_open = visitor.get(url).status_code

    office.stores.members.remove(tenant.id, maker.id)

    assert (is_open, visitor.get(url).status_code) == (200, 404)


def test_an_invitation_ends_with_the_operator_who_made_it(office: Office) -> None:
    """Who is taken out of the settings lets no mailbox in any more; who stays there does."""
    tenant = office.tenant()
    boss, visitor = office.browser(), office.browser()
    office.by_google(boss, Identity("sub-boss", OPERATOR))
    boss.press(f"/tenants/{tenant.id}/look")
    page = boss.press(INVITE, address="", purpose="Rechnungen").text
    [url] = set(re.findall(r"/connect/[\w-]+", page))
    is_open = visitor.get(url).status_code

    office.restart(operators="andere@rechenzentrum.example")
    refused = [visitor.get(url).status_code, visitor.press(url).status_code]
    office.restart(operators=OPERATOR.upper())

    assert (is_open, refused, visitor.get(url).status_code) == (200, [404, 404], 200)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"address": "sabine", "purpose": "Rechnungen"}, "address"),
        ({"address": "Sabine <s@muster.de>", "purpose": "Rechnungen"}, "address"),
        ({"address": "", "purpose": " "}, "purpose"),
        ({"address": "", "purpose": "x" * 201}, "purpose"),
    ],
)
def test_what_no_link_can_say_is_told_at_its_field(office: Office, typed: dict[str, str], field: str) -> None:
    """What was typed stays, and no link is made."""
    answer = office.signed_in(office.tenant()).press(INVITE, **typed)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "/connect/" not in answer.text


def test_only_admins_invite_and_are_offered_it(office: Office) -> None:
    """A member connects own mailboxes, and reads that an admin sets up the other ways."""
    tenant = office.tenant()
    admin, member = office.signed_in(tenant), office.signed_in_as(Standing(Role.MEMBER, tenant.id))

    assert INVITE in admin.get("/").text
    assert INVITE in admin.get("/connections/new").text
    assert INVITE not in member.get("/connections/new").text
    assert "set up by an admin of Muster GmbH" in member.get("/connections/new").text
