"""Reads the forms of an HTML page, so that the demo can fill them in as a browser does."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    """One form: where it goes, and what is in it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)  # radio buttons and check-boxes
    buttons: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""

    def submit(
        self, browser: requests.Session, page_url: str, extra: list[tuple[str, str]]
    ) -> requests.Response:
        """Send the form with its hidden fields and ``extra``; redirects are followed as a browser does."""
        target = urljoin(page_url, self.action)
        values = self.fields + extra
        if self.method == "get":
            return browser.get(target, params=values, timeout=30)
        return browser.post(target, data=values, headers={"Referer": page_url}, timeout=30)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None and "name" in given:
            self._add(tag, given)

    def _add(self, tag: str, given: dict[str, str]) -> None:
        if self._open is None:
            return
        pair = (given["name"], given.get("value", ""))
        kind = given.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            self._open.buttons.append(pair)
        elif tag == "input" and kind in {"radio", "checkbox"}:
            self._open.choices.append((pair[0], pair[1] or "on"))
        elif tag == "input":
            self._open.fields.append(pair)

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def forms_of(page: str) -> list[Form]:
    """The forms of a page, in their order."""
    reader = _FormReader()
    reader.feed(page)
    return reader.forms
