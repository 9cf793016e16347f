"""What the pages tell about a code: the catalogue's texts, in the language of the page."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service import catalogue
from service.catalogue import THEMES
from service.catalogue.delivery import LOST_BY_WAY
from service.outbox.entry import Attempt
from service.web.language import language


class Told(NamedTuple):
    """One code's title, sentence and next step in one language."""

    code: str
    title: str
    sentence: str
    next_step: str


class Chapter(NamedTuple):
    """One theme of the help page."""

    name: str
    title: str
    problems: list[Told]


def advice(code: str) -> Told:
    """What people are told about a code; no code is ever shown without a sentence."""
    spoken, found = language(), catalogue.advice(code)
    return Told(
        code, *(words.in_language(spoken) for words in (found.title, found.sentence, found.next_step))
    )


def lost(attempts: Sequence[Attempt]) -> Told:
    """The same about a lost answer: where to look for the mail depends on the way of the last attempt."""
    told = advice("answer-lost")
    step = LOST_BY_WAY.get(attempts[-1].transport) if attempts else None
    return told if step is None else told._replace(next_step=step.in_language(language()))


def chapters() -> Iterator[Chapter]:
    """The whole catalogue, for the help page."""
    spoken = language()
    for theme in THEMES:
        yield Chapter(theme.name, theme.title.in_language(spoken), [advice(code) for code in theme.problems])
