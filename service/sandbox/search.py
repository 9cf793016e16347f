"""The part of Gmail's search language that programs use to look for a sent mail."""

import shlex
from collections.abc import Callable
from datetime import UTC, datetime

from service.sandbox.post import SENT, Mail

_FIELDS = frozenset({"from", "to", "cc", "bcc", "subject"})


class QueryError(ValueError):
    """The query cannot be read."""


def parse(query: str) -> Callable[[Mail], bool]:
    """Read a query: what comes back tells whether a mail fits every word.

    Knows ``in:`` ``from:`` ``to:`` ``cc:`` ``bcc:`` ``subject:`` ``after:`` ``before:`` ``rfc822msgid:``;
    other words are looked for in the subject.

    Raises:
        QueryError: an open quotation mark, or a date that is none.
    """
    if not query:
        return lambda _mail: True
    try:
        rules = [_rule(word) for word in shlex.split(query)]
    except ValueError as error:
        raise QueryError(str(error)) from error
    return lambda mail: all(rule(mail) for rule in rules)


def _rule(word: str) -> Callable[[Mail], bool]:
    operator, colon, wanted = word.lower().partition(":")
    if not colon:
        return lambda mail: operator in mail.subject.lower()
    if operator in _FIELDS:
        return lambda mail: wanted in mail.letter.field(operator).lower()
    if operator == "in":
        return lambda mail: wanted in {"anywhere", "sent" if mail.label == SENT else "inbox"}
    if operator == "rfc822msgid":
        return lambda mail: mail.letter.field("message-id").strip("<>").lower() == wanted.strip("<>")
    if operator in {"after", "before"}:
        moment = _moment(wanted)
        return lambda mail: (mail.at >= moment) == (operator == "after")
    return lambda _mail: False


def _moment(text: str) -> datetime:
    """Epoch seconds, or a day such as 2026/11/23."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    return datetime.strptime(text.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=UTC)
