"""The pages around Google."""

from collections.abc import Iterator

from playwright.sync_api import Page

from service.errors import ConsentDeniedError, ScopeMissingError, WrongAccountError
from service.outbox.entry import State
from service.outbox.listing import MessageFilter
from tests.browser.street import Street


def walk_consent(street: Street, page: Page) -> Iterator[str]:
    """A connect link, what can go wrong with it, and its good end."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    secret = office.link(tenant, expected_address="rechnung@muster.de", return_url="https://app.example.com/")
    page.goto(f"{street.url}/connect/{secret}")
    yield "link"
    for name, failure in (
        ("scope-missing", ScopeMissingError("rechnung@muster.de")),
        ("wrong-account", WrongAccountError("rechnung@muster.de", "privat.und.sehr.lang@googlemail.com")),
    ):
        office.consent.failure = failure
        page.goto(f"{street.url}/connect/{secret}")
        page.locator(".pa-google").click()
        yield name
    office.consent.failure = None
    page.goto(f"{street.url}/connect/{secret}")
    page.locator(".pa-google").click()
    yield "confirm"
    page.locator("main button").first.click()
    yield "connected"
    [trial] = office.stores.outbox.search(tenant.id, MessageFilter(), 2)
    office.tried(trial, State.SENT, status=200, receipt="18f2c3")
    [mailbox] = office.stores.connections.of_tenant(tenant.id)
    office.stores.connections.pause(tenant.id, mailbox.id, office.clock.now())
    page.goto(f"{street.url}/connect/{office.link(tenant, expected_address='rechnung@muster.de')}")
    page.locator(".pa-google").click()
    page.locator("main button").first.click()
    yield "connected-paused"
    page.goto(f"{street.url}/consent/callback?state=old&code=c")
    yield "state-invalid"
    yield from _of_a_tenant(street, page)


def _of_a_tenant(street: Street, page: Page) -> Iterator[str]:
    """What can go wrong for who is signed in, with a mailbox that is there already."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    connection = office.connection(tenant)
    office.revoked(office.entry(connection))
    for name, failure in (
        ("wrong-account-again", WrongAccountError("rechnung@muster.de", "privat.und.lang@googlemail.com")),
        ("blocked-by-admin", ConsentDeniedError("admin_policy_enforced")),
        ("advanced-protection", ConsentDeniedError("policy_enforced")),
        ("cancelled", ConsentDeniedError("access_denied")),
    ):
        office.consent.failure = failure
        page.goto(f"{street.url}/connections/{connection.id}")
        page.locator("main .btn-primary").click()
        yield name
