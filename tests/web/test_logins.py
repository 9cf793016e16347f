"""Mailboxes by app password and own server, in the browser: checked first, then kept."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from service.access.tenant import Tenant
from service.connections.connection import Connection
from service.connections.ports import ProbeName, ProbeStep
from service.connections.way import WayKind
from service.outbox.entry import State
from tests.web.office import Browser, Office

PASSWORD = "abcd efgh ijkl mnop"
ADDRESS = "rechnung@gmail.com"
REPLY = "535 5.7.8 Username and Password not accepted"
SERVER = {
    "address": "info@muster.example",
    "host": "mail.muster.example",
    "port": "465",
    "encryption": "tls",
    "password": "geheim!",
}


def add(browser: Browser, kind: str = "app-password", **fields: str) -> TestResponse:
    """Press *Check and save*."""
    known = {"address": ADDRESS, "password": PASSWORD} if kind == "app-password" else {}
    return browser.press(f"/connections/new/{kind}", **(known | fields))


def only(office: Office, tenant: Tenant) -> Connection:
    """The tenant's one connection."""
    [connection] = office.stores.connections.of_tenant(tenant.id)
    return connection


def test_every_way_is_offered(office: Office) -> None:
    """Google, app password, server and the Workspace wizard, in German as people know them."""
    page = office.signed_in(office.tenant()).get("/connections/new", "de").text

    for text in ("Weiter mit Google", "App-Passwort", "Anderer SMTP-Server", "Google Workspace für"):
        assert text in page
    for path in ("app-password", "server"):
        assert f'href="/connections/new/{path}"' in page
    assert 'href="/workspace"' in page


def test_a_stranger_sees_no_form(office: Office) -> None:
    """Each page wants a signed-in tenant."""
    browser = office.browser()

    for path in ("", "/app-password", "/server"):
        assert browser.get(f"/connections/new{path}").status_code == 403
    for path in ("", "/delegation", "/relay", "/domains", "/hand-over"):
        assert browser.get(f"/workspace{path}").status_code == 403


def test_an_unknown_kind_is_not_found(office: Office) -> None:
    """There are two forms."""
    assert office.signed_in(office.tenant()).get("/connections/new/pop3").status_code == 404


def test_the_guide_names_the_steps_and_both_names(office: Office) -> None:
    """A deep link, and a password field that no browser fills and everybody may paste into."""
    page = office.signed_in(office.tenant()).get("/connections/new/app-password", "de").text

    for text in (
        "https://myaccount.google.com/apppasswords",
        "‑Authentifizierung",
        "Bestätigung in zwei Schritten",
    ):
        assert text in page
    field = page.split('id="password"')[1].split(">")[0]
    assert 'type="password"' in field
    assert 'autocomplete="off"' in field
    assert "onpaste" not in page


def test_an_app_password_connects_a_mailbox(office: Office) -> None:
    """Signed in at Gmail with the letters alone; the list tells the steps once."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)

    answer = add(browser, display_name="Muster GmbH", port="587")

    place = f"/connections/{only(office, tenant).id}"
    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    [(login, kind, sender)] = office.probe.seen
    assert login.password is not None
    assert login.password.get_secret_value() == "abcdefghijklmnop"
    assert (login.server.port, kind, sender) == (587, WayKind.APP_PASSWORD, ADDRESS)
    assert only(office, tenant).display_name == "Muster GmbH"
    first, second = browser.get(place).text, browser.get(place).text
    assert f"Connected as {ADDRESS}." in first
    assert "Sign-in" in first
    assert f"Connected as {ADDRESS}." not in second


@pytest.mark.parametrize("path", ["/connections/new/app-password", "/workspace/relay"])
def test_the_language_of_the_form_becomes_the_mailboxs(office: Office, path: str) -> None:
    """Its owner is written to in the language that they read here."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    browser.press("/language", language="de")

    browser.press(path, address=ADDRESS, password=PASSWORD)

    assert only(office, tenant).locale == "de"


def test_a_server_of_ones_own_is_taken_as_typed(office: Office) -> None:
    """With a user that is not the address."""
    tenant = office.tenant()

    answer = add(office.signed_in(tenant), "server", **SERVER, user="muster-1")

    assert answer.status_code == 303
    [(login, kind, _)] = office.probe.seen
    assert (login.server.host, login.user, kind) == ("mail.muster.example", "muster-1", WayKind.SMTP_SERVER)
    assert "Other SMTP server" in office.signed_in(tenant).get("/").text


@pytest.mark.parametrize(
    ("step", "field"),
    [(ProbeName.SIGN_IN, "password"), (ProbeName.SENDER, "address"), (ProbeName.ENCRYPT, "host")],
)
def test_what_the_server_refuses_is_told_step_by_step(office: Office, step: ProbeName, field: str) -> None:
    """422, the summary on top, the fault at its field, the server's words; nothing is kept."""
    tenant = office.tenant()
    office.probe.failing = ProbeStep(step, "login-rejected", REPLY)

    answer = add(office.signed_in(tenant), "server", **SERVER)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'id="{field}-error"' in answer.text
    for text in (REPLY, "Nothing was saved.", 'href="/problems#login-rejected"'):
        assert text in answer.text
    steps = answer.text.split('class="pa-checks"')[1].split("</ol>")[0]
    assert steps.count("pa-good") == list(ProbeName).index(step)
    assert steps.count("pa-bad") == 1
    assert office.stores.connections.of_tenant(tenant.id) == []


def test_a_refused_app_password_is_told_in_full_once(office: Office) -> None:
    """On top what it may be and what to do, at the field that it is about the password."""
    office.probe.failing = ProbeStep(ProbeName.SIGN_IN, "app-password-rejected", REPLY)

    page = add(office.signed_in(office.tenant())).text

    assert page.count("It was mistyped, belongs to another address") == 1
    assert 'id="password-error">Google does not take this app password for this address.</p>' in page


def test_what_was_typed_is_kept_but_for_the_password(office: Office) -> None:
    """Nobody types a server twice, and no answer holds a password."""
    office.probe.failing = ProbeStep(ProbeName.SIGN_IN, "login-rejected", REPLY)

    page = add(office.signed_in(office.tenant()), "server", **SERVER, user="muster-1").text

    for text in ("info@muster.example", "mail.muster.example", "muster-1"):
        assert f'value="{text}"' in page
    assert SERVER["password"] not in page


@pytest.mark.parametrize(
    ("kind", "change", "field", "code"),
    [
        ("app-password", {"password": "abcd efgh"}, "password", "app-password-length"),
        ("app-password", {"password": "Sommer2026!"}, "password", "app-password-form"),
        ("app-password", {"password": " "}, "password", "password-needed"),
        ("app-password", {"password": "x" * 501}, "password", "invalid-length"),
        ("app-password", {"address": ""}, "address", "required"),
        ("app-password", {"address": "Juergen.Klein@GMX.de"}, "address", "address-not-google"),
        ("app-password", {"address": "Muster <rechnung@gmail.com>"}, "address", "invalid-address"),
        ("app-password", {"display_name": "M\r\nBcc: x@y.example"}, "display_name", "invalid-characters"),
        ("app-password", {"display_name": "Muster \u202eHbmG"}, "display_name", "invalid-characters"),
        ("app-password", {"port": "25"}, "port", "invalid-choice"),
        ("server", {"host": ""}, "host", "required"),
        ("server", {"host": "-mail.example"}, "host", "invalid-value"),
        ("server", {"port": "0"}, "port", "out-of-range"),
        ("server", {"port": "70000"}, "port", "out-of-range"),
        ("server", {"port": "²"}, "port", "out-of-range"),
        ("server", {"encryption": "none"}, "encryption", "invalid-choice"),
        ("server", {"user": "a\nb"}, "user", "invalid-characters"),
    ],
)
def test_what_cannot_be_a_login_is_refused_before_any_call(
    office: Office, kind: str, change: dict[str, str], field: str, code: str
) -> None:
    """At its field, with the words of its code; no server hears of it."""
    known = SERVER if kind == "server" else {}

    answer = add(office.signed_in(office.tenant()), kind, **(known | change))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'href="/problems#{code}"' in answer.text
    assert office.probe.seen == []
    assert "Sommer2026" not in answer.text


def test_a_fallback_is_one_way_more_of_the_same_mailbox(office: Office) -> None:
    """Behind the grant, with the same sender, whatever the form says; then it is offered no more."""
    tenant = office.tenant()
    connection = office.connection(tenant)
    browser = office.signed_in(tenant)
    form = f"/connections/new/app-password?connection={connection.id}"
    place = f"/connections/{connection.id}"
    assert form in browser.get(place).text
    assert f'value="{connection.address}"' in browser.get(form).text

    answer = add(browser, connection_id=connection.id, address="other@muster.de")

    assert answer.status_code == 303
    route = office.stores.connections.route(tenant.id, connection.id)
    assert [state.way.kind for state in route] == [WayKind.GMAIL_API, WayKind.APP_PASSWORD]
    assert office.probe.seen[0][2] == connection.address
    page = browser.get(place).text
    assert page.count(form) == 1, "to replace it, no more to add it"


def test_another_tenants_connection_is_not_found(office: Office) -> None:
    """Neither shown nor given a way more, and its server is not asked."""
    other = office.connection(office.tenant("Andere AG"))
    browser = office.signed_in(office.tenant())

    shown = browser.get(f"/connections/new/app-password?connection={other.id}")
    added = add(browser, connection_id=other.id)

    assert (shown.status_code, added.status_code) == (404, 404)
    assert other.address not in shown.text + added.text
    assert office.probe.seen == []


def test_the_form_of_another_browser_adds_nothing(office: Office) -> None:
    """A password that an attacker chose does not come into the victim's tenant."""
    tenant = office.tenant()
    victim, attacker = office.signed_in(tenant), office.signed_in(office.tenant("Böse AG"))
    fields = {"form_token": attacker.token(), "address": ADDRESS, "password": PASSWORD}

    answer = victim.client.post("/connections/new/app-password", data=fields)

    assert answer.status_code == 400
    assert office.probe.seen == []


def test_a_password_can_be_left_for_google(office: Office) -> None:
    """The banner begins a consent for the same connection, which keeps its id."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    add(browser, address="rechnung@muster.de")
    connection = only(office, tenant)
    place = f"/connections/{connection.id}"
    assert "Sicherer und ohne Passwort: auf „Weiter mit Google“ umstellen" in browser.get(place, "de").text

    address = browser.press("/connect", connection_id=connection.id).headers["Location"]
    browser.get(f"/consent/callback?code=c&{address.split('?')[1]}")

    kept = only(office, tenant)
    assert kept.id == connection.id
    assert kept.credential_id is not None
    assert "Safer and without password" not in browser.get(place).text


def test_a_mailbox_shows_what_it_has_sent_in_a_day(office: Office) -> None:
    """Of what its kind of account may send: the last 24 hours, as Google counts, and not since midnight."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    browser = office.signed_in(tenant)
    assert "0 von 500 Mails in 24 Stunden" in browser.get("/", "de").text

    office.tried(entry, State.SENT, status=200, receipt="18f2c3")

    assert "1 of 500 mails in 24 hours" in browser.get("/").text


def test_one_mail_is_one_mail(office: Office) -> None:
    """Where there is no limit to compare with, the number has its noun, and nobody takes it for the limit."""
    tenant = office.tenant()
    browser, seen = office.signed_in(tenant), list[str]()
    assert add(browser, "server", **SERVER).status_code == 303
    [connection] = office.stores.connections.of_tenant(tenant.id)

    for number in range(3):
        if number:
            office.tried(office.entry(connection), State.SENT, status=250, receipt="2.0.0 OK")
        seen += re.findall(r"\d Mails? in 24 Stunden", browser.get("/", "de").text)

    assert seen == ["0 Mails in 24 Stunden", "1 Mail in 24 Stunden", "2 Mails in 24 Stunden"]
    assert (
        "<dt>Gesendet</dt><dd>2 Mails in 24 Stunden"
        in browser.get(f"/connections/{connection.id}", "de").text
    )


@pytest.mark.parametrize(
    ("password", "german"),
    [
        ("abcd efgh ijkl mn", "Das App-Passwort hat 16 Buchstaben, es fehlen 2."),
        ("abcd efgh ijkl mno", "Das App-Passwort hat 16 Buchstaben, es fehlt 1."),
        ("abcd efgh ijkl mnop qr", "Das App-Passwort hat 16 Buchstaben, 2 sind zu viel."),
        ("Sommer2026!", "Das sieht nach Ihrem normalen Google-Passwort aus; damit klappt es nicht."),
    ],
)
def test_the_field_says_what_is_wrong_with_an_app_password(
    office: Office, password: str, german: str
) -> None:
    """Counted, at its field, and the password is not repeated."""
    browser = office.signed_in(office.tenant())
    browser.press("/language", language="de")

    page = add(browser, password=password).text

    assert german in page.split('id="password-error">')[1].split("<")[0]
    assert password not in page


def test_one_check_a_tenant_runs_at_a_time(office: Office) -> None:
    """A second press meanwhile is told to try again, with what was typed; other tenants are not held up."""
    tenant, other = office.tenant(), office.tenant("Andere AG")
    first, second, stranger = (office.signed_in(one) for one in (tenant, tenant, other))
    answers: list[TestResponse] = []

    def press_as_well() -> None:
        office.probe.meanwhile = list
        with ThreadPoolExecutor(1) as thread:
            pressed = thread.map(lambda browser: add(browser, "server", **SERVER), (second, stranger))
            answers.extend(pressed)

    office.probe.meanwhile = press_as_well
    assert add(first).status_code == 303

    busy, fine = answers
    assert (busy.status_code, fine.status_code) == (429, 303)
    assert 'href="/problems#checks-busy"' in busy.text
    assert f'value="{SERVER["host"]}"' in busy.text
    assert SERVER["password"] not in busy.text
    assert add(second, "server", **SERVER).status_code == 303


def test_a_server_that_holds_its_line_does_not_hold_the_next_check(office: Office) -> None:
    """Whatever the check ends with, its turn is over."""
    office.probe.failing = ProbeStep(ProbeName.CONNECT, "mail-server-not-reached", "timed out")
    browser = office.signed_in(office.tenant())

    assert [add(browser).status_code for _ in range(3)] == [422, 422, 422]
