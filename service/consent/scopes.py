"""The rights that an owner can give, and what each is good for.

Source: https://developers.google.com/workspace/gmail/api/auth/scopes (2026-09).
"""

from collections.abc import Iterable

from service.connections.way import WayKind

_AUTH = "https://www.googleapis.com/auth/"

OPENID = "openid"
EMAIL = f"{_AUTH}userinfo.email"
PROFILE = f"{_AUTH}userinfo.profile"
SEND = f"{_AUTH}gmail.send"
COMPOSE = f"{_AUTH}gmail.compose"
MODIFY = f"{_AUTH}gmail.modify"
READONLY = f"{_AUTH}gmail.readonly"
MAIL = "https://mail.google.com/"

SENDING = frozenset({OPENID, EMAIL, SEND})
"""What *Connect Google account* asks for: who you are, and to send as you."""

METADATA = frozenset({f"{_AUTH}gmail.metadata"})
"""The next step of the ladder: to look into *Sent* when an answer was lost."""

SETTINGS = frozenset({f"{_AUTH}gmail.settings.basic"})
"""Another step: to read the verified other addresses of the mailbox."""

SMTP = frozenset({MAIL})
"""The expert's step: everything, and with it SMTP by XOAUTH2."""

_MAY_SEND = frozenset({SEND, COMPOSE, MODIFY, MAIL})
_MAY_READ_ALIASES = SETTINGS | {READONLY, MODIFY, MAIL}
LOOKING = METADATA | {READONLY, MODIFY, MAIL}
"""Each of these opens ``messages.list`` and ``messages.get``."""

_MAY_SEARCH = LOOKING - METADATA  # Google refuses `q` with gmail.metadata alone

# Google answers the short names of OpenID Connect by their long ones.
_LONG = {"email": EMAIL, "profile": PROFILE}


def normalise(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes as a set of Google's full names, so that sets compare."""
    return frozenset(_LONG.get(scope, scope) for scope in scopes)


def may_send(granted: frozenset[str]) -> bool:
    """Whether ``messages.send`` is allowed."""
    return not _MAY_SEND.isdisjoint(granted)


def may_look_into_sent(granted: frozenset[str]) -> bool:
    """Whether ``messages.list`` and ``messages.get`` are allowed."""
    return not LOOKING.isdisjoint(granted)


def may_search(granted: frozenset[str]) -> bool:
    """Whether ``messages.list`` takes a query."""
    return not _MAY_SEARCH.isdisjoint(granted)


def may_read_aliases(granted: frozenset[str]) -> bool:
    """Whether ``settings.sendAs.list`` is allowed."""
    return not _MAY_READ_ALIASES.isdisjoint(granted)


def ways(granted: frozenset[str]) -> tuple[WayKind, ...]:
    """The ways that a grant opens, the better one first: SMTP gives no id that could be looked up."""
    if MAIL in granted:
        return (WayKind.GMAIL_API, WayKind.XOAUTH2)
    return (WayKind.GMAIL_API,)


def delegated_ways(granted: frozenset[str]) -> tuple[WayKind, ...]:
    """The ways that a delegation opens, the better one first, as ``ways`` does it for a grant."""
    if MAIL in granted:
        return (WayKind.DELEGATION, WayKind.DELEGATION_XOAUTH2)
    return (WayKind.DELEGATION,)
