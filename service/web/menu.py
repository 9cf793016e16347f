"""The menu of the signed-in pages."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as later


@dataclass(frozen=True, slots=True)
class Item:
    """One entry.

    Attributes:
        area: what a template sets as ``area`` for its entry to be marked.
    """

    area: str
    endpoint: str
    text: str


MENU = (
    Item("connections", "web.home", later("Connections")),
    Item("messages", "web.messages", later("Activity")),
)


def menu() -> tuple[Item, ...]:
    """The entries that are shown."""
    return MENU
