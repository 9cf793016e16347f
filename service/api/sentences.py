"""What a caller is told about one field: the sentence of the fault's or warning's code."""

from service.catalogue import CATALOGUE


def sentence(code: str, language: str, english: str = "") -> str:
    """The catalogue's sentence; for English the fault's own, more exact one, where ``english`` is given."""
    if (language != "de" and english) or code not in CATALOGUE:
        return english
    return CATALOGUE[code].sentence.in_language(language)
