"""The test mail: its form, what goes out, and what the page says of the result."""

import io
from email import message_from_bytes, policy

import pytest
from pypdf import PdfReader

from service.access.member import Member, Role
from service.access.session import Standing
from service.connections.connection import Connection
from service.identifiers import new_id
from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind, State
from service.outbox.trial import KIND
from tests.web.office import Browser, Office


def ask(browser: Browser, connection: Connection, **fields: str) -> str:
    """Send the form; where its result stands."""
    answer = browser.press(f"/connections/{connection.id}/test", **fields)
    assert answer.status_code == 303
    return answer.location


def test_a_test_mail_leads_to_its_result(office: Office) -> None:
    """Without an address it goes to the mailbox itself; once sent, the page asks whether it arrived."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)

    place = ask(browser, connection, to="")
    waiting = browser.get(place).text
    entry = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])
    office.tried(entry, State.SENT, status=200, receipt="18f2c3")
    sent = browser.get(place).text

    assert entry.recipients == (Recipient(RecipientKind.TO, Address("rechnung@muster.de")),)
    assert entry.attachments == ()
    assert "hx-trigger" in waiting
    assert "hx-trigger" not in sent
    assert "Google accepted the mail after 1.8 s. Is it in your inbox?" in sent


def test_the_timeline_of_a_test_mail_names_the_person(office: Office) -> None:
    """By the address of the account; whom a link has let in has none."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    anna = Member(new_id("mem"), tenant.id, "anna@muster.de", Role.MEMBER, office.clock.now())
    office.stores.members.add(anna)
    browser = office.signed_in_as(Standing(anna.role, tenant.id, anna.id))

    for who, told in ((browser, "by anna@muster.de"), (office.signed_in(tenant), "on this page")):
        entry_id = ask(who, connection).rpartition("/")[2]
        page = who.get(f"/messages/{entry_id}").text
        assert told in page
        assert f"<dd>{KIND[1]}</dd>" not in page  # our own note, no fact of the owner's


@pytest.mark.parametrize(
    ("inbox", "advice"),
    [
        ("arrived", "your invoices take the same way"),
        ("spam", "SPF, DKIM and DMARC"),
        ("nothing", "Look into “Sent”"),
    ],
)
def test_each_answer_has_its_advice(office: Office, inbox: str, advice: str) -> None:
    """The answer is a link, so that it works without a script; another word is no answer."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    place = ask(browser, connection)
    office.tried(office.stores.outbox.get(tenant.id, place.rpartition("/")[2]), State.SENT, receipt="18f2c3")

    assert f'href="{place}?inbox={inbox}"' in browser.get(place).text
    assert advice in browser.get(f"{place}?inbox={inbox}").text
    assert advice not in browser.get(f"{place}?inbox=x").text


@pytest.mark.parametrize("transport", ["relay", "smtp_server"])
def test_what_has_no_copy_is_not_looked_for_in_sent(office: Office, transport: str) -> None:
    """A mail by another server than Gmail's own stands in no *Sent* folder."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    place = ask(browser, connection)
    entry = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])
    office.tried(entry, State.SENT, transport=transport)

    page = browser.get(f"{place}?inbox=nothing").text

    assert "ask whoever runs the mail server" in page
    assert "Look into “Sent”" not in page


def test_the_sample_invoice_is_a_true_pdf_that_nobody_pays(office: Office) -> None:
    """It says in both languages that it is only a test."""
    tenant = office.tenant()
    connection = office.connection(tenant)

    place = ask(office.signed_in(tenant), connection, invoice="yes")

    entry = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])
    [file] = entry.attachments
    assert (file.filename, file.content_type) == ("Sample invoice.pdf", "application/pdf")
    mail = b"".join(office.stores.outbox.content(tenant.id, entry.id))
    text = PdfReader(io.BytesIO(pdf_of(mail))).pages[0].extract_text()
    assert "bitte nicht bezahlen" in text
    assert "please do not pay" in text


def pdf_of(mail: bytes) -> bytes:
    """The PDF in a composed mail."""
    part = next(message_from_bytes(mail, policy=policy.default).iter_attachments())
    content = part.get_content()
    assert isinstance(content, bytes)
    return content


def test_an_alias_may_be_the_sender_and_a_stranger_may_not(office: Office) -> None:
    """What the form offers is checked as any mail is."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    office.stores.connections.set_aliases(tenant.id, connection.id, frozenset({"info@muster.de"}))
    browser = office.signed_in(tenant)

    form = browser.get(f"/connections/{connection.id}/test").text
    place = ask(browser, connection, sender="info@muster.de")
    refused = browser.press(f"/connections/{connection.id}/test", sender="chef@muster.de")

    assert '<option value="info@muster.de">' in form
    assert office.stores.outbox.get(tenant.id, place.rpartition("/")[2]).sender.spec == "info@muster.de"
    assert (refused.status_code, 'id="sender-error"' in refused.text) == (422, True)


def test_a_wrong_address_for_the_test_mail_is_shown_at_its_field(office: Office) -> None:
    """422, the typed text is still there, and nothing was queued."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)

    answer = browser.press(f"/connections/{connection.id}/test", to="kunde(at)example")

    assert answer.status_code == 422
    assert 'value="kunde(at)example"' in answer.text
    assert 'id="to-error">This is not an email address such as name@example.com.' in answer.text
    assert "Nothing was sent yet." in browser.get("/messages").text


def test_a_test_mail_that_was_refused_says_why_and_what_to_do(office: Office) -> None:
    """Reason, next step, Google's own words, and a button to try again."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    place = ask(browser, connection)
    entry = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])
    office.tried(entry, State.FAILED, status=400, code="message-refused", reply="Invalid To header")

    page = browser.get(place).text

    for text in ("The mail was not sent.", "message-refused", "Invalid To header", "Technical details"):
        assert text in page
    assert f'class="btn btn-primary" href="/connections/{connection.id}/test"' in page


def test_an_unclear_test_mail_is_settled_on_its_message_page(office: Office) -> None:
    """One button leads there; once a person has said that it was sent, the result says no more than that."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    place = ask(browser, connection)
    entry = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])
    office.tried(entry, State.UNCERTAIN, code="answer-lost")

    unclear = browser.get(place).text
    browser.press(f"/messages/{entry.id}/decision", outcome="sent")
    settled = browser.get(place)

    assert f'class="btn btn-primary" href="/messages/{entry.id}"' in unclear
    assert (settled.status_code, "The mail was sent. Is it in your inbox?" in settled.text) == (200, True)
    assert "accepted the mail" not in settled.text


def test_a_test_mail_that_waits_for_its_owner_leads_to_the_reconnect(office: Office) -> None:
    """The fix is one button away."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    place = ask(browser, connection)
    entry = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])
    office.revoked(entry)

    page = browser.get(place).text

    assert "The mail was not sent yet." in page
    assert 'action="/connect"' in page
    assert page.count("btn-primary") == 1


def test_only_a_test_mail_of_this_mailbox_has_a_result_page(office: Office) -> None:
    """An invoice, and a test mail of another mailbox, are not found there."""
    tenant = office.tenant()
    one, other = office.connection(tenant), office.connection(tenant, "info@muster.de")
    browser = office.signed_in(tenant)
    place = ask(browser, other)
    invoice = office.entry(one)
    trial = office.stores.outbox.get(tenant.id, place.rpartition("/")[2])

    assert KIND in trial.metadata
    for entry in (invoice, trial):
        assert browser.get(f"/connections/{one.id}/test/{entry.id}").status_code == 404
