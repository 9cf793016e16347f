"""Where *Try again* leads after a consent that did not come about.

The attempt's own row is gone by then, so the browser keeps a note of how it began.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import url_for

from service.web.browser import Browser

_NOTE = "attempt"
_LIFETIME = timedelta(minutes=30)
_LINK, _CONNECTION, _NEW, _SIGN_IN = "link:", "connection:", "new", "sign-in"


@dataclass(frozen=True, slots=True)
class Again:
    """One way to begin again.

    Attributes:
        address: a page to open; ``None`` when a form posts.
        link: the secret of the connect link that the form posts to; ``None`` when it posts to *connect*.
        connection_id: of a reconnect.
    """

    address: str | None = None
    link: str | None = None
    connection_id: str | None = None


class Retrial:
    """Remembers how the consent of this browser began."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def from_link(self, secret: str) -> None:
        """It began with a connect link."""
        self._browser.leave(_NOTE, f"{_LINK}{secret}", _LIFETIME)

    def from_page(self, connection_id: str | None) -> None:
        """It began on the tenant's page."""
        self._browser.leave(_NOTE, f"{_CONNECTION}{connection_id}" if connection_id else _NEW, _LIFETIME)

    def from_sign_in(self) -> None:
        """It began with *Sign in with Google*."""
        self._browser.leave(_NOTE, _SIGN_IN, _LIFETIME)

    def done(self) -> None:
        """It came about."""
        self._browser.leave(_NOTE, None)

    def wanted(self) -> Again | None:
        """How to begin again; ``None`` when this browser never began."""
        note = self._browser.note(_NOTE) or ""
        if note.startswith(_LINK):
            return Again(link=note.removeprefix(_LINK))
        if note == _SIGN_IN:
            return Again(address=url_for("web.home"))
        if self._browser.tenant() is None:
            return None
        return Again(connection_id=note.removeprefix(_CONNECTION) if note.startswith(_CONNECTION) else None)
