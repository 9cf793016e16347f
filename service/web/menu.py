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
    Item("developers", "web.developers", later("Developers")),
    Item("settings", "web.settings", later("Settings")),
)

SETTINGS_MENU = (
    Item("general", "web.settings", later("General")),
    Item("limits", "web.limits", later("Limits")),
    Item("setup", "web.setup", later("Set-up")),
)


def menu() -> tuple[Item, ...]:
    """The entries that are shown."""
    return MENU


def settings_menu() -> tuple[Item, ...]:
    """The pages of the settings."""
    return SETTINGS_MENU
