"""The steps of a check, told while it runs to a page whose script asks for them."""

import json
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from service.connections.ports import ProbeName, ProbeStep
from service.errors import StorageUnavailableError
from tests.web.office import Browser, Office, as_read

ADDRESS = "rechnung@gmail.com"
LOGIN = {"address": ADDRESS, "password": "abcd efgh ijkl mnop"}
RELAY = {"address": "rechnung@muster.example", "password": "abcd efgh ijkl mnop"}
REPLY = "535 5.7.8 Username and Password not accepted"
APP_PASSWORD = "/connections/new/app-password"


def watch(browser: Browser, path: str = APP_PASSWORD, **fields: str) -> TestResponse:
    """Press *Check and save* as the page's script does; the answer is read by and by."""
    return browser.client.post(
        path,
        data={"form_token": browser.token(), **(fields or LOGIN)},
        headers={"Accept": "application/x-ndjson"},
        buffered=False,
    )


def lines(answer: TestResponse) -> Iterator[dict[str, str]]:
    """What it says, line by line."""
    return map(json.loads, answer.response)


def test_each_step_is_told_before_the_next_one_begins(office: Office) -> None:
    """The one that runs is shown as well, for eyes alone; nothing of the answer is held back."""
    begun: list[ProbeName] = []
    office.probe.before = begun.append
    answer = watch(office.signed_in(office.tenant()))
    said = lines(answer)

    for number, name in enumerate(("Server name", "Connection", "Encryption", "Sign-in", "Sender")):
        told = next(said)["step"]
        assert begun == list(ProbeName)[:number]
        assert f'<li aria-hidden="true">{name} ' in told
        assert told.count("pa-good") == min(number, 1)
    assert "pa-busy" not in next(said)["step"]
    assert answer.mimetype == "application/x-ndjson"


def test_the_last_line_is_the_page_that_the_browser_would_be_sent_to(office: Office) -> None:
    """The mailbox's own page with its notice, and its address for the address bar."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    *_, last = lines(watch(browser))

    [connection] = office.stores.connections.of_tenant(tenant.id)
    assert last["address"] == f"/connections/{connection.id}"
    assert f"Connected as {ADDRESS}." in last["page"]
    assert last["page"].split("pa-checks")[1].split("</ol>")[0].count("pa-good") == len(ProbeName)
    assert f"Connected as {ADDRESS}." not in browser.get(last["address"]).text


@pytest.mark.parametrize("path", [APP_PASSWORD, "/workspace/relay"])
def test_a_refusal_ends_in_the_page_that_it_is_without_the_script(office: Office, path: str) -> None:
    """The same problem at the same field; nothing is kept."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    office.probe.failing = ProbeStep(ProbeName.SIGN_IN, "login-rejected", REPLY)

    *steps, last = lines(watch(browser, path, **RELAY))

    assert last == {"page": browser.press(path, **RELAY).text, "address": None}
    assert REPLY in last["page"]
    assert sum("pa-good" in told["step"] for told in steps) == list(ProbeName).index(ProbeName.SIGN_IN)
    assert office.stores.connections.of_tenant(tenant.id) == []


def test_what_is_wrong_before_the_check_is_answered_as_ever(office: Office) -> None:
    """A page, at once, with its status: no server is asked."""
    answer = watch(office.signed_in(office.tenant()), address=ADDRESS, password="")

    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert office.probe.seen == []


def test_the_relay_tells_its_steps_too(office: Office) -> None:
    """And ends on its own page, which names the sender."""
    *steps, last = lines(watch(office.signed_in(office.tenant()), "/workspace/relay", **RELAY))

    assert len(steps) == len(ProbeName) + 1
    assert last["address"] == "/workspace/relay"
    assert f"Connected as {RELAY['address']}." in as_read(last["page"])


def test_whoever_leaves_ends_the_check_and_keeps_nothing(office: Office) -> None:
    """The tenant's turn is free again at once: the next check is not told to wait."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    begun: list[ProbeName] = []
    office.probe.before = begun.append
    answer = watch(browser)
    said = lines(answer)
    assert [next(said), next(said)]

    answer.close()

    assert begun == [ProbeName.RESOLVE]
    assert office.stores.connections.of_tenant(tenant.id) == []
    assert browser.press(APP_PASSWORD, **LOGIN).status_code == 303


def test_a_check_that_must_wait_says_so(office: Office) -> None:
    """As on the page without the script; the fields are kept but for the password."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    with office.turns.of(tenant.id):
        *_, last = lines(watch(browser))

    assert "checks-busy" in last["page"]
    assert f'value="{ADDRESS}"' in last["page"]
    assert LOGIN["password"] not in last["page"]


def test_a_fault_in_the_middle_ends_in_its_page(office: Office) -> None:
    """What our own rooms raise is told by its code, in the last line."""

    def fail(name: ProbeName) -> None:
        if name is ProbeName.SENDER:
            raise StorageUnavailableError

    office.probe.before = fail

    *_, last = lines(watch(office.signed_in(office.tenant())))

    assert StorageUnavailableError.code in last["page"]
