"""The rights that an owner can give, and what each is good for.

Source: https://developers.google.com/workspace/gmail/api/auth/scopes (2026-09).
"""

from collections.abc import Iterable

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

_MAY_SEND = frozenset({SEND, COMPOSE, MODIFY, MAIL})
_MAY_LOOK = METADATA | {READONLY, MODIFY, MAIL}

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
    return not _MAY_LOOK.isdisjoint(granted)
