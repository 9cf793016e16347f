"""Accounts, members and tenants."""

from collections.abc import Iterator

from playwright.sync_api import Page

from service.access.member import Member, Role
from service.access.session import Page as Part
from service.access.session import Standing
from service.connections.identity import Identity
from service.identifiers import new_id
from tests.browser.street import Street
from tests.web.office import OPERATOR

LONG = "rechnungsversand-buchhaltung-und-mahnwesen.deutschland@muster-und-soehne-gmbh.example"


def walk_people(street: Street, page: Page) -> Iterator[str]:
    """Signing in with Google, refused and admitted; the members; what a member sees."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    office.connection(tenant, "rechnung@muster.de")
    office.server.identity = Identity("sub-9", LONG)
    page.goto(street.url)
    page.locator("main .pa-google").click()
    yield "sign-in-refused"
    office.members.add(tenant.id, LONG, Role.ADMIN)
    page.locator("main .btn-primary").click()
    page.locator("main .pa-google").click()
    page.goto(f"{street.url}/settings/members")
    office.stores.members.add(
        Member(new_id("mem"), tenant.id, "anna@muster.de", Role.MEMBER, office.clock.now())
    )
    page.locator("#address").fill("kein Name")
    page.locator("main section .btn-primary").click()
    page.locator("main details summary").first.click()
    yield "members"
    page.locator(".pa-out a").click()
    yield "account"
    page.goto(f"{street.url}/login/{_limited(street, tenant.id)}")
    page.locator("main button").click()
    yield "limited"


def walk_tenants(street: Street, page: Page) -> Iterator[str]:
    """The operator's list, a fresh login link, and a tenant that is looked at."""
    office = street.office
    office.server.identity = Identity("sub-1", OPERATOR)
    page.goto(street.url)
    page.locator("main .pa-google").click()
    yield "tenants-empty"
    for name in (
        "Muster & Söhne GmbH",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH",
    ):
        office.tenant(name)
    page.goto(f"{street.url}/tenants")
    page.locator("main details summary").first.click()
    page.locator("main details button").first.click()
    yield "tenants"
    page.locator("main .btn-list > form button").first.click()
    yield "looked-at"


def _limited(street: Street, tenant_id: str) -> str:
    parts = frozenset({Part.CONNECTIONS, Part.MESSAGES})
    standing = Standing(
        Role.MEMBER, tenant_id, None, parts, "https://app.muster-rechnungen.example/kunden/42"
    )
    return street.office.link_secret(standing)
