"""The part of Gmail's search language that programs use to look for a sent mail."""

import shlex
from datetime import UTC, datetime

from service.sandbox.post import SENT, Mail

_FIELDS = frozenset({"from", "to", "cc", "bcc", "subject"})


class QueryError(ValueError):
    """The query cannot be read."""


def matches(mail: Mail, query: str) -> bool:
    """Whether a mail fits every word of a query.

    Knows ``in:`` ``from:`` ``to:`` ``cc:`` ``bcc:`` ``subject:`` ``after:`` ``before:`` ``rfc822msgid:``;
    other words are looked for in the subject.

    Raises:
        QueryError: an open quotation mark, or a date that is none.
    """
    if not query:
        return True
    try:
        words = shlex.split(query)
        return all(_fits(mail, word) for word in words)
    except ValueError as error:
        raise QueryError(str(error)) from error


def _fits(mail: Mail, word: str) -> bool:
    operator, colon, wanted = word.partition(":")
    wanted = wanted.lower()
    if not colon:
        return word.lower() in mail.letter.field("subject").lower()
    if operator in _FIELDS:
        return wanted in mail.letter.field(operator).lower()
    if operator == "in":
        return wanted in {"anywhere", "sent" if mail.label == SENT else "inbox"}
    if operator == "rfc822msgid":
        return mail.letter.field("message-id").strip("<>").lower() == wanted.strip("<>")
    if operator in {"after", "before"}:
        return (mail.at >= _moment(wanted)) == (operator == "after")
    return False


def _moment(text: str) -> datetime:
    """Epoch seconds, or a day such as 2026/11/23."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    return datetime.strptime(text.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=UTC)
