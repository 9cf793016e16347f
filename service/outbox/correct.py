"""Correct the address and send: the content of an earlier message goes to other recipients, as a new message.

The earlier one stays as it is; both timelines name the other. New are Message-ID, ``X-Postausgang-Id``, date
and recipients; the rest is the stored mail, byte for byte.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from service.clock import Clock
from service.connections.connection import ConnectionStatus
from service.connections.ports import ConnectionStore
from service.errors import (
    ConnectionDisconnectedError,
    InvalidRequestError,
    MessageTooLargeError,
    PreconditionFailedError,
    Problem,
    StorageUnavailableError,
)
from service.mail.address import Address
from service.mail.message import Stamp
from service.mail.readdress import Readdressed
from service.mail.recipients import Recipients
from service.outbox.entry import Entry
from service.outbox.ports import Accepted, Correction, Doorbell, OutboxStore
from service.outbox.submit import LOOKS, addressees, at_acceptance, check_sender, new_stamp


@dataclass(frozen=True, slots=True)
class CorrectionOrder:
    """What somebody wants corrected.

    Attributes:
        entry_id: the earlier message.
        to, cc, bcc: all recipients of the new one; an address that comes twice counts where it comes first.
        idempotency_key: 1 to 255 visible ASCII characters, new for each correction.
        actor: who asks, for the timelines.
        force: also when the earlier one was, or may have been, sent.
    """

    tenant_id: str
    entry_id: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    idempotency_key: str
    actor: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionLimits:
    """What a new message may be: its size, how many it goes to, and for how long it is tried."""

    message_bytes: int
    recipients: int
    give_up_s: int


class Correct:
    """Takes corrections."""

    def __init__(
        self,
        *,
        store: OutboxStore,
        connections: ConnectionStore,
        doorbell: Doorbell,
        clock: Clock,
        limits: CorrectionLimits,
    ) -> None:
        self._store = store
        self._connections = connections
        self._doorbell = doorbell
        self._clock = clock
        self._limits = limits

    def send(self, order: CorrectionOrder) -> tuple[Accepted, list[Problem]]:
        """Keep the corrected message; when this returns, it is on disk and owed.

        Returns: the new entry, and what is no fault of the addresses but should be known.

        Raises:
            NotFoundError: the tenant has no such message.
            InvalidRequestError: ``required`` or ``too-many``: nobody, or too many; ``sender-not-allowed``:
                the mailbox may no longer send as the message's From.
            AlreadySentError: the earlier one was, or may have been, sent, and ``force`` is not set.
            TooLateError: the earlier one is still open or on its way; cancel it first.
            ConnectionDisconnectedError: the connection was disconnected.
            MessageTooLargeError: with the new addresses it is larger than Gmail takes.
            IdempotencyKeyReusedError: the key was used for something else.
            SealError: the content cannot be opened.
            StorageError: nothing was kept.
        """
        recipients = Recipients()
        fields = [
            recipients.field(name, field)
            for name, field in (("to", order.to), ("cc", order.cc), ("bcc", order.bcc))
        ]
        order = replace(order, to=fields[0], cc=fields[1], bcc=fields[2])
        faults = list(recipients.faults(self._limits.recipients))
        if faults:
            raise InvalidRequestError(*faults)
        meaning = _fingerprint(order)
        known = self._store.find_by_key(order.tenant_id, order.idempotency_key, meaning)
        accepted = (
            Accepted(known, replayed=True) if known is not None else self._keep_as_it_is(order, meaning)
        )
        self._doorbell.ring()
        return accepted, recipients.warnings

    def _keep_as_it_is(self, order: CorrectionOrder, meaning: str) -> Accepted:
        for _ in range(LOOKS):
            with suppress(PreconditionFailedError):  # its mailbox has changed since the look
                return self._keep(order, meaning)
        raise StorageUnavailableError("The connection changes all the time.")

    def _keep(self, order: CorrectionOrder, meaning: str) -> Accepted:
        earlier = self._store.get(order.tenant_id, order.entry_id)
        connection = self._connections.get(order.tenant_id, earlier.connection_id)
        if connection.status is ConnectionStatus.DISCONNECTED:
            raise ConnectionDisconnectedError
        check_sender(earlier.sender, connection)
        stamp = new_stamp(connection, self._clock.now())
        stored = partial(self._store.content, order.tenant_id, earlier.id)
        mail = Readdressed(stored, earlier.size_bytes, to=order.to, cc=order.cc, stamp=stamp)
        if mail.size_bytes > self._limits.message_bytes:
            raise MessageTooLargeError(mail.size_bytes, self._limits.message_bytes)
        entry = self._entry(earlier, order, stamp, mail.size_bytes)
        return self._store.accept(
            replace(entry, **at_acceptance(connection, stamp.date, stamp.date)._asdict()),
            mail,
            idempotency_key=order.idempotency_key,
            fingerprint=meaning,
            actor=order.actor,
            corrects=Correction(earlier.id, order.force),
            connection=connection,
        )

    def _entry(self, earlier: Entry, order: CorrectionOrder, stamp: Stamp, size_bytes: int) -> Entry:
        return replace(
            earlier,
            id=stamp.entry_id,
            recipients=addressees(order.to, order.cc, order.bcc),
            message_id=stamp.message_id,
            size_bytes=size_bytes,
            created_at=stamp.date,
            next_attempt_at=stamp.date,
            give_up_at=stamp.date + timedelta(seconds=self._limits.give_up_s),
            attempts=0,
            sent_at=None,
            receipt=None,
            reply=None,
        )


def _fingerprint(order: CorrectionOrder) -> str:
    """SHA-256 over what is corrected to what; ``force`` only says whether it may be done."""
    fields = [[[one.spec, one.name] for one in field] for field in (order.to, order.cc, order.bcc)]
    meaning = json.dumps({"corrects": order.entry_id, "addresses": fields}, separators=(",", ":"))
    return hashlib.sha256(meaning.encode()).hexdigest()
