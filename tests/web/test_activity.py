"""Did my invoice go out? The list with its filters, and what follows by itself."""

from datetime import timedelta
from functools import partial

import pytest

from service.errors import Refusal
from service.mail.address import Address
from service.outbox.entry import Recipient, RecipientKind, RecipientOutcome, State
from service.outbox.trial import KIND
from service.outbox.verdict import Verdict
from tests.web.office import Browser, Office


def _shown(browser: Browser, query: str, *subjects: str) -> list[str]:
    answer = browser.get(f"/messages?{query}")
    assert answer.status_code == 200
    return [subject for subject in subjects if f">{subject}<" in answer.text]


def test_filters_stand_in_the_address(office: Office) -> None:
    """Each alone and several together; the form shows what is set."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    other = office.connection(tenant, "zweite@muster.de")
    failed = office.entry(connection, "Rechnung A", reference="RE-1")
    office.tried(failed, State.FAILED, code="recipient-unknown")
    office.clock.advance(86_400)
    office.entry(other, "Rechnung B", reference="RE-2")
    browser = office.signed_in(tenant)
    both = ("Rechnung A", "Rechnung B")

    for query, found in {
        "q=re-1": "A",
        "q=KUNDE@example": "AB",
        "status=failed": "A",
        "status=queued": "B",
        "errors=yes": "A",
        f"connection={other.id}": "B",
        "from=2026-11-24": "B",
        "to=2026-11-23": "A",
        "from=2026-11-23&to=2026-11-24": "AB",
        "q=rechnung&status=queued&to=2026-11-23": "",
        "q=&status=&connection=&from=&to=": "AB",
    }.items():
        assert _shown(browser, query, *both) == [f"Rechnung {letter}" for letter in found], query
    page = browser.get(f"/messages?q=%22x%22&status=failed&errors=yes&connection={other.id}").text
    assert 'value="&#34;x&#34;"' in page
    assert '<option value="failed" selected>' in page
    assert f'<option value="{other.id}" selected>zweite@muster.de</option>' in page
    assert page.count(" selected>") == 2
    assert "checked" in page
    assert "No message fits these filters." in page


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("status=lost", "status", "There is no such status."),
        ("connection=con_unknown", "connection", "There is no such connection."),
        ("from=yesterday", "from", "This is no date such as 2026-11-23."),
        ("to=2026-02-30", "to", "This is no date such as 2026-11-23."),
        ("from=2026-11-24&to=2026-11-23", "to", "The period ends before it begins."),
        (f"q={'a' * 201}", "q", "What is searched for has at most 200 characters."),
    ],
)
def test_a_wrong_filter_is_said_at_its_field(office: Office, query: str, field: str, sentence: str) -> None:
    """And nothing is listed, so that nobody takes the list for an answer."""
    tenant = office.tenant()
    office.entry(office.connection(tenant), "Rechnung A")

    answer = office.signed_in(tenant).get(f"/messages?{query}")

    assert answer.status_code == 422
    assert f'<p class="pa-error" id="{field}-error">{sentence}</p>' in answer.text
    assert f'aria-invalid="true" aria-describedby="{field}-error"' in answer.text
    assert "Rechnung A" not in answer.text


def test_another_tenants_connection_is_no_filter(office: Office) -> None:
    """It is said to be unknown, as any other."""
    foreign = office.connection(office.tenant("Fremde GmbH"))

    answer = office.signed_in(office.tenant()).get(f"/messages?connection={foreign.id}")

    assert (answer.status_code, "There is no such connection." in answer.text) == (422, True)


@pytest.mark.parametrize("cursor", ["x", "msg_%27--", "con_" + "0" * 26, "msg_" + "0" * 25])
def test_a_cursor_that_is_none_leads_to_the_first_page(office: Office, cursor: str) -> None:
    """Nothing breaks, and nothing is hidden."""
    tenant = office.tenant()
    office.entry(office.connection(tenant), "Rechnung A")

    assert _shown(office.signed_in(tenant), f"before={cursor}", "Rechnung A")


def test_pages_keep_the_filters(office: Office) -> None:
    """*Older* and *Newest* lead on within what was asked for."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    for number in range(30):
        office.entry(connection, f"Rechnung Nr. {number:02}")
    browser = office.signed_in(tenant)

    first = browser.get("/messages?q=rechnung&from=2026-11-23").text
    older = first.split(">Older</a>")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(older).text

    assert "q=rechnung" in older
    assert "from=2026-11-23" in older
    assert second.count('class="pa-subject"') == 5
    assert 'href="/messages?q=rechnung&amp;from=2026-11-23">Newest</a>' in second


@pytest.mark.parametrize(
    ("outcome", "pause"), [(None, "every 2s"), (State.DEFERRED, "every 15s"), (State.SENT, None)]
)
def test_only_what_moves_is_looked_at_again(office: Office, outcome: State | None, pause: str | None) -> None:
    """List, message and test mail ask soon, later, or never again; without a script there is a link."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection, metadata=(KIND,))
    if outcome is not None:
        office.tried(entry, outcome, Verdict(outcome, office.clock.now() + timedelta(minutes=2)))
    browser = office.signed_in(tenant)

    for path in (
        "/messages?q=rechnung&errors=",
        f"/messages/{entry.id}",
        f"/connections/{connection.id}/test/{entry.id}",
    ):
        page = browser.get(path).text
        link = (
            f'<noscript><p><a class="btn" href="{path.replace("&", "&amp;")}">Look again</a></p></noscript>'
        )
        assert page.count("every ") == page.count(link) == (1 if pause else 0)
        assert pause is None or f'hx-trigger="{pause}"' in page


def test_a_second_look_brings_the_list_alone(office: Office) -> None:
    """What a page fetches again and again has neither the form nor a thousand connections to choose from."""
    tenant = office.tenant()
    office.entry(office.connection(tenant), "Rechnung A")
    browser = office.signed_in(tenant)

    answer = browser.client.get("/messages?q=rechnung", headers={"HX-Target": "div#list"})

    assert "Rechnung A" in answer.text
    assert "<select" not in answer.text
    assert office.queries(lambda: browser.get("/messages")) > office.queries(
        lambda: browser.client.get("/messages", headers={"HX-Target": "div#list"}, buffered=True)
    )


def test_a_recipient_who_was_refused_is_seen_in_the_list(office: Office) -> None:
    """Also when the message as a whole was sent."""
    tenant = office.tenant()
    recipients = tuple(Recipient(RecipientKind.TO, Address(f"{name}@example.com")) for name in ("a", "b"))
    entry = office.entry(office.connection(tenant), recipients=recipients)
    refusal = Refusal("b@example.com", "recipient-unknown", 550, "550 no such user", is_permanent=True)
    office.tried(entry, State.SENT, Verdict(State.SENT, refused=(refusal,)), receipt="250 ok")
    browser = office.signed_in(tenant)

    listed, page = browser.get("/messages?errors=yes").text, browser.get(f"/messages/{entry.id}").text

    assert "1 recipient was refused" in listed
    assert office.stores.outbox.get(tenant.id, entry.id).recipients[1].outcome is RecipientOutcome.REFUSED
    assert "Refused" in page
    assert "550 no such user" in page


def test_each_page_asks_the_database_as_often_for_fifty_as_for_one(office: Office) -> None:
    """No question a row: neither in the list, nor on a message with many tries."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    entry = office.entry(connection)
    browser = office.signed_in(tenant)
    pages = ("/messages", "/messages?q=rechnung&errors=yes", f"/messages/{entry.id}")

    def asked() -> list[int]:
        return [office.queries(partial(browser.get, path)) for path in pages]

    asked()  # what is seen of the server is kept for a while
    of_one = asked()

    for _ in range(5):
        office.tried(entry, State.DEFERRED, Verdict(State.DEFERRED, office.clock.now()))
    for number in range(50):
        office.entry(office.connection(tenant, f"box{number}@muster.de"), f"Rechnung {number}")

    assert asked() == of_one
    assert min(of_one) > 0
