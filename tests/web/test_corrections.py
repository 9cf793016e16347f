"""Correct the address and send, and the mail as a file."""

import re
from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import update

from service.errors import Refusal
from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind, State
from service.outbox.listing import MessageFilter
from service.outbox.verdict import Verdict
from service.storage.tables import content_chunks
from tests.web.office import Browser, Office

WRONG = (Recipient(RecipientKind.TO, Address("kunde@falsch.example", "Kundin Beispiel")),)


def _key(browser: Browser, path: str) -> str:
    found = re.search('name="key" value="([^"]+)"', browser.get(path).text)
    assert found is not None
    return found[1]


def test_a_failed_mail_goes_to_the_corrected_address(office: Office) -> None:
    """As a new message with the same content; each page leads to the other."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), recipients=WRONG, reference="RE-1")
    office.tried(entry, State.FAILED, code="recipient-unknown")
    browser = office.signed_in(tenant)
    path = f"/messages/{entry.id}/correct"

    assert "Kundin Beispiel &lt;kunde@falsch.example&gt;</textarea>" in browser.get(path).text
    answer = browser.press(
        path, to="Kundin Beispiel <kunde@example.com>\r\n", cc=" ", key=_key(browser, path)
    )

    assert answer.status_code == 303
    fresh = office.stores.outbox.get(tenant.id, answer.location.rpartition("/")[2])
    assert fresh.recipients == (Recipient(RecipientKind.TO, Address("kunde@example.com", "Kundin Beispiel")),)
    assert (fresh.reference, fresh.attachments, fresh.state) == ("RE-1", entry.attachments, State.QUEUED)
    assert fresh.message_id != entry.message_id
    assert f'href="/messages/{entry.id}"' in browser.get(answer.location).text
    assert f'href="{answer.location}"' in browser.get(f"/messages/{entry.id}").text
    mail = message_from_bytes(browser.get(f"{answer.location}/mail.eml").data)
    assert (mail["To"], mail["X-Postausgang-Id"]) == ("Kundin Beispiel <kunde@example.com>", fresh.id)


def test_a_button_pressed_twice_sends_one_mail(office: Office) -> None:
    """The form's own key makes the second press an echo of the first."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), recipients=WRONG)
    office.tried(entry, State.FAILED)
    browser = office.signed_in(tenant)
    path = f"/messages/{entry.id}/correct"
    key = _key(browser, path)

    first, second = (browser.press(path, to="kunde@example.com", key=key) for _ in range(2))

    assert first.location == second.location
    assert len(office.stores.outbox.search(tenant.id, MessageFilter(), 10)) == 2


def test_a_form_that_was_sent_and_is_changed_says_so_and_can_be_sent_again(office: Office) -> None:
    """Who goes back and types another address learns that a mail goes already; the next press sends one."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), recipients=WRONG)
    office.tried(entry, State.FAILED)
    browser = office.signed_in(tenant)
    path = f"/messages/{entry.id}/correct"
    browser.press(path, to="kunde@example.com", key="k")

    told = browser.press(path, to="kundin@example.com", key="k")
    kept = len(office.stores.outbox.search(tenant.id, MessageFilter(), 10))
    fresh = told.text.partition('name="key" value="')[2].partition('"')[0]
    again = browser.press(path, to="kundin@example.com", key=fresh)

    assert (told.status_code, "already sent once, to other addresses" in told.text) == (409, True)
    assert (kept, again.status_code) == (2, 303)


@pytest.mark.parametrize("outcome", [State.SENT, State.UNCERTAIN])
def test_what_may_be_out_needs_a_tick(office: Office, outcome: State) -> None:
    """The page warns; without the tick nothing is kept, with it a second mail goes."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), recipients=WRONG)
    office.tried(entry, outcome)
    browser = office.signed_in(tenant)
    path = f"/messages/{entry.id}/correct"

    assert "The earlier message " in browser.get(path).text
    refused = browser.press(path, to="kunde@example.com", key="k")
    accepted = browser.press(path, to="kunde@example.com", key="k", force="yes")

    assert (refused.status_code, "Please tick this box" in refused.text) == (409, True)
    assert 'value="k"' in refused.text
    assert accepted.status_code == 303


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"to": "kunde(at)example.com"}, "to"),
        ({"to": "a@example.com, b@example.com"}, "to"),
        ({"to": "a@example.com", "bcc": "jörg@example.com"}, "bcc"),
        ({"to": " \r\n"}, "to"),
        ({"to": "\n".join(f"k{number}@example.com" for number in range(6))}, "to"),
    ],
)
def test_a_wrong_address_is_said_at_its_field(office: Office, fields: dict[str, str], name: str) -> None:
    """422, what was typed is still there, nothing was kept."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), recipients=WRONG)
    office.tried(entry, State.FAILED)
    browser = office.signed_in(tenant)

    answer = browser.press(f"/messages/{entry.id}/correct", **fields)

    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert fields["to"].strip().split("\n")[0] in answer.text
    assert len(office.stores.outbox.search(tenant.id, MessageFilter(), 10)) == 1


def test_only_those_who_were_refused_are_proposed(office: Office) -> None:
    """Whoever has got the mail shall not get it twice by default."""
    tenant = office.tenant()
    recipients = (*WRONG, Recipient(RecipientKind.CC, Address("buch@example.com")))
    entry = office.entry(office.connection(tenant), recipients=recipients)
    refusal = Refusal("kunde@falsch.example", "recipient-unknown", 550, "no", is_permanent=True)
    office.tried(entry, State.SENT, Verdict(State.SENT, refused=(refusal,)), receipt="250 ok")

    page = office.signed_in(tenant).get(f"/messages/{entry.id}/correct").text

    assert "kunde@falsch.example&gt;</textarea>" in page
    assert "buch@example.com" not in page


def test_an_open_mail_is_cancelled_before_it_is_corrected(office: Office) -> None:
    """It could leave while its copy is made."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    browser = office.signed_in(tenant)

    answer = browser.press(f"/messages/{entry.id}/correct", to="kunde@example.com")

    assert (answer.status_code, "too-late" in answer.text) == (409, True)
    assert "/correct" not in browser.get(f"/messages/{entry.id}").text


def test_a_mail_that_cannot_be_read_any_more_is_a_page_and_no_broken_file(office: Office) -> None:
    """Its content was deleted after its time: said before anything of a file has left."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.SENT, receipt="18f2c3")
    later = office.clock.now() + timedelta(days=31)
    office.stores.forgetting.forget_content(tenant.id, later, later, 10)

    answer = office.signed_in(tenant).get(f"/messages/{entry.id}/mail.eml")

    assert (answer.status_code, answer.mimetype) == (409, "text/html")
    assert "content-deleted" in answer.text


def test_a_mail_that_cannot_be_opened_is_a_page_and_no_broken_file(office: Office) -> None:
    """Its sealed bytes were changed; also this is known before the first of them would leave."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.database.write(lambda c: c.execute(update(content_chunks).values(sealed=b"0" * 64)).rowcount)

    answer = office.signed_in(tenant).get(f"/messages/{entry.id}/mail.eml")

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "key-unavailable" in answer.text


def test_the_mail_is_a_file_that_no_browser_shows(office: Office) -> None:
    """Named by us, never sniffed, in a sandbox; the bytes are those that left."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), subject='"; filename=evil.html')

    answer = office.signed_in(tenant).get(f"/messages/{entry.id}/mail.eml")

    assert answer.status_code == 200
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={entry.id}.eml"
    assert answer.headers.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.data) == entry.size_bytes
    assert answer.data == b"".join(office.stores.outbox.content(tenant.id, entry.id))
