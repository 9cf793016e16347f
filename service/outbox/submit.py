"""The way in: a checked message becomes an entry that is on disk before anybody hears of it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from service.clock import Clock
from service.connections.connection import Connection, ConnectionStatus
from service.connections.ports import ConnectionStore
from service.connections.seen import SeenConnections
from service.errors import (
    ConnectionDisconnectedError,
    InvalidRequestError,
    MessageTooLargeError,
    PreconditionFailedError,
    Problem,
    StorageUnavailableError,
)
from service.identifiers import new_id
from service.mail.address import Address
from service.mail.compose import Composition, compose
from service.mail.message import Message, Stamp
from service.outbox.entry import AttachmentRecord, Entry, Recipient, RecipientKind, State, shown_state
from service.outbox.ports import Accept, Accepted, Doorbell, OutboxStore

LOOKS = 3  # at a mailbox that changes between a look and the commit


@dataclass(frozen=True, slots=True)
class Order:
    """A checked message and what its caller wants of it.

    Attributes:
        connection: the mailbox that sends, of the caller's tenant, as it was last seen.
        is_connection_given: whether the caller named the mailbox itself; else it was found for them.
        is_sender_given: whether the caller wrote From; else it is the mailbox's own, by any name.
        idempotency_key: 1 to 255 visible ASCII characters, the caller's own.
        scheduled_at: not before then; ``None`` for now.
        give_up_s: seconds after which the mail is given up, 300 to 604,800; ``None`` for the default.
        reference: the caller's own mark, such as an invoice number, ≤ 200 characters.
        metadata: the caller's own pairs, kept and given back.
        actor: who asked, for the timeline; ``None`` for the service itself.
    """

    connection: Connection
    message: Message
    idempotency_key: str
    scheduled_at: datetime | None = None
    give_up_s: int | None = None
    reference: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    is_sender_given: bool = True
    is_connection_given: bool = True
    actor: str | None = None


class Submit:
    """Takes orders."""

    def __init__(
        self,
        *,
        store: OutboxStore,
        connections: ConnectionStore,
        doorbell: Doorbell,
        clock: Clock,
        max_message_bytes: int,
        give_up_s: int,
    ) -> None:
        self._store = store
        self._seen = SeenConnections(connections)
        self._doorbell = doorbell
        self._clock = clock
        self._max_message_bytes = max_message_bytes
        self._give_up_s = give_up_s

    def mailbox(self, tenant_id: str, connection_id: str) -> Connection:
        """The mailbox for an order: as it was last seen, for whether it still is so is proved at the end.

        Raises:
            NotFoundError: the tenant has no such mailbox.
        """
        return self._seen.get(tenant_id, connection_id)

    def submit(self, order: Order, accept: Accept | None = None) -> Accepted:
        """Keep the order; when this returns, the mail is on disk and owed.

        It is kept for the mailbox as it is then, and refused only for that: one that is not as it was seen is
        looked at again. ``accept`` keeps it in place of the store's own, with what must be known with it.

        Raises:
            ConnectionDisconnectedError: the connection was disconnected.
            InvalidRequestError: code ``sender-not-allowed``: From is not the mailbox's address.
            MessageTooLargeError: the composed mail is larger than Gmail takes.
            IdempotencyKeyReusedError: the key was used with another body.
            StorageError: nothing was kept.
        """
        for _ in range(LOOKS):
            try:
                accepted = self._keep(order, accept)
            except PreconditionFailedError:
                order = self._look_again(order)
            except (ConnectionDisconnectedError, InvalidRequestError, MessageTooLargeError):
                again = self._look_again(order)
                if again.connection == order.connection:
                    raise
                order = again
            else:
                self._doorbell.ring()
                return accepted
        raise StorageUnavailableError("The connection changes all the time.")

    def check(self, order: Order) -> Entry:
        """All that ``submit`` checks, and what it would answer; keeps nothing. Raises as ``submit``."""
        entry, _ = self._prepare(self._look_again(order))
        return entry

    def _keep(self, order: Order, accept: Accept | None) -> Accepted:
        entry, composition = self._prepare(order)
        keep: Accept = accept or partial(self._store.accept, actor=order.actor, connection=order.connection)
        return keep(
            entry, composition.frames(), idempotency_key=order.idempotency_key, fingerprint=fingerprint(order)
        )

    def _look_again(self, order: Order) -> Order:
        connection = self._seen.look(order.connection.tenant_id, order.connection.id)
        message = order.message
        if not order.is_sender_given:
            message = replace(message, sender=own_sender(connection))
        return replace(order, connection=connection, message=message)

    def _prepare(self, order: Order) -> tuple[Entry, Composition]:
        connection = order.connection
        if connection.status is ConnectionStatus.DISCONNECTED:
            raise ConnectionDisconnectedError
        check_sender(order.message.sender, connection)
        stamp = new_stamp(connection, self._clock.now())
        composition = compose(order.message, stamp)
        if composition.size_bytes > self._max_message_bytes:
            raise MessageTooLargeError(composition.size_bytes, self._max_message_bytes)
        return self._entry(order, stamp, composition.size_bytes), composition

    def _entry(self, order: Order, stamp: Stamp, size_bytes: int) -> Entry:
        connection = order.connection
        due = max(stamp.date, whole_ms(order.scheduled_at or stamp.date))
        outlook = at_acceptance(connection, due, stamp.date)
        return Entry(
            id=stamp.entry_id,
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            state=outlook.state,
            sender=order.message.sender,
            recipients=addressees(order.message.to, order.message.cc, order.message.bcc),
            subject=order.message.subject,
            attachments=tuple(_records(order.message)),
            message_id=stamp.message_id,
            size_bytes=size_bytes,
            created_at=stamp.date,
            next_attempt_at=due,
            give_up_at=due + timedelta(seconds=order.give_up_s or self._give_up_s),
            code=outlook.code,
            reference=order.reference,
            metadata=order.metadata,
            expected_at=outlook.expected_at,
        )


def own_sender(connection: Connection) -> Address:
    """The mailbox's own address with the name that it sends with."""
    return Address(connection.address, connection.display_name or "")


def new_stamp(connection: Connection, now: datetime) -> Stamp:
    """The stamp of a mail that this mailbox is to send."""
    entry_id = new_id("msg")
    domain = connection.address.rpartition("@")[2]
    return Stamp(entry_id, f"<{entry_id}@{domain}>", whole_ms(now))


class AtAcceptance(NamedTuple):
    """A queued entry as people see it at first, and the earliest instant at which it leaves."""

    state: State
    code: str | None
    expected_at: datetime | None


def at_acceptance(connection: Connection, due: datetime, now: datetime) -> AtAcceptance:
    """How an entry of this mailbox begins that is due then; who keeps it knows what stands before it."""
    held_until = connection.held_until
    state = shown_state(
        State.QUEUED,
        attempts=0,
        next_attempt_at=due,
        connection=connection.status,
        held_until=held_until,
        now=now,
    )
    code = connection.status_code or connection.held_code if state is State.WAITING else None
    is_connected = connection.status is ConnectionStatus.CONNECTED
    return AtAcceptance(state, code, max(due, held_until or due) if is_connected else None)


def check_sender(sender: Address, connection: Connection) -> None:
    """The sender never changes, so it has to be an address of the mailbox.

    Raises:
        InvalidRequestError: code ``sender-not-allowed``.
    """
    if not connection.may_send_as(sender.key):
        raise InvalidRequestError(
            Problem("/from", "sender-not-allowed", "From must be an address of the connection.")
        )


def fingerprint(order: Order) -> str:
    """SHA-256 over all that the caller asked for, so that a repeated key can be told from a reused one."""
    message = order.message
    sender = (message.sender,) if order.is_sender_given else ()
    meaning = {
        # A repetition means the same mail, also when it would be found another connection by now.
        "connection": order.connection.id if order.is_connection_given else None,
        "addresses": [
            [[address.spec, address.name] for address in field]
            for field in (sender, message.to, message.cc, message.bcc, message.reply_to)
        ],
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": message.headers,
        "attachments": [
            [part.filename, part.content_type, part.content_id, part.content.sha256]
            for part in message.attachments
        ],
        "scheduled_at": order.scheduled_at.isoformat() if order.scheduled_at else None,
        "give_up_s": order.give_up_s,
        "reference": order.reference,
        "metadata": order.metadata,
    }
    return hashlib.sha256(json.dumps(meaning, separators=(",", ":")).encode()).hexdigest()


def whole_ms(instant: datetime) -> datetime:
    """As the stores keep it, so that the first answer and every later one name the same instant."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def addressees(
    to: tuple[Address, ...], cc: tuple[Address, ...], bcc: tuple[Address, ...]
) -> tuple[Recipient, ...]:
    """The recipients of an entry, in the order of the fields."""
    fields = ((RecipientKind.TO, to), (RecipientKind.CC, cc), (RecipientKind.BCC, bcc))
    return tuple(Recipient(kind, address) for kind, field in fields for address in field)


def _records(message: Message) -> Iterator[AttachmentRecord]:
    for part in message.attachments:
        yield AttachmentRecord(
            part.filename, part.content_type, part.content.size_bytes, part.content.sha256, part.content_id
        )
