"""The menu of the signed-in pages."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as later

from service.access.session import Page
from service.errors import NotFoundError
from service.web.browser import Browser
from service.web.rights import Rights


@dataclass(frozen=True, slots=True)
class Item:
    """One entry.

    Attributes:
        area: what a template sets as ``area`` for its entry to be marked.
        view: the endpoint of the page, as the table of rights names it, and whose rule decides.
    """

    area: str
    view: str
    text: str

    @property
    def endpoint(self) -> str:
        """For ``url_for``."""
        return f"web.{self.view}"


MENU = (
    Item(Page.CONNECTIONS, "home", later("Connections")),
    Item(Page.MESSAGES, "messages", later("Activity")),
    Item(Page.DEVELOPERS, "developers", later("Developers")),
    Item(Page.SETTINGS, "settings", later("Settings")),
    Item("tenants", "tenants", later("Tenants")),
)
SETTINGS_MENU = (
    Item("general", "settings", later("General")),
    Item("members", "members", later("Members")),
    Item("limits", "limits", later("Limits")),
    Item("setup", "setup", later("Set-up")),
)
# Everybody else comes to it by *Add connection*.
_OF_GUESTS = Item(Page.WORKSPACE, "workspace", later("Google Workspace"))
_RULED_BY = {"home": "connect"}  # the start page is public, the mailboxes on it are not


class Menu:
    """The menu of the present request."""

    def __init__(self, browser: Browser, rights: Rights) -> None:
        self._browser = browser
        self._rights = rights

    def __call__(self) -> tuple[Item, ...]:
        """The entries that this browser may open; before a tenant is chosen, those that need none."""
        standing = self._browser.standing()
        is_guest = standing is not None and Page.WORKSPACE in (standing.pages or ())
        items = (*MENU, _OF_GUESTS) if is_guest else MENU
        shown = tuple(item for item in items if self._rights.may(_RULED_BY.get(item.view, item.view)))
        if self._browser.tenant() is None:
            return tuple(item for item in shown if item.area not in list(Page))
        return shown

    def first(self) -> str:
        """The endpoint of the first entry.

        Raises:
            NotFoundError: the session is limited to pages that there are not.
        """
        for item in self():
            return item.endpoint
        raise NotFoundError("page")

    def settings(self) -> tuple[Item, ...]:
        """The pages of the settings that this browser may open."""
        return tuple(item for item in SETTINGS_MENU if self._rights.may(item.view))
