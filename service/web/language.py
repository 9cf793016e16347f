"""The language of a page: chosen, else the connect link's, else the browser's."""

from pathlib import Path

from flask import Flask, g, request
from flask_babel import Babel, get_locale, refresh

from service.web.browser import Browser

LANGUAGES = {"de": "Deutsch", "en": "English"}
_TRANSLATIONS = Path(__file__).parent / "translations"


def init_language(app: Flask, browser: Browser) -> None:
    """Let Flask-Babel ask for the language of each request."""

    def choose() -> str:
        session = browser.session()
        wishes = (session.locale if session else None, browser.note("language"), g.get("link_locale"))
        for wish in wishes:
            if wish in LANGUAGES:
                return wish
        # Werkzeug's own match prefers "en;q=0.5" to "de-AT"; the primary tag is what counts here.
        primary = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
        return next((tag for tag in primary if tag in LANGUAGES), "en")

    Babel(app, default_translation_directories=str(_TRANSLATIONS), locale_selector=choose)


def use_link_locale(locale: str | None) -> None:
    """From here on this request speaks the connect link's language, unless the person chose another."""
    g.link_locale = locale
    refresh()


def language() -> str:
    """``de`` or ``en``."""
    locale = get_locale()
    return locale.language if locale else "en"
