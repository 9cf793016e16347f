"""Who belongs to a tenant: the page below the settings."""

import pytest

from service.access.member import Member, Role
from service.access.session import Standing
from service.access.tenant import Tenant
from service.identifiers import new_id
from tests.web.office import Office

ADDRESS = "anna@muster.de"


def add(office: Office, tenant: Tenant, address: str, role: Role = Role.MEMBER) -> Member:
    """A member."""
    member = Member(new_id("mem"), tenant.id, address, role, office.clock.now())
    office.stores.members.add(member)
    return member


def test_an_admin_adds_people_by_address(office: Office) -> None:
    """The list shows them with their role, and that they have not been here yet."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    answer = browser.press("/settings/members", address=" Anna@Muster.de ", role="admin")

    assert (answer.status_code, answer.location) == (303, "/settings/members")
    page = browser.get("/settings/members").text
    assert ADDRESS in page
    assert "has not signed in yet" in page
    [member] = office.stores.members.of_tenant(tenant.id)
    assert (member.address, member.role) == (ADDRESS, Role.ADMIN)


@pytest.mark.parametrize("address", ["", "anna", "Anna <anna@muster.de>", "a@b.de, c@d.de", "<script>@x.de"])
def test_what_is_no_address_is_refused(office: Office, address: str) -> None:
    """What was typed stays in the field, escaped; nobody is added."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    page = browser.press("/settings/members", address=address, role="member")

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "<script>@" not in page.text
    assert office.stores.members.of_tenant(tenant.id) == []


@pytest.mark.parametrize("role", ["", "operator", "ADMIN"])
def test_no_admin_makes_an_operator(office: Office, role: str) -> None:
    """Neither as a new member nor of one that is there."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    member = add(office, tenant, ADDRESS)

    assert browser.press("/settings/members", address="ben@muster.de", role=role).status_code == 422
    assert browser.press(f"/settings/members/{member.id}/role", role=role).status_code == 422
    assert office.stores.members.of_tenant(tenant.id) == [member]


def test_a_second_account_of_an_address_is_refused(office: Office) -> None:
    """With words that say what to do instead."""
    tenant = office.tenant()
    add(office, tenant, ADDRESS)

    page = office.signed_in(tenant).press("/settings/members", address=ADDRESS, role="member")

    assert (page.status_code, "member-exists" in page.text) == (409, True)


def test_the_last_admin_cannot_be_removed(office: Office) -> None:
    """Nor made a member; the page says why, and the list is still there."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    admin = add(office, tenant, ADDRESS, Role.ADMIN)

    for path, fields in (("remove", {}), ("role", {"role": "member"})):
        page = browser.press(f"/settings/members/{admin.id}/{path}", **fields)
        assert (page.status_code, "last-admin" in page.text) == (409, True)
        assert ADDRESS in page.text
    assert office.stores.members.of_tenant(tenant.id) == [admin]


def test_a_role_changes_what_an_open_session_shows(office: Office) -> None:
    """At the next click."""
    tenant = office.tenant()
    admin, member = office.signed_in(tenant), add(office, tenant, ADDRESS)
    theirs = office.signed_in_as(Standing(member.role, tenant.id, member.id))
    assert theirs.get("/settings/members").status_code == 404

    admin.press(f"/settings/members/{member.id}/role", role="admin")

    assert theirs.get("/settings/members").status_code == 200


def test_removing_signs_the_person_out_at_once(office: Office) -> None:
    """The mailboxes of the tenant stay as they are."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    admin, member = office.signed_in(tenant), add(office, tenant, ADDRESS)
    theirs = office.signed_in_as(Standing(member.role, tenant.id, member.id))

    answer = admin.press(f"/settings/members/{member.id}/remove")

    assert answer.location == "/settings/members"
    assert theirs.get("/messages").status_code == 403
    assert office.stores.connections.of_tenant(tenant.id) == [connection]
    assert ADDRESS not in admin.get("/settings/members").text


@pytest.mark.parametrize(("path", "shown"), [("role", "Connections"), ("remove", "Sign in")])
def test_who_gives_up_their_own_rights_is_led_to_a_page_that_is_left(
    office: Office, path: str, shown: str
) -> None:
    """Not to the list that they may not see any more."""
    tenant = office.tenant()
    add(office, tenant, "ben@muster.de", Role.ADMIN)
    own = add(office, tenant, ADDRESS, Role.ADMIN)
    browser = office.signed_in_as(Standing(Role.ADMIN, tenant.id, own.id))

    answer = browser.press(f"/settings/members/{own.id}/{path}", role="member")
    page = browser.get(answer.location)

    assert (answer.status_code, page.status_code) == (303, 200)
    assert f"<h1>{shown}</h1>" in page.text


def test_ones_own_account_is_marked(office: Office) -> None:
    """So that nobody removes themselves by mistake."""
    tenant = office.tenant()
    add(office, tenant, "ben@muster.de", Role.ADMIN)
    own = add(office, tenant, ADDRESS, Role.ADMIN)

    page = office.signed_in_as(Standing(Role.ADMIN, tenant.id, own.id)).get("/settings/members").text

    assert page.count("(you)") == 1


def test_only_the_tenants_own_sign_in_domains_are_named(office: Office) -> None:
    """Whom the operator lets in to others is nobody's business here."""
    tenant, other = office.tenant(), office.tenant("Andere AG")
    office.restart(sign_in_domains=f"muster.de={tenant.id}, andere.de={other.id}")

    page = office.signed_in(tenant).get("/settings/members").text

    assert ("Workspace domain muster.de" in page, "andere.de" in page) == (True, False)


def test_the_page_asks_the_database_as_often_for_many_as_for_one(office: Office) -> None:
    """No query for each person."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    add(office, tenant, ADDRESS)
    few = office.queries(lambda: browser.get("/settings/members"))
    for number in range(30):
        add(office, tenant, f"{number}@muster.de")

    assert office.queries(lambda: browser.get("/settings/members")) == few > 0
