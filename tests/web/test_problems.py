"""The help page: every problem at its own anchor, in the language of the page."""

import re

import pytest
from markupsafe import escape

from service.catalogue import CATALOGUE, THEMES, anchor
from service.outbox.entry import State
from tests.web.office import Office, as_read


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_help_page_tells_of_every_problem(office: Office, language: str) -> None:
    """Title, sentence and next step of each code, without signing in."""
    page = as_read(office.browser().get("/problems", language).text)
    flat = " ".join(page.split())

    for code, told in CATALOGUE.items():
        for words in (told.title, told.sentence, told.next_step):
            assert escape(words.in_language(language)) in flat, code


def test_every_anchor_is_on_the_help_page_once(office: Office) -> None:
    """No link into the page leads nowhere, and no id is used twice."""
    page = office.browser().get("/problems").text
    ids = re.findall(r'\bid="([^"]+)"', page)

    assert len(ids) == len(set(ids))
    assert {anchor(code) for code in CATALOGUE} <= {f"#{name}" for name in ids}
    assert {f"theme-{theme.name}" for theme in THEMES} <= set(ids)


def test_a_failed_mail_links_to_its_problem(office: Office) -> None:
    """From the code on the message's page to what it means."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.FAILED, status=550, code="recipient-unknown", reply="No such user")

    page = office.signed_in(tenant).get(f"/messages/{entry.id}").text

    assert 'href="/problems#recipient-unknown"' in page
    assert CATALOGUE["recipient-unknown"].next_step.en in page


def test_a_code_of_a_later_version_is_shown_with_general_words(office: Office) -> None:
    """Its link leads to them, too."""
    tenant = office.tenant()
    entry = office.entry(office.connection(tenant))
    office.tried(entry, State.FAILED, code="code-of-tomorrow")

    page = office.signed_in(tenant).get(f"/messages/{entry.id}").text

    assert 'href="/problems#internal"' in page
    assert "Something went wrong" in page


def test_the_help_page_stays_when_the_language_is_changed(office: Office) -> None:
    """Whoever switches the language is not sent away."""
    assert office.browser().press("/language", language="de", next="/problems").location == "/problems"


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_code_has_a_page_of_its_own(office: Office, language: str) -> None:
    """Where the API's answers and the notices point to; in the reader's language, without signing in."""
    browser = office.browser()

    for code, told in CATALOGUE.items():
        page = browser.get(f"/problems/{code}", language)
        flat = " ".join(as_read(page.text).split())
        assert page.status_code == 200
        for words in (told.title, told.sentence, told.next_step):
            assert escape(words.in_language(language)) in flat, code
    assert browser.get("/problems/no-such-code").status_code == 404
