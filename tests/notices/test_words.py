"""What owners read: both languages, one button, no word of a stranger's as HTML."""

import re
from dataclasses import replace

import pytest

from service.notices.incident import IncidentKind, Step
from service.notices.words import Facts, write

LINK = "https://mail.example.com/connect/abc"
MEANING = "https://mail.example.com/problems/connection-revoked"
FACTS = Facts("Muster GmbH", "rechnung@muster.example", "connection-revoked", 12, LINK, MEANING)


@pytest.mark.parametrize("step", [Step.NOTICE, Step.REMINDER, Step.LAST_REMINDER])
def test_a_mail_that_asks_has_one_button(step: Step) -> None:
    """The subject names the mailbox; the link stands once in the HTML, once in each language of the text.

    In each language another one leads to what the code means.
    """
    subject, text, html = write(step, IncidentKind.STOPPED, FACTS, None)

    assert subject.endswith("Rechnungsversand angehalten: rechnung@muster.example neu verbinden")
    assert re.findall('href="([^"]+)"', html) == [LINK, MEANING, MEANING]
    assert text.count(LINK) == 2
    assert f"Was das bedeutet: {MEANING}" in text
    assert f"What this means: {MEANING}" in text
    assert "12 Mails warten." in text
    assert "12 mails are waiting." in text
    assert "72 Stunden" in text


def test_a_link_to_our_pages_is_not_said_to_need_no_sign_in() -> None:
    """The password of another server is entered there: whoever opens them is asked who they are."""
    facts = replace(FACTS, code="login-rejected", link="https://mail.example.com", is_connect_link=False)

    _, text, html = write(Step.NOTICE, IncidentKind.STOPPED, facts, None)

    for written in (text, html):
        assert "72" not in written
        assert "keine Anmeldung" not in written
        assert "no sign-in" not in written
        assert "Dort melden Sie sich an" in written
        assert "Sign in there" in written


def test_the_solved_mail_asks_for_nothing() -> None:
    """No link, no button."""
    subject, text, html = write(
        Step.SOLVED,
        IncidentKind.STOPPED,
        Facts("Muster GmbH", "a@b.example", "connection-revoked", 0, None, None),
        None,
    )

    assert subject == "Rechnungsversand läuft wieder: a@b.example"
    assert "http" not in text
    assert "href" not in html


def test_a_mailbox_that_stays_paused_is_not_said_to_send_again() -> None:
    """Its owner has renewed the access; a person holds its mail."""
    facts = Facts("Muster GmbH", "a@b.example", "connection-revoked", 3, None, None, is_paused=True)

    for locale, words, lie in (
        ("de", "bleibt angehalten, bis ihn jemand fortsetzt", "wieder aus"),
        ("en", "stays paused until somebody resumes it", "sent now"),
    ):
        subject, text, _ = write(Step.SOLVED, IncidentKind.STOPPED, facts, locale)
        assert words in text
        assert lie not in text
        assert "läuft wieder" not in subject
        assert "sent again" not in subject


def test_a_degraded_connection_is_not_said_to_stand_still() -> None:
    """Its mail takes another way, and that is what the owner reads."""
    subject, text, _ = write(Step.NOTICE, IncidentKind.DEGRADED, FACTS, None)

    assert "angehalten" not in subject + text
    assert "on hold" not in text
    assert "auf einem anderen Weg" in text


def test_a_tenants_name_is_text() -> None:
    """Whatever stands in it, it is no markup."""
    hostile = Facts(
        '<img src=x onerror="alert(1)">', "a@b.example", "any", 1, f'{LINK}"><script>', f'{MEANING}"><script>'
    )

    _, _, html = write(Step.NOTICE, IncidentKind.STOPPED, hostile, None)

    assert "<img" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("count", "german", "english"),
    [(0, "Zurzeit wartet keine Mail.", "No mail is waiting right now."), (1, "1 Mail wartet.", "1 mail is ")],
)
def test_few_mails_are_counted_in_good_grammar(count: int, german: str, english: str) -> None:
    """None and one read as people write."""
    _, text, _ = write(
        Step.NOTICE, IncidentKind.STOPPED, Facts("M", "a@b.example", "any", count, LINK, MEANING), None
    )

    assert german in text
    assert english in text


@pytest.mark.parametrize(
    ("locale", "own", "other"),
    [
        (
            "de",
            ("angehalten: a@b.example", "Guten Tag,", "Neu verbinden", "72 Stunden"),
            ("Hello,", "72 hours"),
        ),
        ("en", ("on hold: reconnect a@b", "Hello,", "Reconnect", "72 hours"), ("Guten Tag,", "72 Stunden")),
    ],
)
def test_whose_language_is_known_reads_that_one_alone(
    locale: str, own: tuple[str, ...], other: tuple[str, ...]
) -> None:
    """Subject, button and all; a mail program is told the language, too."""
    facts = Facts("Muster GmbH", "a@b.example", "connection-revoked", 12, LINK, MEANING)

    subject, text, html = write(Step.NOTICE, IncidentKind.STOPPED, facts, locale)

    for words in own:
        assert words in subject + text
    for words in other:
        assert words not in subject + text + html
    assert f'<html lang="{locale}">' in html
    assert " / " not in html
    assert (text.count(LINK), text.count(MEANING), html.count(f'href="{LINK}"')) == (1, 1, 1)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("kind", IncidentKind)
def test_every_mail_has_a_subject_in_each_language(step: Step, kind: IncidentKind) -> None:
    """Which names the mailbox; whose language is not known is told German first."""
    subjects = {locale: write(step, kind, FACTS, locale)[0] for locale in ("de", "en", None, "fr")}

    assert all(FACTS.address in subject for subject in subjects.values())
    assert subjects["de"] != subjects["en"]
    assert subjects[None] == subjects["fr"] == subjects["de"]
