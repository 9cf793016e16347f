"""Checklist, developers and settings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import Page

from service.errors import ConfigurationError
from service.outbox.entry import State
from tests.browser.street import Street


def walk_setup(street: Street, page: Page) -> Iterator[str]:
    """From the first page with nothing done to a server with something broken."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    yield "first-start"
    page.goto(f"{street.url}/setup")
    yield "setup"
    page.locator("a[href$=oauth-client]").click()
    yield "check-client"
    office.installation.broken["keyring"] = ConfigurationError("credentials/keyring: others may read it")
    office.clock.advance(60)
    page.goto(f"{street.url}/setup/keyring")
    yield "check-keyring"
    connection = office.connection(tenant)
    office.tried(office.entry(connection), State.SENT, status=200, receipt="18f2c3d4e5")
    page.goto(f"{street.url}/setup")
    yield "setup-broken"


def walk_developers(street: Street, page: Page) -> Iterator[str]:
    """Samples; a key that is made, shown, replaced and revoked; what was typed wrong."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    office.connection(tenant, "buchhaltung-mit-sehr-langer-adresse@muster-und-soehne-gmbh.example.de")
    page.goto(f"{street.url}/developers")
    for summary in page.locator("summary").all()[1:]:
        summary.click()
    yield "developers"
    page.goto(f"{street.url}/developers/keys")
    yield "keys-none"
    page.locator("main .btn-primary").click()
    yield "new-key"
    page.locator("main .btn-primary").click()
    yield "new-key-refused"
    page.locator("input[name=name]").fill("easybill, Rechnungsprogramm der Buchhaltung")
    page.locator("input[type=checkbox]").check()
    page.locator("main .btn-primary").click()
    yield "key-once"
    page.locator("main .btn-primary").click()
    page.locator("td a").first.click()
    yield "key"
    page.locator("main .btn-primary").click()
    page.goto(f"{street.url}/developers/keys")
    page.locator("td a").last.click()
    page.locator("main a[href$=revoke]").click()
    yield "revoke-key"
    page.locator("main .btn-danger").click()
    yield "keys"


def walk_settings(street: Street, page: Page) -> Iterator[str]:
    """What is chosen, a wrong choice, a good one, the limits, and a message whose content is gone."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    page.goto(f"{street.url}/settings")
    yield "settings"
    page.locator("input[name=content_days]").fill("4000")
    page.locator("main .btn-primary").click()
    yield "settings-refused"
    page.locator("input[name=content_days]").fill("14")
    page.locator("main .btn-primary").click()
    yield "settings-saved"
    kept = office.stores.tenants.get(tenant.id)
    office.stores.tenants.change(replace(kept, name="Muster und Söhne GmbH"), kept)
    page.locator("input[name=content_days]").fill("21")
    page.locator("main .btn-primary").click()
    yield "settings-changed-meanwhile"
    page.goto(f"{street.url}/settings/limits")
    yield "limits"
    entry = office.entry(connection, "Ihre Rechnung RE-2026-0042")
    office.tried(entry, State.SENT, status=200, receipt="18f2c3d4e5")
    at = office.clock.now() + timedelta(days=30)
    office.stores.forgetting.forget_content(tenant.id, at, at, 10)
    page.goto(f"{street.url}/messages/{entry.id}")
    yield "content-deleted"
