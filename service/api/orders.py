"""A read request becomes an ``Order``: what fields mean together, and what the caller should be warned of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.api.attachments import Upload, read_files
from service.api.authentication import Caller
from service.api.ports import ApiPorts
from service.api.reading import check_id, pointer
from service.api.schemas import NewMessage
from service.connections.connection import Connection
from service.errors import ForbiddenError, InvalidRequestError, MessageTooLargeError, Problem
from service.mail.address import Address
from service.mail.message import Message
from service.mail.recipients import Recipients
from service.mail.rules import LONG_SUBJECT, RuleError, check_header
from service.outbox.submit import Order, own_sender

LONGEST_AHEAD = timedelta(days=366)
LONGEST_PAST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order and what belongs to its answer.

    Attributes:
        warnings: what is no fault but should be known.
        overdue: set when it should have left more than a day ago: refused, but for a repetition of what
            was accepted in time.
    """

    order: Order
    warnings: list[Problem]
    overdue: Problem | None

    def check_time(self) -> None:
        """Refuse what is overdue.

        Raises:
            InvalidRequestError: it is.
        """
        if self.overdue is not None:
            raise InvalidRequestError(self.overdue)


def missing_fields(payload: dict[str, Any]) -> list[Problem]:
    """Fields of which one of several is needed; looked for in the raw body, to be named with all else."""
    problems = []
    if not any(payload.get(name) for name in ("to", "cc", "bcc")):
        problems.append(Problem("/to", "required", "Name at least one recipient in to, cc or bcc."))
    if payload.get("text") is None and payload.get("html") is None:
        problems.append(Problem("/text", "required", "Give text, html or both."))
    return problems


class Orders:
    """Writes orders."""

    def __init__(self, ports: ApiPorts) -> None:
        self._ports = ports
        self._settings = ports.settings

    def draft(self, caller: Caller, asked: NewMessage, files: list[Upload], idempotency_key: str) -> Draft:
        """The order of a request.

        Raises:
            InvalidRequestError: with all faults at once.
            MessageTooLargeError: the attachments are too large together.
            ForbiddenError, NotFoundError: the connection.
            StorageError: a large attachment cannot be kept meanwhile.
        """
        self._check_size(asked, files)
        read = read_files([*self._uploads(asked), *files])
        recipients = Recipients()
        to, cc, bcc = (recipients.field(name, getattr(asked, name)) for name in ("to", "cc", "bcc"))
        faults = [
            *recipients.faults(self._settings.max_recipients),
            *_header_faults(asked.headers),
            *self._time_faults(asked.scheduled_at),
            *read.faults,
        ]
        if faults:
            raise InvalidRequestError(*faults)
        connection = self._connection(caller, asked, idempotency_key)
        message = Message(
            sender=asked.sender or own_sender(connection),
            subject=asked.subject,
            to=to,
            cc=cc,
            bcc=bcc,
            reply_to=asked.reply_to,
            text=asked.text,
            html=asked.html,
            attachments=tuple(read.attachments),
            headers=tuple(asked.headers.items()),
        )
        order = _order(connection, message, asked, idempotency_key, caller.actor)
        warnings = [*recipients.warnings, *_subject_doubts(asked.subject), *read.warnings]
        return Draft(order, warnings, self._overdue(asked.scheduled_at))

    def _check_size(self, asked: NewMessage, files: list[Upload]) -> None:
        total = sum(len(file.content) for file in asked.attachments)
        total += sum(file.content.size_bytes for file in files)
        if total > self._settings.max_attachments_bytes:
            raise MessageTooLargeError(total, self._settings.max_attachments_bytes)

    def _uploads(self, asked: NewMessage) -> Iterator[Upload]:
        for file in asked.attachments:
            content = self._ports.spool.keep([file.content])
            yield Upload(file.filename, content, file.content_type, file.content_id, file.sha256)

    def _connection(self, caller: Caller, asked: NewMessage, idempotency_key: str) -> Connection:
        """The mailbox that sends; of a repetition the one that sends the first one, if there is none now."""
        if asked.connection is not None:
            caller.check_connection(asked.connection)
            check_id("con", asked.connection)
            return self._ports.submit.mailbox(caller.tenant_id, asked.connection)
        try:
            return (
                self._default(caller) if asked.sender is None else self._connection_of(caller, asked.sender)
            )
        except (InvalidRequestError, ForbiddenError):
            earlier = self._ports.outbox.find_by_key(caller.tenant_id, idempotency_key, None)
            if earlier is None or not caller.may_use(earlier.connection_id):
                raise
            return self._ports.connections.get(caller.tenant_id, earlier.connection_id)

    def _default(self, caller: Caller) -> Connection:
        """The mailbox that the tenant has chosen for requests that name none."""
        connection = self._ports.connections.default(caller.tenant_id)
        if connection is None:
            sentence = "Give connection, from or both: no connection is the default."
            raise InvalidRequestError(Problem("/connection", "required", sentence))
        caller.check_connection(connection.id)
        return connection

    def _connection_of(self, caller: Caller, sender: Address) -> Connection:
        """The mailbox of this address; else the first one that may send as it."""
        found = self._ports.connections.of_tenant(caller.tenant_id)
        usable = [one for one in found if caller.may_use(one.id)]
        own = [one for one in usable if one.address.lower() == sender.key]
        for connection in own or [one for one in usable if one.may_send_as(sender.key)]:
            return connection
        raise InvalidRequestError(
            Problem("/from", "sender-not-allowed", "No connected mailbox has this address.")
        )

    def _time_faults(self, scheduled_at: datetime | None) -> Iterator[Problem]:
        if scheduled_at is not None and scheduled_at > self._ports.clock.now() + LONGEST_AHEAD:
            yield Problem("/scheduled_at", "out-of-range", "A message leaves within a year.")

    def _overdue(self, scheduled_at: datetime | None) -> Problem | None:
        if scheduled_at is None or scheduled_at >= self._ports.clock.now() - LONGEST_PAST:
            return None
        return Problem("/scheduled_at", "out-of-range", "This time passed more than 24 hours ago.")


def _order(connection: Connection, message: Message, asked: NewMessage, key: str, actor: str) -> Order:
    return Order(
        connection=connection,
        message=message,
        idempotency_key=key,
        scheduled_at=asked.scheduled_at,
        give_up_s=asked.give_up_s,
        reference=asked.reference,
        metadata=tuple(asked.metadata.items()),
        is_sender_given=asked.sender is not None,
        is_connection_given=asked.connection is not None,
        actor=actor,
    )


def _header_faults(headers: dict[str, str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name, value in headers.items():
        try:
            check_header(name, value)
        except RuleError as error:
            yield Problem(pointer("headers", name), error.code, error.args[0])
        if name.lower() in seen:
            yield Problem(pointer("headers", name), "header-not-allowed", "This header comes twice.")
        seen.add(name.lower())


def _subject_doubts(subject: str) -> Iterator[Problem]:
    if len(subject) > LONG_SUBJECT:
        yield Problem("/subject", "long-subject", "")
