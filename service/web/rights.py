"""Who may open which page: one table, looked at before every view."""

from dataclasses import dataclass
from enum import IntEnum

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from service.access.member import Role
from service.access.session import Page, Standing
from service.errors import NotFoundError
from service.web.browser import Browser, NotSignedInError


class Who(IntEnum):
    """Each may also do what those before it may."""

    PUBLIC = 0  # strangers, and visitors who came by a connect link
    MEMBER = 1
    ADMIN = 2
    OPERATOR = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may, and on which page; a session that is limited to other pages may not.

    Attributes:
        page: ``None`` for what belongs to no page; a limited session sees nothing of that which is not
            public.
        stays: what is made there lets somebody in for good. Whom an API key has let in may not: it would
            outlive the key.
        also: a second page that a limited session has to have as well.
    """

    who: Who
    page: Page | None = None
    stays: bool = False
    also: Page | None = None


_ROLES = {Role.MEMBER: Who.MEMBER, Role.ADMIN: Who.ADMIN, Role.OPERATOR: Who.OPERATOR}
_PUBLIC, _OWN, _OPERATOR = Rule(Who.PUBLIC), Rule(Who.MEMBER), Rule(Who.OPERATOR)
_SENDS, _SETS_UP = Rule(Who.MEMBER, Page.CONNECTIONS), Rule(Who.ADMIN, Page.CONNECTIONS)
_INVITES = Rule(Who.ADMIN, Page.CONNECTIONS, stays=True)
_WORKSPACE = Rule(Who.ADMIN, Page.WORKSPACE)
# Nobody lets others into what they do not see, and whom such a link has let in invites nobody.
_HANDS_OVER = Rule(Who.ADMIN, Page.WORKSPACE, also=Page.CONNECTIONS)
_DEVELOPS = Rule(Who.ADMIN, Page.DEVELOPERS)
_READS, _RUNS = Rule(Who.MEMBER, Page.MESSAGES), Rule(Who.ADMIN, Page.SETTINGS)
_MAKES_KEYS = Rule(Who.ADMIN, Page.DEVELOPERS, stays=True)
_LETS_IN = Rule(Who.ADMIN, Page.SETTINGS, stays=True)

RULES = {
    "static": _PUBLIC,
    "home": _PUBLIC,  # a stranger is told how to sign in, everybody else sees their first page
    "login": _PUBLIC,
    "enter": _PUBLIC,
    "sign_in": _PUBLIC,
    "logout": _PUBLIC,
    "language": _PUBLIC,
    "problems": _PUBLIC,
    "problem": _PUBLIC,
    "connect_link": _PUBLIC,
    "follow_link": _PUBLIC,
    # These belong to the browser that began the consent, signed in or not, and say so to any other.
    "callback": _PUBLIC,
    "confirm": _PUBLIC,
    "decide_consent": _PUBLIC,
    "account": _OWN,
    "switch": _OWN,
    "logout_everywhere": _OWN,
    "connect": _SENDS,
    "connection": _SENDS,
    "ask_test": _SENDS,
    "test": _SENDS,
    "tested": _SENDS,
    "pause": _SENDS,
    "resume": _SENDS,
    "ask_disconnect": _SETS_UP,
    "disconnect": _SETS_UP,
    "new_connection": _SENDS,
    "invite": _INVITES,
    "make_invitation": _INVITES,
    "rename": _SETS_UP,
    "make_default": _SETS_UP,
    "reroute": _SETS_UP,
    "new_login": _SETS_UP,
    "add_login": _SETS_UP,
    "delegations_moved": _PUBLIC,  # shows nothing, leads on
    "relay_moved": _PUBLIC,
    "wizard_link": _PUBLIC,
    "enter_wizard": _PUBLIC,
    "workspace": _WORKSPACE,
    "relay": _WORKSPACE,
    "add_relay": _WORKSPACE,
    "new_delegation": _WORKSPACE,
    "add_delegation": _WORKSPACE,
    "delegation": _WORKSPACE,
    "check_delegation": _WORKSPACE,
    "set_senders": _WORKSPACE,
    "ask_remove_delegation": _WORKSPACE,
    "remove_delegation": _WORKSPACE,
    "domains": _WORKSPACE,
    "check_domain": _WORKSPACE,
    "hand_over": _HANDS_OVER,
    "make_wizard_link": _HANDS_OVER,
    "messages": _READS,
    "message": _READS,
    "cancel": _READS,
    "resend": _READS,
    "decide": _READS,
    "ask_correction": _READS,
    "correct": _READS,
    "download": _READS,
    "developers": _DEVELOPS,
    "keys": _DEVELOPS,
    "new_key": _MAKES_KEYS,
    "create_key": _MAKES_KEYS,
    "key": _DEVELOPS,
    "roll_key": _MAKES_KEYS,
    "ask_revoke": _DEVELOPS,
    "revoke_key": _DEVELOPS,
    "settings": _RUNS,
    "save_settings": _RUNS,
    "limits": _RUNS,
    "setup": _RUNS,
    "check": _RUNS,
    "members": _RUNS,
    "add_member": _LETS_IN,
    "change_role": _LETS_IN,
    "remove_member": _RUNS,
    "tenants": _OPERATOR,
    "add_tenant": _OPERATOR,
    "look_at": _OPERATOR,
    "make_login_link": _OPERATOR,
}
"""The rule of every endpoint of the blueprint ``web``."""


class Rights:
    """Asks the table for the browser of the present request."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def may(self, endpoint: str) -> bool:
        """Whether the browser may open it; what it may not is not shown either."""
        rule = RULES[endpoint]
        if rule.who is Who.PUBLIC:
            return True
        standing = self._browser.standing()
        return standing is not None and _covers(standing, rule)

    def check(self) -> Response | None:
        """Let the request pass; an operator who has not chosen a tenant is asked to do so first.

        Raises:
            NotSignedInError: nobody is signed in, and somebody must be.
            NotFoundError: the role or the session's limits do not reach there: the same as for what there
                is not.
        """
        rule = RULES[(request.endpoint or "").removeprefix("web.")]
        if rule.who is Who.PUBLIC:
            return None
        standing = self._browser.standing()
        if standing is None:
            raise NotSignedInError
        if not _covers(standing, rule):
            raise NotFoundError("page")
        if rule.page is not None and standing.tenant_id is None:
            return redirect(url_for("web.tenants"), 303)
        return None


def _covers(standing: Standing, rule: Rule) -> bool:
    pages = standing.pages
    is_shown = pages is None or (rule.page in pages and rule.also in {None, *pages})
    if rule.stays and standing.key_id is not None:
        return False
    return is_shown and _ROLES[standing.role] >= rule.who
