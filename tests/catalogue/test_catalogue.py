"""The one table of problems: whole, in both languages, and nothing in it twice."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import service
from service.catalogue import CATALOGUE, INTERNAL, THEMES, Words, advice, anchor
from service.catalogue.delivery import LOST_BY_WAY
from service.connections.way import WayKind
from service.google import consent_replies, replies, smtp_rows, token_replies

ROOT = Path(service.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != "sandbox")
CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)+\Z")
FRIENDS = re.compile(r"\b(du|dein\w*|dir|dich)\b", re.IGNORECASE)


def raised() -> Iterator[str]:
    """Every code that stands in the sources: of error classes, of raised errors, of faults of a field."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                    yield code
                case ast.Call(func=ast.Name(id="ProbeStep"), args=[_, ast.Constant(value=str(code)), *_]):
                    yield code
                case ast.Call(func=ast.Name(id="Problem"), args=[_, ast.Constant(value=str(code)), *_]):
                    yield code
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), *_]) if (
                    name.endswith(("Error", "_fault")) and CODE.match(code)
                ):
                    yield code


def listed() -> Iterator[str]:
    """Every code of the tables of replies."""
    yield from (row.code for row in replies.ROWS)
    yield from (row.code for row in smtp_rows.ROWS)
    yield from (code for _, _, code in token_replies.DELEGATION_ROWS)
    yield from consent_replies.CODES.values()
    yield from ("oauth-refused", "try-later", "server-refused", "recipient-refused", "answer-unknown")


@pytest.mark.parametrize("code", sorted({*raised(), *listed()}))
def test_every_code_that_can_be_raised_is_told(code: str) -> None:
    """No failure is shown without words of its own."""
    assert code in CATALOGUE


def test_a_lost_answer_has_a_next_step_for_every_way() -> None:
    """Where the mail may be looked for depends on who sent it."""
    assert set(LOST_BY_WAY) == set(WayKind)
    assert len({LOST_BY_WAY[kind] for kind in WayKind if kind.leaves_copy}) == 1


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_problem_is_told_in_both_languages(code: str) -> None:
    """Title, whole sentences and a next step; Germans are not addressed as friends."""
    told = advice(code)

    assert CODE.match(code) or code.isalpha()
    for words in (told.title, told.sentence, told.next_step):
        assert words.en.strip() == words.en != ""
        assert words.de.strip() == words.de != ""
        assert words.en != words.de
        assert not FRIENDS.search(words.de)
    for words in (told.sentence, told.next_step):
        assert words.en.endswith((".", ".”"))
        assert words.de.endswith((".", ".“"))
    assert not told.title.en.endswith(".")


def test_no_code_has_two_meanings() -> None:
    """A code stands in one theme; no two codes are called the same or say the same."""
    told = [advice(code) for code in CATALOGUE]

    assert sum(len(theme.problems) for theme in THEMES) == len(CATALOGUE)
    assert [text for text, times in Counter(one.title for one in told).items() if times > 1] == []
    assert [text for text, times in Counter(one.sentence for one in told).items() if times > 1] == []


def test_every_anchor_is_its_own() -> None:
    """The help page can be linked to, code by code."""
    assert len({anchor(code) for code in CATALOGUE}) == len(CATALOGUE)
    assert anchor("quota-reached") == "#quota-reached"


def test_an_unknown_code_still_has_a_sentence_and_a_next_step() -> None:
    """A code of a later version is shown with the general words."""
    assert advice("code-of-tomorrow") == CATALOGUE[INTERNAL]
    assert anchor("code-of-tomorrow") == f"#{INTERNAL}"


@pytest.mark.parametrize(("language", "text"), [("de", "Ja"), ("en", "Yes"), ("fr", "Yes")])
def test_who_speaks_no_german_reads_english(language: str, text: str) -> None:
    """There are two languages."""
    assert Words("Yes", "Ja").in_language(language) == text
