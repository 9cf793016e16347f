"""The checklist: the same rows as the command, on a page and on the first page while something is to do."""

import re

import pytest

from service.catalogue.checks import REMARKS, TITLES
from service.errors import ConfigurationError
from service.outbox.entry import State
from tests.web.office import Browser, Office

SERVER = ("public-address", "keyring", "oauth-client", "database", "worker", "clock", "notices")


def _rows(page: str) -> list[tuple[str, str]]:
    """Where each row leads and its status, in order."""
    return re.findall(
        r'<a href="([^"]+)" aria-describedby="[^"]+-status">.*?</span>([^<]+)</span>', page, re.DOTALL
    )


def _sign_in(office: Office) -> Browser:
    return office.signed_in(office.tenant())


def test_a_new_company_sees_what_is_to_do(office: Office) -> None:
    """Its three steps, then the server's rows; each leads to where it is done or told."""
    rows = _rows(_sign_in(office).get("/setup").text)

    assert rows == [
        ("/connections/new", "To do"),
        ("/", "To do"),
        ("/developers/keys", "To do"),
        ("/setup/public-address", "To do"),
        ("/setup/keyring", "Done"),
        ("/setup/oauth-client", "Done"),
        ("/setup/database", "Done"),
        ("/setup/worker", "To do"),
        ("/setup/clock", "Done"),
        ("/setup/notices", "Optional"),
    ]


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_check_of_the_server_has_a_page(office: Office, language: str) -> None:
    """With its title, what was found and, where it helps, what to do."""
    browser = _sign_in(office)

    for check in SERVER:
        page = browser.get(f"/setup/{check}", language)
        assert page.status_code == 200
        assert TITLES[check].in_language(language) in page.text
    assert browser.get("/setup/connection").status_code == 404
    assert browser.get("/setup/nothing").status_code == 404


def test_the_redirect_address_can_be_copied(office: Office) -> None:
    """It stands there to the letter."""
    page = _sign_in(office).get("/setup/oauth-client").text

    assert ' id="copy" tabindex="0">http://localhost:8025/consent/callback</pre>' in page


def test_a_broken_server_is_told_without_its_paths(office: Office) -> None:
    """On the first page too; the details are for the operator's terminal. Commands are set as such."""
    office.installation.broken["keyring"] = ConfigurationError("/etc/secret-place/keyring: no")
    browser = _sign_in(office)

    pages = [browser.get(path).text for path in ("/", "/setup", "/setup/keyring")]

    for page in pages:
        assert "The keyring cannot be read." in page
        assert "<code>postausgang keys generate</code>" in page
        assert "secret-place" not in page
    assert _rows(pages[0])[0] == ("/setup/keyring", "Problem")


def test_the_first_page_asks_until_all_is_done(office: Office) -> None:
    """Connection, mail, key: then the list is gone, and the checks stay in the settings."""
    tenant = office.tenant()
    browser = office.signed_in(tenant)
    left = [len(_rows(browser.get("/").text))]
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.SENT, receipt="r")
    left.append([status for _, status in _rows(browser.get("/").text)].count("To do"))
    browser.press("/developers/keys", name="ERP", rights="send", lifetime="90")
    left.append(len(_rows(browser.get("/").text)))

    assert left == [3, 1, 0]
    assert "Set up your mail service" not in browser.get("/").text


def test_no_sentence_of_the_checks_holds_html() -> None:
    """They are escaped before their commands are marked."""
    for remark in REMARKS.values():
        for words in (remark.sentence, *((remark.fix,) if remark.fix else ())):
            assert not set("<>") & set(words.en + words.de)
