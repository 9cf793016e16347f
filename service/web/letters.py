"""Mails that a person sends on with their own mail program: the link in it is shown only this time."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from flask_babel import force_locale

from service.web.language import LANGUAGES, language


@dataclass(frozen=True, slots=True)
class Letter:
    """The mail's words in one language."""

    language: str
    subject: str
    text: str
    to: str = ""

    @property
    def mailto(self) -> str:
        """An address that opens the mail in the reader's own program (RFC 6068: CRLF, percent-encoded)."""
        text = self.text.replace("\n", "\r\n")
        return f"mailto:{quote(self.to)}?subject={quote(self.subject)}&body={quote(text)}"


def in_each_language(write: Callable[[str], Letter]) -> list[Letter]:
    """The letter in every language, that of the page first."""
    letters = []
    for tag in sorted(LANGUAGES, key=lambda tag: tag != language()):
        with force_locale(tag):
            letters.append(write(tag))
    return letters
