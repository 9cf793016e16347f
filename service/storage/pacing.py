"""How much of a due mailbox may leave now: its slots, a probe after a limit, its minute and its day."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from service.connections.connection import AccountKind
from service.connections.way import WayKind
from service.outbox.pace import Amount, DayLimit, Pace
from service.outbox.verdict import Hold
from service.storage import effects, ledger, ways
from service.storage.instants import to_instant
from service.storage.statement import Row, Statement

QUOTA_REACHED = "quota-reached"
_TIDY_MS = 3_600_000  # how often the ledger of a mailbox far from its limit forgets
_NEWS = timedelta(minutes=10)
_CLOCKS_MS = 1000  # what may lie between the clocks of two workers
_API_WAYS = {WayKind.GMAIL_API, WayKind.DELEGATION}

_FLYING = Statement(
    """SELECT count(*) AS messages, COALESCE(sum(recipient_count), 0) AS recipients,
    COALESCE(sum(external_count), 0) AS external
    FROM messages WHERE connection_id = :connection_id AND state = 'sending'"""
)


@dataclass(slots=True)
class Mailbox:
    """A due mailbox: its locked row, how many of its mails fly, its oldest due mail, and its ways."""

    row: Row
    in_flight: int = 0
    due: list[tuple[str, Amount]] = field(default_factory=list)
    ways: list[Row] = field(default_factory=list)

    def sends_by_api(self, now_ms: int) -> bool:
        """Whether its next mail counts for the minute of the Gmail API."""
        way, _, _ = ways.choose(self.ways, now_ms, by_envelope=False)
        return way.kind in _API_WAYS


@dataclass(frozen=True, slots=True)
class Share:
    """What a mailbox may send now.

    Attributes:
        is_full: nothing more until a result is there.
        paced_until_ms: when the Gmail API takes the next one; ``None`` where it never limited.
    """

    entry_ids: list[str]
    is_full: bool
    paced_until_ms: int | None


def share(
    connection: Connection, pace: Pace, mailbox: Mailbox, now_ms: int, *, slots: int, limit: int
) -> Share:
    """The oldest mails that may leave. Where none may, the mailbox is no longer due when this returns."""
    row = mailbox.row
    if (row.counted_at or 0) > now_ms + _CLOCKS_MS:
        ledger.pull_back(connection, row, now_ms)
    slots = min(slots, 1) if row.probes else slots  # one mail finds out whether a limit is over
    wanted = mailbox.due[: max(0, min(slots - mailbox.in_flight, limit))]
    is_paced = pace.api_sends_a_minute > 0 and mailbox.sends_by_api(now_ms)
    if is_paced:
        wanted = wanted[: pace.tokens(row.paced_until, now_ms)]
    taken = _fitting(connection, pace, mailbox, wanted, now_ms) if wanted else 0
    flying = mailbox.in_flight + taken
    return Share(
        [entry_id for entry_id, _ in wanted[:taken]],
        is_full=flying >= slots or (taken < len(wanted) and flying > 0),
        paced_until_ms=pace.paced_until_ms(row.paced_until, now_ms, taken) if is_paced else row.paced_until,
    )


def _fitting(
    connection: Connection, pace: Pace, mailbox: Mailbox, wanted: list[tuple[str, Amount]], now_ms: int
) -> int:
    """How many of these fit into the limits of 24 h, in their order."""
    day = pace.day(AccountKind(mailbox.row.account_kind))
    amounts = [amount for _, amount in wanted]
    used = ledger.at_most(mailbox.row)
    flying = mailbox.in_flight * pace.most_recipients
    most = used.plus(Amount(mailbox.in_flight, flying, flying)).plus(_sum(amounts))
    if day.fits(most):
        if used.messages and (mailbox.row.left_at or 0) <= now_ms - _TIDY_MS:
            ledger.exactly(connection, mailbox.row, now_ms)
        return len(wanted)
    used = ledger.exactly(connection, mailbox.row, now_ms)
    in_flight = Amount(*_FLYING.all(connection, connection_id=mailbox.row.id)[0])
    fits = _prefix(day, used.plus(in_flight), amounts)
    if not fits and not mailbox.in_flight:
        _hold(connection, mailbox.row, day.excess(used.plus(amounts[0])), used, now_ms)
    return fits


def _prefix(day: DayLimit, used: Amount, amounts: list[Amount]) -> int:
    for place, amount in enumerate(amounts):
        before, used = used, used.plus(amount)
        # A mail that is larger than the whole limit goes alone: Google decides on it.
        if before.messages and not day.fits(used):
            return place
    return len(amounts)


def _sum(amounts: list[Amount]) -> Amount:
    total = Amount()
    for amount in amounts:
        total = total.plus(amount)
    return total


def _hold(connection: Connection, row: Row, excess: Amount, used: Amount, now_ms: int) -> None:
    until = to_instant(ledger.free_at_ms(connection, row, used, excess, now_ms))
    # Where a place gets free every few minutes, only the first pause is news.
    is_news = until - to_instant(now_ms) >= _NEWS
    effects.hold(connection, row, Hold(until, QUOTA_REACHED), now_ms, is_news=is_news)
