"""What this room needs from outside: a store that keeps what is owed, and a transport that sends it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.connections.connection import Connection
from service.connections.way import Way
from service.mail.address import Address
from service.outbox.entry import Attempt, Entry, Event
from service.outbox.listing import MessageFilter
from service.outbox.verdict import Receipt, Verdict


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry that one worker has leased.

    Attributes:
        way: the first way of the route that works, as far as anybody knows.
        has_next_way: whether the route has another one that is not known to be out of order.
        is_rest: whether others have got the mail already; then it may go by envelope only.
        way_has_failed: whether the last try by this way did not work; a success is then news.
        attempt: the number of the try that now begins, from 1.
        tries: how many earlier tries count for the retry schedule.
        fence: grows with every claim; a worker with an old number may no longer write.
        recipients: those who have not got the mail yet.
        bcc: those of them whom the stored bytes do not name.
        size_bytes: of the stored bytes.
    """

    entry_id: str
    tenant_id: str
    connection_id: str
    way: Way
    address: str
    sender: Address
    recipients: tuple[Address, ...]
    bcc: tuple[Address, ...]
    size_bytes: int
    attempt: int
    tries: int
    fence: int
    created_at: datetime
    give_up_at: datetime
    has_next_way: bool = False
    way_has_failed: bool = False
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer of ``accept``: the kept entry, and whether an earlier request had brought it."""

    entry: Entry
    replayed: bool


class Accept(Protocol):
    """Keeps a mail as ``OutboxStore.accept`` does, which is one."""

    def __call__(
        self, entry: Entry, content: Iterable[bytes], /, *, idempotency_key: str, fingerprint: str
    ) -> Accepted:
        """Keep it, on disk before this returns."""


@dataclass(frozen=True, slots=True)
class Correction:
    """That a new entry carries the content of an earlier one to other recipients.

    Attributes:
        entry_id: the earlier one, of the same tenant and mailbox.
        force: also when the earlier one was, or may have been, sent.
    """

    entry_id: str
    force: bool


class OutboxStore(Protocol):
    """Keeps entries. One contract suite runs over every adapter."""

    def accept(
        self,
        entry: Entry,
        content: Iterable[bytes],
        *,
        idempotency_key: str,
        fingerprint: str,
        actor: str | None = None,
        corrects: Correction | None = None,
        connection: Connection | None = None,
    ) -> Accepted:
        """Keep a new entry, its sealed content, its idempotency record and the event ``message.queued``.

        All in one transaction that is on disk before this returns. ``content`` is the composed mail, as it
        goes out or in ``mail.frames``, in pieces of any length; it is never held whole. The same key with
        the same fingerprint answers the first entry and keeps nothing. The kept entry says when it will
        leave. The event names the ``actor``; ``None`` is the service. With ``corrects`` both timelines name
        the other. ``connection`` is what the entry was checked against. Instants are whole milliseconds.

        Raises:
            IdempotencyKeyReusedError: the key was used with another fingerprint.
            PreconditionFailedError: ``connection`` has changed since.
            NotFoundError, AlreadySentError, TooLateError: as ``resend`` of the entry that it corrects.
            StorageUnavailableError, StorageFullError: nothing was kept.
        """

    def find_by_key(self, tenant_id: str, idempotency_key: str, fingerprint: str | None) -> Entry | None:
        """The entry of a key, or ``None``. Raises as ``accept``, but without a ``fingerprint`` to look at."""

    def get(self, tenant_id: str, entry_id: str) -> Entry:
        """One entry. Raises ``NotFoundError``: unknown, or of another tenant."""

    def search(self, tenant_id: str, wanted: MessageFilter, limit: int) -> list[Entry]:
        """Entries, newest first, at most ``limit``."""

    def waiting(self, tenant_id: str, now: datetime) -> dict[str, int]:
        """How many mails of each connection ought to have left by now, by connection id; no zeros.

        What is scheduled for later is not among them, what is on its way neither.
        """

    def timeline(self, tenant_id: str, entry_id: str) -> tuple[list[Event], list[Attempt]]:
        """What happened to an entry, oldest first. Raises as ``get``."""

    def content(self, tenant_id: str, entry_id: str) -> Iterator[bytes]:
        """The composed mail as it goes out, opened chunk by chunk (1 MiB), read as it is consumed.

        Raises:
            ContentDeletedError: it was kept for its time.
            SealError: it cannot be opened.
        """

    def claim(
        self, owner: str, now: datetime, *, limit: int, per_mailbox: int, lease_s: float
    ) -> list[Claim]:
        """Lease due entries: the mailboxes longest due first, of each the oldest entries.

        At most ``limit`` in all, and never more than ``per_mailbox`` of one mailbox in flight. Only
        connected mailboxes that nothing holds, within their limits of a day and of a minute
        (`outbox.pace`): what was sent or is uncertain counts for 24 h, and so does what is in flight. One
        that is at its limit is held until there is place. After a limit that the server met, one mail
        leaves alone until one was taken. The cost does not grow with the backlog.
        """

    def hand_over(self, claim: Claim, at: datetime, lease_s: float) -> None:
        """Note, on disk, that the last byte is about to leave.

        Raises:
            LeaseLostError: nothing may be sent: another worker owns the entry, or its mailbox is no longer
                connected or has lost the claim's way, and the entry was put back without a try.
        """

    def record(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> bool:
        """Write a try and what follows from it, with its event, in one transaction.

        What is certain is also written over an ``uncertain`` of the same fence; ``sent`` also when that was
        queued again and not claimed yet.
        Returns ``False`` when the claim is no longer ours and nothing was written.
        """

    def begin_record(self, claim: Claim, attempt: Attempt, verdict: Verdict) -> Callable[[], bool]:
        """Give to be written what ``record`` writes; what comes back waits for the disk and answers.

        A hand-over noted after this is never on disk without it, unless that fails. Raises as ``record``.
        """

    def renew_leases(self, owner: str, entry_ids: Collection[str], until: datetime) -> None:
        """Keep what this worker has in flight, and nothing else of its own; a lease only grows."""

    def release(self, owner: str, now: datetime) -> None:
        """Give back what this worker has leased and never handed over: it is ``queued`` again at once."""

    def reap(self, now: datetime) -> int:
        """Settle entries whose lease ran out: not handed over → ``queued``; handed over → ``uncertain``."""

    def expire(self, now: datetime) -> int:
        """Give up on open entries past their time; says how many, each with an event."""

    def next_due_at(self) -> datetime | None:
        """When the next mailbox has something to do; may be past, ``None`` when nothing is owed."""

    def cancel(self, tenant_id: str, entry_id: str, at: datetime, actor: str) -> Entry:
        """Withdraw an open entry. Raises as ``get``, and ``TooLateError``."""

    def resend(self, tenant_id: str, entry_id: str, at: datetime, actor: str, *, force: bool) -> Entry:
        """Queue the same bytes again, same id, with a fresh give-up time of 5 days.

        When it was sent before and this ends cancelled, refused or expired, it is ``sent`` as before.

        Raises:
            NotFoundError: as ``get``.
            AlreadySentError: a try was sent or is unclear, the last or an earlier one, and ``force`` is
                not set.
            TooLateError: it is still open or on its way.
            ContentDeletedError: the bytes are not kept any more.
        """

    def decide(self, tenant_id: str, entry_id: str, at: datetime, actor: str, *, sent: bool) -> Entry:
        """A person settles it: it was ``sent``, or shall be sent again. Raises ``NotUncertainError``."""

    def uncertain(self, now: datetime, limit: int) -> list["Unclear"]:
        """Unclear entries that are worth a look now, the longest not looked for first.

        Those whose connection may look into *Sent* and whose last way leaves a copy there: never those by a
        relay or by another server. A minute lies between two looks for one entry, later a quarter of the
        time since its hand-over; after a day there are none. At most four of one mailbox come at once.
        """

    def looked(
        self, entry_id: str, fence: int, at: datetime, receipt: str | None, *, has_answered: bool = True
    ) -> None:
        """Note a look into *Sent*; a found receipt settles the entry as ``sent``, with an event.

        The receipt of an earlier try settles nothing: a message that was sent again has two copies.
        ``has_answered`` is false when the look itself failed; it is no evidence then.
        """

    def resend_unclear(self, now: datetime, limit: int) -> int:
        """Queue again, with the actor ``rule``, what tenants with the rule ``resend`` want queued again.

        That is an entry whose hand-over is 15 minutes past, and which three looks did not find. Where no
        look is allowed, or none has answered for a day, it is not waited for. An entry that became unclear
        a fourth time is left to a person. Says how many there were.
        """


@dataclass(frozen=True, slots=True)
class Unclear:
    """An entry that nobody can be sure of, and the grant that may look for it.

    Attributes:
        message_id: to search for; ``None`` where it was replaced, may not be searched for, or is not known.
    """

    entry_id: str
    tenant_id: str
    connection_id: str
    credential_id: str
    fence: int
    handed_over_at: datetime
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a transport needs to send one mail.

    Attributes:
        open: begins to read the ``size_bytes`` stored bytes, from the first one each time it is called.
    """

    claim: Claim
    open: Callable[[], Iterator[bytes]]
    size_bytes: int


class Transport(Protocol):
    """Sends one mail, once. It never repeats a body whose fate is unknown."""

    def send(self, outgoing: Outgoing, hand_over: Callable[[], None]) -> Receipt:
        """Send the mail and answer Google's receipt.

        ``hand_over`` is called exactly once, before the last byte leaves; when it raises, the last byte
        stays here and the error goes up.

        Raises:
            DeliveryError: one of its leaves, and nothing else but what ``hand_over`` raised.
        """


class SentFolder(Protocol):
    """Looks into a mailbox's *Sent*."""

    def find(
        self, credential_id: str, entry_id: str, since: datetime, *, message_id: str | None = None
    ) -> str | None:
        """The receipt of the mail with this ``X-Postausgang-Id``; ``None`` when it is not there.

        With ``message_id`` it is searched for by that first: one question, however full the folder is.

        Raises:
            TokenError, DeliveryError: the look itself failed; it proves nothing.
        """


class Doorbell(Protocol):
    """Tells the dispatcher that something was accepted, also by another process."""

    def wait(self, timeout_s: float) -> bool:
        """Sleep until it rings (``True``) or the time is over (``False``)."""

    def ring(self) -> None:
        """Wake whoever waits in this process."""

    def close(self) -> None:
        """Let go of what it listens with."""
