"""Which messages a list shows."""

from dataclasses import dataclass
from datetime import datetime

from service.outbox.entry import State


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages a list shows; ``None`` means any.

    Attributes:
        search: words that all stand in the recipients, the subject or the reference, as parts of theirs,
            in any order, case-insensitive; the first eight.
        errors_only: what needs a person to look: failed, given up, unclear, or refused for a recipient.
        before: an entry id; only older ones are listed (the cursor of the next page).
    """

    state: State | None = None
    connection_id: str | None = None
    reference: str | None = None
    search: str | None = None
    errors_only: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None
