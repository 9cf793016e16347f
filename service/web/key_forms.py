"""What a person chose for an API key becomes a ``NewKey``."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as later
from werkzeug.datastructures import MultiDict

from service.access.api_key import Right
from service.access.keys import MAX_NAME, NewKey
from service.errors import InvalidRequestError, Problem
from service.identifiers import new_id
from service.mail.rules import RuleError, check_line

RIGHTS = {
    "send": (frozenset({Right.SEND}), later("Send only")),
    "read": (frozenset({Right.SEND, Right.READ}), later("Send and read")),
    "full": (frozenset(Right), later("Everything, also connections")),
}
LIFETIMES = {"90": later("90 days"), "365": later("1 year"), "never": later("Never")}
OVERLAPS = {
    "0": later("not at all: it ends now"),
    "1": later("1 hour"),
    "24": later("24 hours"),
    "168": later("7 days"),
}
_KEY_ID = re.compile(r"key_[0-9a-z]{26}\Z")


def kept(form: MultiDict[str, str] | dict[str, str]) -> dict[str, str]:
    """What is shown again after a refusal."""
    defaults = {"name": "", "rights": "send", "lifetime": "365"}
    return {name: form.get(name, default).strip() for name, default in defaults.items()}


def key_id_of(form: MultiDict[str, str]) -> str:
    """The id that the form brings along, so that a page which is loaded again makes no second key."""
    found = form.get("key_id", "")
    return found if _KEY_ID.match(found) else new_id("key")


def read_key(tenant_id: str, form: MultiDict[str, str], connection_ids: frozenset[str]) -> NewKey:
    """The key that was chosen; no connection ticked means all.

    Raises:
        InvalidRequestError: with every faulty field.
    """
    typed, ticked = kept(form), frozenset(form.getlist("connection"))
    faults = list(_faults(typed, ticked, connection_ids))
    if faults:
        raise InvalidRequestError(*faults)
    lifetime = None if typed["lifetime"] == "never" else timedelta(days=int(typed["lifetime"]))
    rights, _ = RIGHTS[typed["rights"]]
    return NewKey(key_id_of(form), tenant_id, typed["name"], rights, ticked or None, lifetime)


def rights_word(rights: frozenset[Right]) -> str:
    """The rights as one word; of a mixture that no form offers, its parts."""
    for known, word in RIGHTS.values():
        if known == rights:
            return str(word)
    return ", ".join(sorted(rights))


def _faults(
    typed: dict[str, str], ticked: frozenset[str], connection_ids: frozenset[str]
) -> Iterator[Problem]:
    if not typed["name"]:
        yield _fault("name", "required")
    try:
        check_line(typed["name"], MAX_NAME, "The name")
    except RuleError as error:
        yield _fault("name", error.code)
    choices: dict[str, dict[str, Any]] = {"rights": RIGHTS, "lifetime": LIFETIMES}
    for name, offered in choices.items():
        if typed[name] not in offered:
            yield _fault(name, "invalid-choice")
    if not ticked <= connection_ids:
        yield _fault("connection", "invalid-choice")


def _fault(field: str, code: str) -> Problem:
    return Problem(f"/{field}", code, "")
