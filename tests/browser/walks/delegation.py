"""The wizard for the admin of a Google Workspace."""

from collections.abc import Iterator
from threading import Event

from playwright.sync_api import Page, expect

from service.connections.ports import ProbeName, ProbeStep
from service.errors import DelegationError
from tests.browser.street import Street
from tests.fakes.delegations import ALICE, BOB, add_delegation


def walk_delegation(street: Street, page: Page) -> Iterator[str]:
    """From the choice to a set-up that Google first refuses and then grants, and its removal."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    page.goto(f"{street.url}/workspace")
    yield "workspace"
    page.goto(f"{street.url}/workspace/delegation")
    page.locator("summary").click()
    yield "workspace-key"
    page.locator("main .btn-primary").click()
    yield "workspace-key-refused"
    one = add_delegation(office.stores, tenant.id, office.clock.now())
    page.goto(f"{street.url}/workspace/delegation/{one.id}")
    yield "workspace-senders"
    page.locator("textarea").fill(f"{ALICE}\n{BOB}")
    page.locator("main .btn-primary").click()
    yield "workspace-entry"
    office.google.failures["*"] = DelegationError("delegation-denied", "unauthorized_client")
    page.locator("main .btn-primary").click()
    page.locator(".pa-note.pa-bad").wait_for()
    yield "workspace-refused"
    office.google.failures.clear()
    go_on = Event()
    office.google.before = lambda _: go_on.wait(60)
    page.locator("form[action*=check] button").click()
    page.locator(".pa-live li").wait_for()
    yield "live-delegation"
    go_on.set()
    page.locator(".pa-note.pa-good").wait_for()
    yield "workspace-granted"
    page.goto(f"{street.url}/workspace")
    yield "workspace-done"
    mailbox = office.stores.connections.of_tenant(tenant.id)[0]
    page.goto(f"{street.url}/connections/{mailbox.id}/disconnect")
    yield "workspace-disconnect"
    page.goto(f"{street.url}/workspace/delegation/{one.id}/remove")
    yield "workspace-remove"


def walk_workspace(street: Street, page: Page) -> Iterator[str]:
    """Relay, the domain's records, and handing it over to an admin who has no account."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    office.relay_domains["muster.example"] = tenant.id
    street.sign_in(page, tenant)
    page.goto(f"{street.url}/workspace/relay")
    yield "workspace-relay"
    reply = "550 5.7.1 Invalid credentials for relay [203.0.113.7]. The IP address you've registered"
    office.probe.failing = ProbeStep(ProbeName.SENDER, "relay-denied", reply)
    page.locator("#address").fill("rechnung@muster.example")
    page.locator("main .btn-primary").click()
    yield "workspace-relay-refused"
    office.probe.failing = None
    page.locator("main .btn-primary").click()
    yield "workspace-relay-done"
    office.names.zone.text("muster.example", "v=spf1 include:_spf.google.com ~all")
    office.names.zone.text("_spf.google.com", "v=spf1 ip4:192.0.2.0/24 ~all")
    page.goto(f"{street.url}/workspace/domains")
    go_on = Event()
    office.names.before = lambda name: go_on.wait(60) if name == "_spf.google.com" else None
    page.locator("main .btn-primary").click()
    expect(page.locator(".pa-live li")).to_have_count(3)
    yield "live-domain"
    go_on.set()
    page.locator("main h2").wait_for()
    yield "workspace-domain"
    page.goto(f"{street.url}/workspace/hand-over")
    yield "workspace-hand-over"
    page.locator("main .btn-primary").click()
    yield "workspace-hand-over-link"
    link = page.locator("#link").inner_text().replace("http://127.0.0.1", street.url)
    page.context.clear_cookies()
    page.goto(link)
    yield "workspace-link"
    page.locator("main .btn-primary").click()
    yield "workspace-guest"
