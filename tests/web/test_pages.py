"""What the pages show, and what their buttons do."""

import pytest

from service.api.problems import PROBLEMS
from service.mail.address import Address
from service.outbox.entry import AttachmentRecord, Recipient, RecipientKind, State
from service.outbox.trial import KIND
from tests.web.office import Browser, Office, as_read

POLYGLOT = "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(alert(1))//</stYle/</titLe/</scRipt/--!><sVg/oNloAd=alert(1)//>"


def test_the_pages_list_mailboxes_and_messages(office: Office) -> None:
    """Address and status on one, subject, recipient and state on the other, newest message first."""
    tenant = office.tenant()
    connection = office.connection(tenant, name="Muster Buchhaltung")
    office.entry(connection, "Rechnung RE-1")
    office.clock.advance(60)
    office.entry(connection, "Rechnung RE-2")

    browser = office.signed_in(tenant)
    mailboxes, page = browser.get("/").text, browser.get("/messages").text

    for text in ("rechnung@muster.de", "Muster Buchhaltung", "Connected"):
        assert text in mailboxes
    for text in ("kunde@example.com", "Queued"):
        assert text in page
    assert page.index("Rechnung RE-2") < page.index("Rechnung RE-1")


def test_the_list_is_paged(office: Office) -> None:
    """Twenty-five messages a page; *Older* leads to the rest, and the last page has no *Older*."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    for number in range(30):
        office.entry(connection, f"Rechnung Nr. {number:02}")
        office.clock.advance(1)
    browser = office.signed_in(tenant)

    first = browser.get("/messages").text
    older = first.split('href="/messages?before=')[1].split('"')[0]
    second = browser.get(f"/messages?before={older}").text

    shown = [[f"Nr. {number:02}" in page for number in range(30)] for page in (first, second)]
    assert shown[0] == [number >= 5 for number in range(30)]
    assert shown[1] == [number < 5 for number in range(30)]
    assert ">Older<" not in second


def test_the_timeline_tells_what_happened(office: Office) -> None:
    """Accepted, handed over, sent: with times, recipients, size and hash of the file, and the receipt."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.SENT, status=200, receipt="18f2c3", reply="labels SENT")

    page = as_read(office.signed_in(tenant).get(f"/messages/{entry.id}").text)

    story = ["Accepted and stored", "Handed to Google", "Sent: Google accepted the mail"]
    assert sorted(story, key=page.index) == story
    assert page.count("Sent: Google accepted the mail") == 1
    for text in ("Kundin Beispiel &lt;kunde@example.com&gt;", "84.2 kB", "ab" * 32, "18f2c3", "labels SENT"):
        assert text in page
    assert 'datetime="2026-11-23T09:00:01.800000+00:00"' in page


def test_the_timeline_is_told_in_the_order_of_time(office: Office) -> None:
    """What a person did between two tries stands between them."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    browser = office.signed_in(tenant)
    office.tried(entry, State.FAILED, code="message-refused")
    office.clock.advance(60)
    browser.press(f"/messages/{entry.id}/resend")
    office.clock.advance(60)
    office.tried(entry, State.SENT, receipt="18f2c3")

    page = browser.get(f"/messages/{entry.id}").text.partition("pa-timeline")[2]

    story = ["Accepted and stored", "Failed for good", "Queued again", "Sent: Google accepted the mail"]
    assert sorted(story, key=page.index) == story


def test_what_another_server_took_is_not_said_to_be_taken_by_google(office: Office) -> None:
    """Mailboxes elsewhere send by their provider's server: the whole page speaks of that."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), metadata=(KIND,))
    office.tried(entry, State.SENT, status=250, receipt="250 queued as 7", transport="smtp_server")

    page = office.signed_in(tenant).get(f"/messages/{entry.id}").text

    story = ["Handed to the mail server", "Sent: the mail server accepted the mail"]
    assert sorted(story, key=page.index) == story
    assert "The mail server accepted the mail after 1.8 s." in page
    assert "“Sent” means accepted by the mail server, not read by the customer." in page
    assert "Google" not in page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    ("actor", "told"),
    [
        ("api-key:pa_live_a1b2 (easybill (neu))", "by key “easybill (neu)” (pa_live_a1b2)"),
        ("api-key:pa_live_a1b2 (<b>)", "by key “&lt;b&gt;” (pa_live_a1b2)"),
        ("web:anna@muster.de", "by anna@muster.de"),
        ("web:ses_01m8", "on this page"),
        (None, ""),
    ],
)
def test_the_timeline_begins_with_who_asked(office: Office, actor: str | None, told: str) -> None:
    """A key by its name and its public part, a person by the address; of a link nobody knows more."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant), actor=actor)

    page = office.signed_in(tenant).get(f"/messages/{entry.id}").text

    timeline = page.partition("Accepted and stored")[2]
    assert told in timeline
    assert ("by " in timeline.partition("</li>")[0]) is told.startswith("by ")
    assert "ses_01m8" not in page


def test_a_failure_is_explained(office: Office) -> None:
    """The state, the sentence of its code and Google's own words."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.FAILED, status=400, code="message-refused", reply="Invalid To header")

    page = office.signed_in(tenant).get(f"/messages/{entry.id}").text

    for text in (
        "Failed",
        "The mail service does not take this mail as it is.",
        "message-refused",
        "Invalid To header",
    ):
        assert text in page


@pytest.mark.parametrize("path", ["", "/cancel", "/resend", "/decision"])
def test_messages_of_others_are_not_there(office: Office, path: str) -> None:
    """A foreign id and an unknown id get the very same answer."""
    entry = office.entry(office.connection(office.tenant("Fremde GmbH")))
    browser = office.signed_in(office.tenant())

    foreign, unknown = (
        ask(browser, f"/messages/{entry_id}{path}", opens=not path, outcome="sent")
        for entry_id in (entry.id, "msg_unknown")
    )

    assert foreign == unknown
    assert foreign[0] == 404


@pytest.mark.parametrize("path", ["/test", "/pause", "/resume", "/disconnect", "/name", "/default", "/ways"])
def test_connections_of_others_are_not_there(office: Office, path: str) -> None:
    """A foreign id and an unknown id get the very same answer, and nothing happens to the mailbox."""
    owner = office.tenant("Fremde GmbH")
    connection = office.connection(owner)
    browser = office.signed_in(office.tenant())

    foreign, unknown = (
        ask(browser, f"/connections/{connection_id}{path}", opens=False)
        for connection_id in (connection.id, "con_unknown")
    )

    assert foreign == unknown
    assert foreign[0] == 404
    for page in ("", "/test", "/test/msg_1", "/disconnect"):
        assert browser.get(f"/connections/{connection.id}{page}").status_code == 404
    assert browser.press("/connect", connection_id=connection.id).status_code == 404
    assert office.stores.connections.get(owner.id, connection.id) == connection


def ask(browser: Browser, path: str, *, opens: bool, **fields: str) -> tuple[int, str]:
    """Status and page, without the path that the language form repeats."""
    answer = browser.get(path) if opens else browser.press(path, **fields)
    return answer.status_code, answer.text.replace(path, "")


def test_a_queued_message_can_be_cancelled(office: Office) -> None:
    """Cancelled is cancelled, and a second time is too late."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    browser = office.signed_in(tenant)

    assert browser.press(f"/messages/{entry.id}/cancel").location == f"/messages/{entry.id}"
    assert office.stores.outbox.get(tenant.id, entry.id).state is State.CANCELLED
    assert "on this page" in browser.get(f"/messages/{entry.id}").text
    again = browser.press(f"/messages/{entry.id}/cancel")
    assert (again.status_code, "too-late" in again.text) == (409, True)


def test_a_sent_message_goes_again_only_when_the_box_is_ticked(office: Office) -> None:
    """Without the tick the recipient gets nothing twice."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.SENT, status=200, receipt="18f2c3")
    browser = office.signed_in(tenant)

    refused = browser.press(f"/messages/{entry.id}/resend")
    accepted = browser.press(f"/messages/{entry.id}/resend", force="yes")

    assert (refused.status_code, "already-sent" in refused.text) == (409, True)
    assert accepted.status_code == 303
    assert office.stores.outbox.get(tenant.id, entry.id).state is State.QUEUED


@pytest.mark.parametrize(("outcome", "state"), [("sent", State.SENT), ("resend", State.QUEUED)])
def test_an_unclear_message_is_settled_by_its_owner(office: Office, outcome: str, state: State) -> None:
    """The page warns, and the owner's word counts."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.UNCERTAIN, code="answer-lost")
    browser = office.signed_in(tenant)

    page = browser.get(f"/messages/{entry.id}").text
    senseless = browser.press(f"/messages/{entry.id}/decision", outcome="maybe")
    browser.press(f"/messages/{entry.id}/decision", outcome=outcome)

    assert "Please look into “Sent” in Gmail before you send again." in page
    assert senseless.status_code == 400
    assert office.stores.outbox.get(tenant.id, entry.id).state is state


@pytest.mark.parametrize(
    ("transport", "english", "german"),
    [
        ("gmail_api", "look into “Sent” in Gmail", "in Gmail unter „Gesendet“ nach"),
        ("app_password", "look into “Sent” in Gmail", "in Gmail unter „Gesendet“ nach"),
        ("relay", "your Google admin to look into the email log search", "E-Mail-Protokollsuche"),
        ("smtp_server", "ask the recipient before you send again", "Fragen Sie bitte den Empfänger"),
        ("unknown", "with another mail server from the recipient", "durch Nachfrage beim Empfänger"),
    ],
)
def test_where_to_look_for_an_unclear_mail_depends_on_its_way(
    office: Office, transport: str, english: str, german: str
) -> None:
    """Only what goes out by Gmail itself stands in Gmail's *Sent*; all three pages that ask say the same."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection, metadata=(KIND,))
    office.tried(entry, State.UNCERTAIN, code="answer-lost", transport=transport)
    browser = office.signed_in(tenant)

    for path in (
        f"/messages/{entry.id}",
        f"/messages/{entry.id}/correct",
        f"/connections/{connection.id}/test/{entry.id}",
    ):
        page, seite = browser.get(path).text, browser.get(path, "de").text
        assert (path, english in page, german in seite) == (path, True, True)
        assert ("in Gmail before" in page) is (english == "look into “Sent” in Gmail")


def test_no_stored_text_becomes_markup(office: Office) -> None:
    """Subject, filename, names, reference, reply, tenant and link purpose come out as text."""
    tenant = office.tenant(POLYGLOT)
    connection = office.connection(tenant, name=POLYGLOT)
    entry = office.entry(
        connection,
        POLYGLOT,
        actor=f"api-key:{POLYGLOT} ({POLYGLOT})",
        reference=POLYGLOT,
        attachments=(AttachmentRecord(POLYGLOT, POLYGLOT, 1, POLYGLOT),),
        recipients=(Recipient(RecipientKind.CC, Address("a@b.de", POLYGLOT)),),
    )
    office.tried(entry, State.FAILED, code=POLYGLOT, reply=POLYGLOT, status=400)
    browser = office.signed_in(tenant)

    for path in (
        "/",
        f"/messages/{entry.id}",
        f"/connections/{connection.id}",
        f"/connections/{connection.id}/test",
        f"/connections/{connection.id}/disconnect",
        f"/connect/{office.link(tenant, purpose=POLYGLOT, expected_address=POLYGLOT)}",
    ):
        page = browser.get(path).text.lower()
        assert "alert(1)" in page
        assert "<svg" not in page
        assert 'href="javascript' not in page


@pytest.mark.parametrize(("code", "status"), [("scope-missing", 200), ("no-such-code", 404)])
def test_each_code_has_a_page(office: Office, code: str, status: int) -> None:
    """What a problem code means can be read without signing in."""
    answer = office.browser().get(f"/problems/{code}")

    assert answer.status_code == status


def test_every_code_of_the_api_has_a_page(office: Office) -> None:
    """The ``type`` of each problem that the API answers can be opened, in both languages."""
    browser = office.browser()

    for code in PROBLEMS:
        for language in ("de", "en"):
            assert browser.get(f"/problems/{code}", language).status_code == 200


def test_an_unknown_address_gets_a_page_of_ours(office: Office) -> None:
    """Also where no route matches: in the person's language, with a way on and a form that works."""
    browser = office.signed_in(office.tenant())

    answer = browser.get("/logn/abc", "de")
    wrong = browser.client.get("/logout")

    assert (answer.status_code, wrong.status_code) == (404, 405)
    assert "Nicht gefunden" in answer.text
    assert "Muster GmbH" in answer.text
    assert browser.token() in answer.text
