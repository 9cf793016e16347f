"""The list of messages, and messages in every condition."""

from collections.abc import Iterator

from playwright.sync_api import Page

from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind, State
from tests.browser.street import Street

LONG = "buchhaltung.eingangsrechnungen@sehr-lange-kundenadresse.beispielgesellschaft.example.com"


def walk_messages(street: Street, page: Page) -> Iterator[str]:
    """On its way, sent, failed, unclear; then one is corrected, and all of them are in the list."""
    office = street.office
    tenant = office.tenant("Muster & Söhne GmbH")
    street.sign_in(page, tenant)
    connection = office.connection(tenant, name="Muster & Söhne Buchhaltung")
    key = "api-key:pa_live_5kq2w8 (Rechnungsprogramm)"
    entry = office.entry(connection, "Ihre Rechnung RE-2026-0042", actor=key, reference="RE-2026-0042")
    page.goto(f"{street.url}/messages/{entry.id}")
    yield "queued"
    office.tried(entry, State.SENT, status=200, receipt="18f2c3d4e5", reply="labels: SENT")
    page.goto(f"{street.url}/messages/{entry.id}")
    page.locator("#progress summary").last.click()
    page.get_by_text("Erneut senden …").or_(page.get_by_text("Send again …")).click()
    yield "sent"
    page.goto(f"{street.url}/messages/{entry.id}/correct")
    yield "correct"
    to = (Recipient(RecipientKind.TO, Address(LONG, "Jörg Kunde")),)
    failed = office.entry(connection, "Ihre Rechnung RE-2026-0043", recipients=to, reference="RE-2026-0043")
    office.tried(failed, State.FAILED, status=550, code="recipient-unknown", reply="no such user " * 20)
    page.goto(f"{street.url}/messages/{failed.id}")
    page.locator("#progress summary").first.click()
    yield "failed"
    unclear = office.entry(connection, "Ihre Rechnung RE-2026-0044")
    office.tried(unclear, State.UNCERTAIN, status=503, code="answer-lost", reply="backendError")
    page.goto(f"{street.url}/messages/{unclear.id}")
    yield "unclear"
    page.goto(f"{street.url}/messages/{failed.id}/correct")
    page.locator("#to").fill(f"kunde(at)example.com\n{LONG}")
    page.locator("main .btn-primary").click()
    yield "correct-refused"
    page.locator("#to").fill(LONG)
    page.locator("main .btn-primary").click()
    page.goto(f"{street.url}/messages/{failed.id}")
    yield "corrected"
    yield from _walk_list(street, page)


def _walk_list(street: Street, page: Page) -> Iterator[str]:
    page.goto(f"{street.url}/messages")
    yield "messages"
    page.goto(f"{street.url}/messages?q=RE-2026&errors=yes")
    yield "messages-errors"
    page.goto(f"{street.url}/messages?q=nirgends")
    yield "messages-none"
    page.goto(f"{street.url}/messages?status=verloren&from=gestern&connection=con_x")
    yield "messages-faults"
