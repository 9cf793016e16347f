"""Which language a page speaks."""

import pytest

from tests.web.office import Office
from tests.web.test_rights import calls


@pytest.mark.parametrize(
    ("accepted", "word"),
    [("de", "Anmelden"), ("de-AT,en;q=0.5", "Anmelden"), ("en-GB", "Sign in"), ("fr", "Sign in")],
)
def test_the_browser_decides_at_first(office: Office, accepted: str, word: str) -> None:
    """German for German browsers, English for all others, and the html element says so."""
    page = office.browser().get("/", accepted).text

    assert word in page
    assert f'<html lang="{"de" if word == "Anmelden" else "en"}">' in page


def test_a_chosen_language_wins_and_survives_signing_in(office: Office) -> None:
    """A stranger chooses German; the pages stay German after signing in and in a new session."""
    browser = office.browser()
    browser.press("/language", language="de")
    browser.press(f"/login/{office.login_secret(office.tenant())}")

    assert "Konten, über die Ihre Rechnungen versendet werden" in browser.get("/", "en").text
    browser.press("/language", language="en")
    assert "Accounts your invoices are sent from" in browser.get("/", "de").text


def test_a_connect_link_brings_its_language(office: Office) -> None:
    """A German link speaks German to an English browser, on the pages that follow too."""
    visitor = office.browser()
    secret = office.link(office.tenant(), locale="de")

    page = visitor.get(f"/connect/{secret}").text
    query = visitor.press(f"/connect/{secret}").location.partition("?")[2]
    answer = visitor.get(f"/consent/callback?error=access_denied&{query}")

    assert "Google-Konto verbinden" in page
    assert "Sie haben bei Google abgebrochen. Es wurde nichts geändert." in answer.text


def test_a_chosen_language_wins_over_that_of_a_link(office: Office) -> None:
    """Whoever has chosen English reads a German link in English."""
    visitor = office.browser()
    visitor.press("/language", language="en")

    page = visitor.get(f"/connect/{office.link(office.tenant(), locale='de')}", "de").text

    assert '<html lang="en">' in page


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/nowhere",
        "",
        "\t//evil.example",
        "/logout",
        "//evil.example?q=/messages",
        "https://evil.example/?/messages",
        "?/messages",
        "/consent/callback?code=4%2F0abc&state=s",
    ],
)
def test_choosing_a_language_leads_nowhere_else(office: Office, path: str) -> None:
    """The path to return to is one of our own pages, or the start page."""
    answer = office.browser().press("/language", language="de", next=path)

    assert (answer.status_code, answer.location) == (303, "/")


def test_choosing_a_language_shows_the_same_page_again(office: Office) -> None:
    """On a page that can be opened again the choice returns to it."""
    answer = office.browser().press("/language", language="de", next="/problems/scope-missing")

    assert answer.location == "/problems/scope-missing"


def test_choosing_a_language_returns_to_every_page(office: Office) -> None:
    """But to Google's answer, to files, and to addresses that only lead on."""
    elsewhere = {"callback", "static", "download", "delegations_moved", "relay_moved"}
    browser = office.browser()
    places = {name: path for name, method, path in calls(office) if method == "GET" and name not in elsewhere}

    left = {
        path: location
        for path in places.values()
        if (location := browser.press("/language", language="de", next=path).location) != path
    }

    assert "invite" in places
    assert left == {}


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("/messages?q=RE-1&status=failed&from=2026-11-23", "/messages?q=RE-1&status=failed&from=2026-11-23"),
        ("/messages?q=M%C3%BCller+%26+S%C3%B6hne", "/messages?q=M%C3%BCller+%26+S%C3%B6hne"),
        ("/messages?q=&before=x", "/messages?q=&before=x"),
        ("/?page=2", "/?page=2"),
        ("/messages?q=a\r\nSet-Cookie: x=1", "/messages?q=a%0D%0ASet-Cookie%3A+x%3D1"),
        ("/messages?q=//evil.example#/", "/messages?q=%2F%2Fevil.example%23%2F"),
        ("/messages?", "/messages"),
    ],
)
def test_choosing_a_language_keeps_what_was_asked_for(office: Office, place: str, kept: str) -> None:
    """Filters and page stand in the address; what is no query does not become anything else."""
    answer = office.browser().press("/language", language="de", next=place)

    assert (answer.status_code, answer.location) == (303, kept)


def test_the_form_of_the_language_knows_the_whole_address(office: Office) -> None:
    """As it is; on the way back from Google without what Google wrote into it."""
    browser = office.signed_in(office.tenant())

    page = browser.get("/messages?q=M%C3%BCller+%26+S%C3%B6hne&status=failed").text
    assert 'value="/messages?q=M%C3%BCller+%26+S%C3%B6hne&amp;status=failed"' in page
    assert 'value="/consent/callback"' in browser.get("/consent/callback?error=access_denied&state=s").text


def test_an_unknown_language_is_ignored(office: Office) -> None:
    """Only German and English can be chosen."""
    browser = office.browser()

    assert browser.press("/language", language="xx").status_code == 303
    assert "Sign in" in browser.get("/").text
