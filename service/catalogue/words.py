"""One text in both languages, and what a reader is told about one problem."""

from dataclasses import dataclass
from typing import NamedTuple


class Words(NamedTuple):
    """One text in both languages."""

    en: str
    de: str

    def in_language(self, language: str) -> str:
        """The text in ``de``, else in English."""
        return self.de if language == "de" else self.en


@dataclass(frozen=True, slots=True)
class Advice:
    """What a reader is told about one code: what it is, what happened, and the one thing to do."""

    title: Words
    sentence: Words
    next_step: Words


def told(title_en: str, title_de: str, sentence_en: str, sentence_de: str, step: Words) -> Advice:
    """An entry, as the tables write it: title, sentence and step, English before German."""
    return Advice(Words(title_en, title_de), Words(sentence_en, sentence_de), step)
