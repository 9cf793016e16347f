"""The operator's page: all tenants."""

import pytest

from service.access.member import Role
from service.access.session import Standing
from service.access.tenant import Tenant
from service.connections.identity import Identity
from tests.web.office import OPERATOR, Browser, Office

HOUR_S = 3600


def operator(office: Office) -> Browser:
    """A browser of who runs the service."""
    return office.signed_in_as(Standing(Role.OPERATOR, None))


def test_an_operator_looks_at_one_tenant_after_another(office: Office) -> None:
    """Each time all pages are that tenant's, with an admin's rights."""
    first, second = office.tenant("Erste GmbH"), office.tenant("Zweite GmbH")
    office.connection(second, "rechnung@zweite.de")
    browser = operator(office)

    for tenant in (first, second):
        assert browser.press(f"/tenants/{tenant.id}/look").location == "/"
        assert tenant.name in browser.get("/").text
    assert "rechnung@zweite.de" in browser.get("/").text
    assert browser.get("/settings/members").status_code == 200
    assert "You are looking at it" in browser.get("/tenants").text


def test_looking_at_a_tenant_is_no_new_sign_in(office: Office) -> None:
    """Who sees every tenant signs in every day, however often they go from one to the other."""
    tenant = office.tenant()
    browser = operator(office)

    for _ in range(2):
        office.clock.advance(5 * HOUR_S)
        assert browser.press(f"/tenants/{tenant.id}/look").status_code == 303
    office.clock.advance(2 * HOUR_S + 1)

    assert browser.get("/tenants").status_code == 403


def test_a_new_tenant_is_looked_at_at_once(office: Office) -> None:
    """It has nothing yet."""
    browser = operator(office)

    answer = browser.press("/tenants", name="  Müller &  Söhne <GmbH> ")

    assert (answer.status_code, answer.location) == (303, "/")
    [tenant] = office.stores.tenants.all()
    assert tenant.name == "Müller & Söhne <GmbH>"
    assert "Müller &amp; Söhne &lt;GmbH&gt;" in browser.get("/").text


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "Muster\u200bGmbH", "Muster\u202e GmbH"])
def test_what_is_no_name_is_refused(office: Office, name: str) -> None:
    """Empty, too long, or with characters that nobody sees."""
    page = operator(office).press("/tenants", name=name)

    assert (page.status_code, 'role="alert"' in page.text) == (422, True)
    assert office.stores.tenants.all() == []


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER])
def test_a_login_link_is_shown_once_and_signs_in(office: Office, role: Role) -> None:
    """With the chosen role, into the tenant that was named; the list does not show it again."""
    tenant = office.tenant()
    browser = operator(office)

    page = browser.press(f"/tenants/{tenant.id}/login-link", role=role).text

    path = page.partition("http://localhost:8025")[2].partition("<")[0]
    assert path not in browser.get("/tenants").text
    invited = office.browser()
    assert invited.press(path).location == "/"
    assert "Muster GmbH" in invited.get("/").text
    assert (invited.get("/settings/members").status_code == 200) == (role is Role.ADMIN)
    assert invited.get("/tenants").status_code == 404


def test_a_login_link_ends_with_the_operator_who_made_it(office: Office) -> None:
    """So do the session that it opened and the wizard's link that was made there; the command line's stay."""
    tenant = office.tenant()
    boss, unused, by_command = office.browser(), office.browser(), office.signed_in(tenant)
    office.by_google(boss, Identity("sub-boss", OPERATOR))
    links = [
        boss.press(f"/tenants/{tenant.id}/login-link", role="admin").text.partition("/login/")[2][:43]
        for _ in range(2)
    ]
    admin = office.browser()
    assert admin.press(f"/login/{links[0]}").status_code == 303
    page = admin.press("/workspace/hand-over").text
    wizard = f"/workspace/link/{page.partition('/workspace/link/')[2][:43]}"
    assert [unused.get(path).status_code for path in (wizard, f"/login/{links[1]}")] == [200, 200]

    office.restart(operators="andere@rechenzentrum.example")

    assert admin.get("/settings").status_code == 403
    for answer in (
        unused.get(wizard),
        unused.press(wizard),
        unused.get(f"/login/{links[1]}"),
        unused.press(f"/login/{links[1]}"),
    ):
        assert answer.status_code == 404
    assert by_command.get("/settings").status_code == 200


def test_no_link_makes_an_operator(office: Office) -> None:
    """Only the command line does."""
    tenant = office.tenant()

    assert operator(office).press(f"/tenants/{tenant.id}/login-link", role="operator").status_code == 400


def test_a_tenant_that_there_is_not_is_not_found(office: Office) -> None:
    """Neither looked at nor linked to."""
    browser = operator(office)

    for path in ("look", "login-link"):
        answer = browser.press(f"/tenants/ten_{'0' * 26}/{path}", role="admin")
        assert (answer.status_code, "not-found" in answer.text) == (404, True)


def test_the_page_asks_the_database_as_often_for_many_as_for_one(office: Office) -> None:
    """No query for each tenant."""
    office.tenant()
    browser = operator(office)
    few = office.queries(lambda: browser.get("/tenants"))
    for number in range(30):
        office.stores.tenants.add(Tenant(f"ten_{number:026}", f"{number} GmbH", office.clock.now()))

    assert office.queries(lambda: browser.get("/tenants")) == few > 0
