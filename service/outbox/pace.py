"""How fast a mailbox may send: Google's limits, counted by us before Google has to refuse.

Limits of a day count over a rolling 24 h and belong to the kind of account; the pace of the Gmail API counts
by the minute. What is counted is what Google may have taken: sent mail and uncertain mail.
Source: https://knowledge.workspace.google.com/admin/gmail/gmail-sending-limits-in-google-workspace,
https://support.google.com/mail/answer/22839, https://developers.google.com/workspace/gmail/api/reference/quota
(2026-11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from service.connections.connection import AccountKind
from service.settings import Settings

DAY_MS = 86_400_000
MINUTE_MS = 60_000
LONGEST_PROBE_S = 86_400.0
AHEAD_COUNTED = 250
_BURST = 5


class Amount(NamedTuple):
    """Messages, their recipients, and those of them outside the sender's own domain."""

    messages: int = 0
    recipients: int = 0
    external: int = 0

    def plus(self, other: "Amount") -> "Amount":
        """Both together."""
        return Amount(
            self.messages + other.messages,
            self.recipients + other.recipients,
            self.external + other.external,
        )

    def minus(self, other: "Amount") -> "Amount":
        """What is left without the other."""
        return Amount(*(one - less for one, less in zip(self, other, strict=True)))


class DayLimit(NamedTuple):
    """What one mailbox may send in 24 h; 0 means no limit."""

    messages: int = 0
    recipients: int = 0
    external: int = 0

    def fits(self, used: Amount) -> bool:
        """Whether that much may be sent."""
        return all(not limit or amount <= limit for limit, amount in zip(self, used, strict=True))

    def excess(self, used: Amount) -> Amount:
        """How much of it has to be older than 24 h before ``used`` fits."""
        return Amount(
            *(max(0, amount - limit) if limit else 0 for limit, amount in zip(self, used, strict=True))
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of this installation.

    Attributes:
        days: by kind of account; a kind that is not named has no limit.
        api_sends_a_minute: by the Gmail API, for one mailbox, in any 60 s; 0 means no limit.
        most_recipients: that one message can have.
    """

    days: Mapping[AccountKind, DayLimit] = field(default_factory=dict)
    api_sends_a_minute: int = 0
    most_recipients: int = 2000

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the operator has set them."""
        return cls(
            {
                AccountKind.CONSUMER: DayLimit(
                    settings.limit_consumer_messages, settings.limit_consumer_recipients
                ),
                AccountKind.WORKSPACE: DayLimit(
                    settings.limit_workspace_messages,
                    settings.limit_workspace_recipients,
                    settings.limit_workspace_external_recipients,
                ),
                AccountKind.RELAY: DayLimit(settings.limit_relay_messages, settings.limit_relay_recipients),
                AccountKind.OTHER: DayLimit(settings.limit_other_messages),
            },
            settings.api_sends_a_minute,
            settings.max_recipients,
        )

    def day(self, kind: AccountKind) -> DayLimit:
        """The limit of 24 h of this kind of account."""
        return self.days.get(kind, DayLimit())

    @property
    def burst(self) -> int:
        """How many may leave at once after a rest."""
        return max(1, min(_BURST, self.api_sends_a_minute // 2))

    @property
    def interval_ms(self) -> int:
        """Between two sends after the burst, so that burst and the rest of a minute stay in the limit."""
        if not self.api_sends_a_minute:
            return 0
        return -(-MINUTE_MS // (self.api_sends_a_minute - self.burst + 1))

    def tokens(self, paced_until_ms: int | None, now_ms: int) -> int:
        """How many may leave by the Gmail API now (GCRA); ``paced_until_ms`` is when the next one may."""
        rest_ms = now_ms - (paced_until_ms if paced_until_ms is not None else 0)
        if rest_ms < 0:
            return 0
        return min(self.burst, rest_ms // self.interval_ms + 1)

    def paced_until_ms(self, paced_until_ms: int | None, now_ms: int, taken: int) -> int:
        """When the next one may leave by the Gmail API, after ``taken`` left now."""
        full_ms = now_ms - (self.burst - 1) * self.interval_ms
        return max(paced_until_ms or 0, full_ms) + taken * self.interval_ms

    def minutes_wait_ms(self, paced_until_ms: int | None, now_ms: int, ahead: int) -> int:
        """How long one has to wait behind so many others; none, where nothing ever left by the Gmail API."""
        if not self.api_sends_a_minute or paced_until_ms is None:
            return 0
        return max(0, self.paced_until_ms(paced_until_ms, now_ms, ahead) - now_ms)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of a mailbox when somebody asks when a mail of it leaves. Instants in ms.

    Attributes:
        ahead: how many open mails leave before it; counted up to ``AHEAD_COUNTED``.
        used: messages of the last 24 h, or a few more.
        used_until_ms: when the last of them is 24 h old.
    """

    due_ms: int
    ahead: int
    held_until_ms: int | None
    paced_until_ms: int | None
    used: int
    used_until_ms: int


def forecast_ms(pace: Pace, kind: AccountKind, outlook: Outlook, now_ms: int) -> int:
    """When a mail will leave, if all goes well.

    Exact to seconds while the mails ahead fit into the limit of the day, beyond it to within a day: places
    get free as they were taken. Only messages are reckoned, not recipients. Behind more than
    ``AHEAD_COUNTED`` mails it is the earliest instant.
    """
    begin_ms = max(now_ms, outlook.due_ms, outlook.held_until_ms or 0)
    limit = pace.day(kind).messages
    used = outlook.used if outlook.used_until_ms > begin_ms else 0
    if not limit or outlook.ahead + used < limit:
        return begin_ms + pace.minutes_wait_ms(outlook.paced_until_ms, begin_ms, outlook.ahead)
    days, ahead = divmod(outlook.ahead - max(0, limit - used), limit)
    # A hold at the limit ends when the first place gets free; else they are free when all is a day old.
    if used < limit or begin_ms == now_ms:
        begin_ms = max(begin_ms, outlook.used_until_ms) if used else begin_ms + DAY_MS
    begin_ms += days * DAY_MS
    return begin_ms + pace.minutes_wait_ms(outlook.paced_until_ms, begin_ms, ahead)


def weigh(sender: str, recipients: Sequence[str]) -> Amount:
    """What one message to these addresses counts.

    External is who is not in the domain of From: Google knows the company's other domains, we do not.
    """
    own = _domain(sender)
    return Amount(1, len(recipients), sum(_domain(address) != own for address in recipients))


def probe_wait_s(first_s: float, probes: int) -> float:
    """How long to wait after a limit that named no time, met for the ``probes``-th time in a row.

    1, 2, 4, 8, 16 and at most 24 hours, where the first wait is one hour.
    """
    return min(first_s * 2.0 ** min(probes - 1, 10), LONGEST_PROBE_S)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
