"""The checks of the wizard told while they run: Google's word on a delegation, the DNS's on a domain."""

import json
import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from service.connections.delegation import Delegation
from service.errors import DelegationError
from tests.fakes.delegations import ALICE, BOB, SEND, add_delegation
from tests.web.office import Browser, Office, as_read

DOMAIN = "muster.example"
METADATA = "https://www.googleapis.com/auth/gmail.metadata"
DOMAINS = "/workspace/domains"


@pytest.fixture
def delegation(office: Office) -> Delegation:
    """A set-up with one sender and two scopes, each of which Google is asked for."""
    return _add(office)


def watch(browser: Browser, path: str, **fields: str) -> TestResponse:
    """Press *Check* as the page's script does; the answer is read by and by."""
    return browser.client.post(
        path,
        data={"form_token": browser.token(), **fields},
        headers={"Accept": "application/x-ndjson"},
        buffered=False,
    )


def lines(answer: TestResponse) -> Iterator[dict[str, str]]:
    """What it says, line by line."""
    return map(json.loads, answer.response)


def rows(html: str) -> list[str]:
    """Each row of a list, as it is read."""
    items = re.findall(r"<li>(.*?)(?=<p|</li>)", html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", item).split()) for item in items]


def running(html: str) -> list[str]:
    """What is shown to run now, for eyes alone."""
    items = re.findall(r'<li aria-hidden="true">(.*?)</li>', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", item).split()) for item in items]


def test_each_answer_of_google_is_told_before_it_is_asked_again(either_office: Office) -> None:
    """A token of one scope proves what is the same for each; the scope that is asked for now is named."""
    office = either_office
    one = _add(office)
    said = lines(watch(_signed_in(office, one), _check(one), sender=ALICE))

    told = [next(said)["step"] for _ in range(6)]

    assert len(office.google.wishes) == 1
    assert [row for step in told for row in rows(step)] == [
        "Key readable OK",
        "Clock right OK",
        "Client ID admitted with its scope OK",
        "User exists OK",
        f"Scope granted {METADATA} OK",
    ]
    assert running(told[0]) == ["Key readable Running …"]
    assert running(told[-1]) == [f"Scope granted {SEND} Running …"]
    assert "Access granted" in list(said)[-1]["page"]
    assert len(office.google.wishes) == 2


@pytest.mark.parametrize("code", [None, "delegation-denied", "delegation-scope-missing"])
def test_what_is_told_of_a_delegation_is_what_its_page_says(
    office: Office, delegation: Delegation, code: str | None
) -> None:
    """The same rows with the same words, then the page that it is without the script."""
    if code:
        office.google.failures[SEND] = DelegationError(code)
    browser = _signed_in(office, delegation)

    *steps, last = lines(watch(browser, _check(delegation), sender=ALICE))

    assert last == {"page": browser.press(_check(delegation), sender=ALICE).text, "address": None}
    checks = last["page"].split('<ol class="pa-checks">')[1].split("</ol>")[0]
    assert [row for told in steps for row in rows(told["step"])] == rows(checks)


def test_each_record_is_told_before_the_next_one_is_looked_up(office: Office, delegation: Delegation) -> None:
    """The quick ones first; then the page that it is without the script, with the same words."""
    office.names.zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject")
    browser = _signed_in(office, delegation)
    said = lines(watch(browser, DOMAINS, domain=DOMAIN))

    told = [next(said)["step"] for _ in range(2)]
    asked = list(office.names.asked)
    *more, last = said

    assert asked == [(f"google._domainkey.{DOMAIN}", "TXT")]
    assert [running(step) for step in told] == [
        ["DKIM: signature Running …"],
        ["DMARC: what happens to forgeries Running …"],
    ]
    assert [row for step in (*told, *(line["step"] for line in more)) for row in rows(step)] == [
        "DKIM: signature Not known",
        "DMARC: what happens to forgeries OK",
        "SPF: who may send To be mended",
    ]
    assert last == {"page": browser.press(DOMAINS, domain=DOMAIN).text, "address": None}


@pytest.mark.parametrize("path", ["delegation", DOMAINS])
def test_what_is_refused_ends_in_the_page_that_it_is_without_the_script(
    office: Office, delegation: Delegation, path: str
) -> None:
    """A sender that is not on the list, what cannot be a selector: nobody is asked."""
    browser = _signed_in(office, delegation)
    path = _check(delegation) if path == "delegation" else path
    fields = {"sender": BOB, "domain": DOMAIN, "selector": "a b"}

    *_, last = lines(watch(browser, path, **fields))

    refused = browser.press(path, **fields)
    assert (refused.status_code, last["page"]) == (422, refused.text)
    assert (office.google.wishes, office.names.asked) == ([], [])


@pytest.mark.parametrize("path", ["delegation", DOMAINS])
def test_a_check_that_must_wait_says_so(office: Office, delegation: Delegation, path: str) -> None:
    """As on the page without the script."""
    browser = _signed_in(office, delegation)
    path = _check(delegation) if path == "delegation" else path

    with office.turns.of(delegation.tenant_id):
        *_, last = lines(watch(browser, path, sender=ALICE, domain=DOMAIN))

    assert "checks-busy" in last["page"]
    assert (office.google.wishes, office.names.asked) == ([], [])


def test_what_is_not_there_is_answered_as_ever(office: Office, delegation: Delegation) -> None:
    """Another tenant's set-up and domain: a page, at once, with its status."""
    browser = office.signed_in(office.tenant("Andere AG"))

    answers = [watch(browser, _check(delegation)), watch(browser, DOMAINS, domain=DOMAIN)]

    assert {(answer.status_code, answer.mimetype) for answer in answers} == {(404, "text/html")}


def test_whoever_leaves_a_check_of_a_delegation_changes_nothing(either_office: Office) -> None:
    """Nothing is noted of it, and the tenant's turn is free again at once."""
    office = either_office
    one = _add(office)
    browser = _signed_in(office, one)
    answer = watch(browser, _check(one), sender=ALICE)
    said = lines(answer)
    assert [next(said), next(said)]

    answer.close()

    assert len(office.google.wishes) == 1
    assert office.stores.delegations.get_delegation(one.tenant_id, one.id) == one
    assert f"Access granted for {ALICE}." in as_read(browser.press(_check(one), sender=ALICE).text)


def _add(office: Office) -> Delegation:
    scopes = f"{SEND} {METADATA}"
    return add_delegation(office.stores, office.tenant().id, office.clock.now(), ALICE, scopes=scopes)


def _signed_in(office: Office, delegation: Delegation) -> Browser:
    tenant = office.stores.tenants.get(delegation.tenant_id)
    assert tenant is not None
    return office.signed_in(tenant)


def _check(delegation: Delegation) -> str:
    return f"/workspace/delegation/{delegation.id}/check"
