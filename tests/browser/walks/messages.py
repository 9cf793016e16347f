"""The list of messages, and messages in every condition."""

from collections.abc import Iterator

from playwright.sync_api import Page

from service.outbox.entry import State
from tests.browser.street import Street


def walk_messages(street: Street, page: Page) -> Iterator[str]:
    """On its way, sent, failed, unclear; then all of them in the list."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    entry = office.entry(connection, "Ihre Rechnung RE-2026-0042", reference="RE-2026-0042")
    page.goto(f"{street.url}/messages/{entry.id}")
    yield "queued"
    office.tried(entry, State.SENT, status=200, receipt="18f2c3d4e5", reply="labels: SENT")
    page.goto(f"{street.url}/messages/{entry.id}")
    page.locator("summary").last.click()
    yield "sent"
    failed = office.entry(connection, "Ihre Rechnung RE-2026-0043")
    office.tried(failed, State.FAILED, status=400, code="message-refused", reply="Invalid To header " * 20)
    page.goto(f"{street.url}/messages/{failed.id}")
    page.locator("summary").first.click()
    yield "failed"
    unclear = office.entry(connection, "Ihre Rechnung RE-2026-0044")
    office.tried(unclear, State.UNCERTAIN, status=503, code="answer-lost", reply="backendError")
    page.goto(f"{street.url}/messages/{unclear.id}")
    yield "unclear"
    page.goto(f"{street.url}/messages")
    yield "messages"
