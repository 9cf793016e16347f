"""Every code that a person can meet has its own words."""

from service.google.replies import _ROWS
from service.storage.settling import ANSWER_LOST
from service.web.problems import CATALOGUE, GENERAL, advice


def test_what_google_answers_has_words() -> None:
    """Each code of the Gmail API's error table, and the one for a lost answer."""
    codes = {row.code for row in _ROWS} | {ANSWER_LOST, "provider-unavailable"}

    assert codes - set(CATALOGUE) == set()


def test_an_unknown_code_still_has_a_sentence_and_a_next_step() -> None:
    """A code of a later version is shown with the general words."""
    assert advice("code-of-tomorrow") is GENERAL
    assert all((GENERAL.title, GENERAL.sentence, GENERAL.next_step))
