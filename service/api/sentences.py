"""What a caller is told about a code: of a field, of a warning, of a message or a connection."""

from collections.abc import Iterable

from service.api.shapes import AdviceAnswer, ExplanationAnswer
from service.catalogue import CATALOGUE, advice


def sentence(code: str, language: str, english: str = "") -> str:
    """The catalogue's sentence; for English the fault's own, more exact one, where ``english`` is given."""
    if (language != "de" and english) or code not in CATALOGUE:
        return english
    return CATALOGUE[code].sentence.in_language(language)


def explanations(codes: Iterable[str | None], language: str) -> list[ExplanationAnswer]:
    """What each of an answer's codes means, in the order in which they first stand in it."""
    return [_explanation(code, language) for code in dict.fromkeys(codes) if code is not None]


def advised(code: str | None, language: str) -> AdviceAnswer:
    """What this code means, and what to do."""
    if code is None:
        return {"code": None, "title": None, "detail": None, "next_step": None}
    return {**_explanation(code, language)}


def _explanation(code: str, language: str) -> ExplanationAnswer:
    told = advice(code)
    return {
        "code": code,
        "title": told.title.in_language(language),
        "detail": told.sentence.in_language(language),
        "next_step": told.next_step.in_language(language),
    }
