"""Walks over the pages, one for each area: each opens one page after another and says its name."""

from collections.abc import Callable, Iterator

from playwright.sync_api import Page

from tests.browser.street import Street
from tests.browser.walks.busy import walk_busy
from tests.browser.walks.connections import walk_connections
from tests.browser.walks.consent import walk_consent
from tests.browser.walks.delegation import walk_delegation, walk_workspace
from tests.browser.walks.entrance import walk_entrance
from tests.browser.walks.messages import walk_messages
from tests.browser.walks.operating import walk_developers, walk_settings, walk_setup
from tests.browser.walks.people import walk_people, walk_tenants
from tests.browser.walks.set_ups import walk_set_ups
from tests.browser.walks.trials import walk_trials

Walk = Callable[[Street, Page], Iterator[str]]

WALKS: tuple[Walk, ...] = (
    walk_entrance,
    walk_connections,
    walk_trials,
    walk_messages,
    walk_consent,
    walk_set_ups,
    walk_busy,
    walk_delegation,
    walk_workspace,
    walk_people,
    walk_tenants,
    walk_setup,
    walk_developers,
    walk_settings,
)
