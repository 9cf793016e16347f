"""Forms belong to the browser that got them, and looking changes nothing."""

from typing import Any

import pytest
from flask import url_for

from service.outbox.entry import State
from tests.web.office import Office

PLACES: dict[str, Any] = {
    "secret": "x",
    "given_id": "cns_1",
    "connection_id": "con_1",
    "delegation_id": "dlg_1",
    "kind": "server",
    "entry_id": "msg_1",
    "code": "not-found",
    "member_id": "mem_1",
    "tenant_id": "ten_1",
    "filename": "app.css",
    "key_id": "key_1",
    "check": "worker",
}


def routes(office: Office, method: str) -> list[str]:
    """Every path of the pages that takes a method."""
    with office.app.test_request_context():
        return [
            url_for(rule.endpoint, **{name: PLACES[name] for name in rule.arguments})
            for rule in office.app.url_map.iter_rules()
            if method in (rule.methods or ())
        ]


def test_every_post_without_a_form_token_is_refused(office: Office) -> None:
    """No unsafe route forgets the check: each answers 400, signed in or not."""
    paths = routes(office, "POST")
    assert len(paths) == 40

    for browser in (office.browser(), office.signed_in(office.tenant())):
        for path in paths:
            answer = browser.client.post(path)
            assert (path, answer.status_code) == (path, 400)
            assert "form-expired" in answer.text


def test_the_form_token_of_another_browser_is_refused(office: Office) -> None:
    """An attacker's own valid token does not work in the victim's browser."""
    tenant = office.tenant()
    victim, attacker = office.signed_in(tenant), office.signed_in(office.tenant("Böse AG"))
    connection = office.connection(tenant)

    answer = victim.client.post(f"/connections/{connection.id}/pause", data={"form_token": attacker.token()})

    assert answer.status_code == 400
    assert office.stores.connections.get(tenant.id, connection.id).status.value == "connected"


@pytest.mark.parametrize("token", ["", "0" * 64, "ä" * 64, "0" * 10_000])
def test_odd_form_tokens_are_refused(office: Office, token: str) -> None:
    """Whatever stands in the token field, the answer is a plain 400."""
    browser = office.signed_in(office.tenant())

    assert browser.client.post("/logout", data={"form_token": token}).status_code == 400


@pytest.mark.parametrize("cookie", ["", "x", "ä" * 43, "a" * 4000])
def test_odd_cookies_are_strangers(office: Office, cookie: str) -> None:
    """A cookie that we did not make is nobody, and breaks nothing."""
    browser = office.browser()
    browser.client.set_cookie("postausgang", cookie)

    assert browser.get("/").status_code == 200


def test_looking_changes_nothing(office: Office) -> None:
    """Every page is opened signed in, twice; connections, messages and links are as before."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    connection = office.connection(tenant)
    entry = office.entry(connection)
    login, link = office.login_secret(tenant), office.link(tenant)
    pages = [
        "/",
        f"/login/{login}",
        f"/connect/{link}",
        f"/connections/{connection.id}/disconnect",
        f"/messages/{entry.id}",
        "/consent/callback?state=unknown&code=c",
    ]

    for path in pages * 2 + routes(office, "GET"):
        browser.get(path)

    assert office.stores.connections.get(tenant.id, connection.id) == connection
    assert office.stores.outbox.get(tenant.id, entry.id).state is State.QUEUED
    assert office.browser().press(f"/login/{login}").status_code == 303
    assert office.links.find(link)


def test_paths_that_only_take_a_form_refuse_to_be_opened(office: Office) -> None:
    """No unsafe route hides behind GET."""
    browser = office.signed_in(office.tenant())
    only_forms = set(routes(office, "POST")) - set(routes(office, "GET"))

    for path in only_forms:
        assert browser.get(path).status_code == 405


def test_every_answer_carries_the_security_headers(office: Office) -> None:
    """All routes, good and bad, signed in and out, in both languages."""
    for browser in (office.browser(), office.signed_in(office.tenant())):
        for language in ("de", "en"):
            for path in [*routes(office, "GET"), "/nowhere"]:
                headers = browser.get(path, language).headers
                policy = headers["Content-Security-Policy"]
                assert "unsafe" not in policy
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "form-action 'self' http://accounts.example.test;" in policy
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert headers["Referrer-Policy"] == "no-referrer"
                assert "Strict-Transport-Security" not in headers
                assert ("no-store" in headers["Cache-Control"]) is not path.startswith("/assets")


def test_https_adds_strict_transport_security(secure_office: Office) -> None:
    """Behind HTTPS browsers are told to stay there for a year."""
    headers = secure_office.browser().get("/").headers

    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_huge_form_is_refused_before_it_is_read(office: Office) -> None:
    """Nobody fills the disk through a form: beyond 128 KiB the answer is 413."""
    answer = office.browser().client.post("/logout", data={"form_token": "0" * 140_000})

    assert answer.status_code == 413


def test_nul_never_reaches_a_database(office: Office) -> None:
    """PostgreSQL takes it in no text and would answer with an error: it is refused at the door."""
    browser = office.signed_in(office.tenant())

    in_path = browser.get("/messages/msg_%00")
    in_query = browser.get("/?before=msg_%00")
    in_form = browser.press("/connect", connection_id="con_\0")

    assert (in_path.status_code, in_query.status_code, in_form.status_code) == (404, 400, 400)


def test_nul_in_a_cookie_is_no_word_of_ours(either_office: Office) -> None:
    """Cookies can spell it; no page breaks by it on either engine."""
    browser = either_office.signed_in(either_office.tenant())
    browser.client.set_cookie("postausgang-notice", "paused.con_\0")

    assert browser.get("/").status_code == 200


def test_without_a_database_the_page_still_says_so(office: Office) -> None:
    """A page that tells of the outage must not need the database itself."""
    browser = office.signed_in(office.tenant())
    office.database.close()

    answer = browser.get("/")

    assert answer.status_code == 503
    assert "The database does not answer." in answer.text


def test_without_a_database_an_unknown_address_is_still_unknown(office: Office) -> None:
    """Neither the language nor the tenant in the page's head makes an error of ours of it."""
    browser = office.signed_in(office.tenant())
    office.database.close()

    answer = browser.get("/nowhere")

    assert answer.status_code == 404
    assert "Not found" in answer.text
