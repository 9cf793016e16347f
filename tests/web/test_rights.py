"""Who may open what: generated over all routes."""

import re
from dataclasses import replace

import pytest
from flask import url_for
from werkzeug.test import TestResponse

from service.access.member import Member, Role
from service.access.session import Page, Standing
from service.access.tenant import Tenant
from service.identifiers import new_id
from service.outbox.listing import MessageFilter
from service.web.menu import MENU
from service.web.rights import RULES, Rule, Who
from tests.fakes.delegations import add_delegation
from tests.fakes.keys import add_key
from tests.web.office import OPERATOR, Browser, Office
from tests.web.test_forms import PLACES

_CHANGING = re.compile(r'name="(form_token|next)" value="[^"]*"')
FIELDS = {
    "role": "member",
    "outcome": "sent",
    "senders": "rechnung@muster.de",
    "overlap": "0",
}  # what forms cannot do without
Call = tuple[str, str, str]  # endpoint, method, path


def calls(office: Office, **places: str) -> list[Call]:
    """Every page and form of ours, with these things in their addresses."""
    with office.app.test_request_context():
        return [
            (
                rule.endpoint.removeprefix("web."),
                method,
                url_for(rule.endpoint, **{name: (PLACES | places)[name] for name in rule.arguments}),
            )
            for rule in office.app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) & {"GET", "POST"})
        ]


def answer(browser: Browser, method: str, path: str, token: str) -> TestResponse:
    """Open the page, or send its form."""
    if method == "GET":
        return browser.get(path)
    return browser.client.post(path, data={"form_token": token, **FIELDS})


def is_not_there(page: TestResponse) -> bool:
    """Whether it is the page for what there is not."""
    return page.status_code == 404 and "not-found" in page.text


def seen(page: TestResponse) -> tuple[int, str]:
    """What a person can tell of an answer; the form token and one's own path differ anyway."""
    return page.status_code, _CHANGING.sub("", page.text)


def standing_for(office: Office, role: Role, tenant: Tenant) -> Standing:
    """Of an account of its own."""
    is_operator = role is Role.OPERATOR
    home, address = (None, OPERATOR) if is_operator else (tenant.id, f"{new_id('x')}@muster.de")
    member = Member(new_id("mem"), home, address, role, office.clock.now())
    office.stores.members.add(member)
    return Standing(role, tenant.id, member.id)


def test_every_route_stands_in_the_table(office: Office) -> None:
    """None is forgotten, and none that there is not is listed."""
    assert {rule.endpoint.removeprefix("web.") for rule in office.app.url_map.iter_rules()} == set(RULES)


def test_a_stranger_sees_public_pages_only(office: Office) -> None:
    """All else asks to sign in, whatever the address names; a connect-link visitor is a stranger too."""
    stranger, visitor = office.browser(), office.browser()
    visitor.press(f"/connect/{office.link(office.tenant())}")

    for browser in (stranger, visitor):
        for endpoint, method, path in calls(office):
            page = answer(browser, method, path, browser.token())
            is_refused = page.status_code == 403 and "not-signed-in" in page.text
            assert (endpoint, is_refused) == (endpoint, RULES[endpoint].who is not Who.PUBLIC)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ADMIN])
def test_a_role_gets_no_page_above_it(office: Office, role: Role) -> None:
    """What it may not do is as if it were not there; its own pages are never refused for the role."""
    tenant = office.tenant()
    reach = {Role.MEMBER: Who.MEMBER, Role.ADMIN: Who.ADMIN}[role]
    connection = office.connection(tenant)
    places = {"connection_id": connection.id, "entry_id": office.entry(connection).id}

    for endpoint, method, path in calls(office, **places):
        standing = standing_for(office, role, tenant)
        if RULES[endpoint].who > reach:
            browser = office.signed_in_as(standing)
            assert (endpoint, is_not_there(answer(browser, method, path, browser.token()))) == (
                endpoint,
                True,
            )


def test_all_that_a_role_may_open_is_there(office: Office) -> None:
    """Every page without an id opens for whom the table names; so no rule is too strict."""
    for role, reach in ((Role.MEMBER, Who.MEMBER), (Role.ADMIN, Who.ADMIN), (Role.OPERATOR, Who.OPERATOR)):
        browser = office.signed_in_as(standing_for(office, role, office.tenant()))
        for endpoint, method, path in calls(office):
            is_plain = method == "GET" and path.count("_1") == 0 and RULES[endpoint].who is not Who.PUBLIC
            if is_plain and RULES[endpoint].who <= reach:
                assert (endpoint, browser.get(path).status_code) == (endpoint, 200)


@pytest.mark.parametrize("page", Page)
def test_a_limited_session_sees_no_other_page(office: Office, page: Page) -> None:
    """Even as an admin: all that is neither public nor on its page is as if it were not there."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    places = {"connection_id": connection.id, "entry_id": office.entry(connection).id}
    standing = Standing(Role.ADMIN, tenant.id, None, frozenset({page}))

    for endpoint, method, path in calls(office, **places):
        own = {Rule(Who.PUBLIC), Rule(Who.MEMBER, page), Rule(Who.ADMIN, page)}
        if replace(RULES[endpoint], stays=False) not in own:
            browser = office.signed_in_as(standing)
            token = browser.token()
            assert (endpoint, is_not_there(answer(browser, method, path, token))) == (endpoint, True)


def test_whom_a_key_has_let_in_makes_nothing_that_outlives_it(office: Office) -> None:
    """No further key, no member and no admin: else whoever had a leaked key would stay after its end."""
    tenant = office.tenant()
    key = add_key(office.stores, tenant.id, office.clock.now())
    browser = office.signed_in_as(Standing(Role.ADMIN, tenant.id, key_id=key.id))
    own = office.signed_in_as(Standing(Role.ADMIN, tenant.id))
    closed = [call for call in calls(office, key_id=key.id) if RULES[call[0]].stays]

    assert {endpoint for endpoint, _, _ in closed} == {
        "new_key",
        "create_key",
        "roll_key",
        "add_member",
        "change_role",
        "invite",
        "make_invitation",
    }
    for endpoint, method, path in closed:
        assert (endpoint, is_not_there(answer(browser, method, path, browser.token()))) == (endpoint, True)
    ways = [
        f'href="{address}"' if method == "GET" else f'action="{address}"' for _, method, address in closed
    ]
    for path in ("/developers/keys", f"/developers/keys/{key.id}", "/settings/members"):
        assert (path, [way for way in ways if way in browser.get(path).text]) == (path, [])
        assert any(way in own.get(path).text for way in ways)


def test_a_limited_session_sees_only_its_pages_in_the_menu(office: Office) -> None:
    """The start page leads to the first of them."""
    tenant = office.tenant()
    both = office.signed_in_as(
        Standing(Role.MEMBER, tenant.id, None, frozenset({Page.CONNECTIONS, Page.MESSAGES}))
    )
    one = office.signed_in_as(Standing(Role.ADMIN, tenant.id, None, frozenset({Page.MESSAGES})))

    assert menu_of(both.get("/")) == ["/", "/messages"]
    assert one.get("/").location == "/messages"
    assert menu_of(one.get("/messages")) == ["/messages"]


def test_the_menu_shows_what_the_role_may_open(office: Office) -> None:
    """A member sees no settings, only an operator sees the tenants."""
    tenant = office.tenant()
    with office.app.test_request_context():
        addresses = {item.view: url_for(item.endpoint) for item in MENU}

    for role, reach in ((Role.MEMBER, Who.MEMBER), (Role.ADMIN, Who.ADMIN), (Role.OPERATOR, Who.OPERATOR)):
        shown = menu_of(office.signed_in_as(Standing(role, tenant.id)).get("/"))
        assert shown == [path for view, path in addresses.items() if RULES[view].who <= reach]


def test_no_page_shows_a_way_to_what_the_role_may_not_open(office: Office) -> None:
    """Every link and form on a member's pages leads somewhere."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection)
    browser = office.signed_in_as(standing_for(office, Role.MEMBER, tenant))
    adapter = office.app.url_map.bind("localhost")

    for path in ("/", "/messages", f"/messages/{entry.id}", "/account"):
        page = browser.get(path)
        for method, address in _ways(page.text):
            endpoint = str(adapter.match(address, method=method)[0]).removeprefix("web.")
            assert (address, RULES[endpoint].who <= Who.MEMBER) == (address, True)


def test_another_tenants_thing_is_the_same_as_none(office: Office) -> None:
    """Generated over all routes with an id: the very same page, for a member, an admin and an operator."""
    own, other = office.tenant(), office.tenant("Andere AG")
    theirs = _things(office, other)
    unknown = {name: re.sub("[0-9a-z]{26}$", "7" * 26, value) for name, value in theirs.items()}
    compared = 0

    for role in Role:
        browser = office.signed_in_as(standing_for(office, role, own))
        token = browser.token()
        for (endpoint, method, path), (_, _, nowhere) in zip(
            calls(office, **theirs), calls(office, **unknown), strict=True
        ):
            if path == nowhere or RULES[endpoint].who is Who.PUBLIC:
                continue
            compared += 1
            found, none = answer(browser, method, path, token), answer(browser, method, nowhere, token)
            assert (endpoint, is_not_there(found)) == (endpoint, True)
            assert seen(found) == seen(none)

    assert compared == 3 * 29
    assert theirs == _kept(office, other)


def test_an_asset_needs_no_database(office: Office) -> None:
    """Style sheets and pictures are the same for all: nobody is looked up for them."""
    browser = office.signed_in(office.tenant())

    assert office.queries(lambda: browser.get("/assets/app.css")) == 0
    assert office.queries(lambda: browser.get("/messages")) > 0


def test_an_operator_chooses_a_tenant_first(office: Office) -> None:
    """Until then every page of a tenant leads to the list."""
    tenant = office.tenant()
    browser = office.signed_in_as(Standing(Role.OPERATOR, None))
    assert browser.get("/").location == "/tenants"
    assert menu_of(browser.get("/tenants")) == ["/tenants"]

    for endpoint, method, path in calls(office):
        if RULES[endpoint].page is not None:
            assert answer(browser, method, path, browser.token()).location == "/tenants"

    browser.press(f"/tenants/{tenant.id}/look")
    assert "Muster GmbH" in browser.get("/messages").text


def menu_of(page: TestResponse) -> list[str]:
    """The addresses in the menu of a page."""
    menu = page.text.partition('class="pa-menu"')[2].partition("</ul>")[0]
    return re.findall('href="([^"]+)"', menu)


def _ways(text: str) -> list[tuple[str, str]]:
    links = re.findall(r'href="(/[^"#?]*)', text)
    forms = re.findall(r'<form(?![^>]*method="get")[^>]*action="(/[^"]*)"', text)
    return [("GET", link) for link in links] + [("POST", form) for form in forms]


def _things(office: Office, tenant: Tenant) -> dict[str, str]:
    """One of everything that has an id in an address."""
    connection = office.connection(tenant, "andere@andere.de")
    office.entry(connection)
    office.stores.members.add(
        Member(new_id("mem"), tenant.id, "anna@andere.de", Role.ADMIN, office.clock.now())
    )
    add_delegation(office.stores, tenant.id, office.clock.now())
    add_key(office.stores, tenant.id, office.clock.now())
    return _kept(office, tenant)


def _kept(office: Office, tenant: Tenant) -> dict[str, str]:
    connections = [
        one for one in office.stores.connections.of_tenant(tenant.id) if one.address == "andere@andere.de"
    ]
    [entry] = office.stores.outbox.search(tenant.id, MessageFilter(), 2)
    [delegation] = office.stores.delegations.delegations(tenant.id)
    [member] = office.stores.members.of_tenant(tenant.id)
    assert [one.status.value for one in connections] == ["connected"]
    [key] = office.stores.api_keys.of_tenant(tenant.id)
    assert entry.state.value == "queued"
    assert (key.revoked_at, key.expires_at) == (None, None)
    return {
        "connection_id": connections[0].id,
        "entry_id": entry.id,
        "delegation_id": delegation.id,
        "member_id": member.id,
        "key_id": key.id,
    }
