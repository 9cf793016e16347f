"""When a mail will probably leave, from its mailbox's row and from how many stand before it.

Those are counted by the index of what is open, and not beyond ``AHEAD_COUNTED``: no look at a mail may cost
more because many wait.
"""

from dataclasses import dataclass
from datetime import datetime

from service.connections.connection import AccountKind, ConnectionStatus
from service.outbox.pace import AHEAD_COUNTED, DAY_MS, Outlook, Pace, forecast_ms
from service.storage.instants import to_instant, to_ms
from service.storage.statement import Row

FACTS = """c.account_kind, c.paced_until, c.counted_messages, c.left_messages, c.counted_at"""


def ahead(mailbox: str, available_at: str) -> str:
    """The expression for how many open mails are due no later than one, itself among them."""
    return f"""(SELECT count(*) FROM (SELECT 1 AS one FROM messages AS other
        WHERE other.connection_id = {mailbox} AND other.state IN ('queued', 'deferred')
        AND other.available_at <= {available_at} LIMIT {AHEAD_COUNTED + 1}) AS before_it)"""  # noqa: S608, no value in it


AHEAD = ahead("m.connection_id", "m.available_at")


@dataclass(frozen=True, slots=True)
class Look:
    """When somebody looks at entries, and the limits that hold then."""

    now: datetime
    pace: Pace


def expected_at(look: Look, mailbox: Row, due_ms: int, place: int) -> datetime | None:
    """When the mail at this place (from 1) of a mailbox leaves; ``None`` when that needs a person."""
    if mailbox.status != ConnectionStatus.CONNECTED:
        return None
    outlook = Outlook(
        due_ms=due_ms,
        ahead=place - 1,
        held_until_ms=mailbox.held_until,
        paced_until_ms=mailbox.paced_until,
        used=mailbox.counted_messages - mailbox.left_messages,
        used_until_ms=(mailbox.counted_at or 0) + DAY_MS,
    )
    kind = AccountKind(mailbox.account_kind)
    return to_instant(forecast_ms(look.pace, kind, outlook, to_ms(look.now)))
