"""The test mail with which an owner sees that the connection works."""

from dataclasses import dataclass
from pathlib import Path

from service.connections.ports import ConnectionStore
from service.identifiers import new_id
from service.mail.address import Address, parse_address
from service.mail.attachment import Attachment, BytesContent
from service.mail.message import Message
from service.outbox.entry import Entry
from service.outbox.submit import Order, Submit

_SAMPLE = Path(__file__).with_name("sample-invoice.pdf")
KIND = ("kind", "test-mail")

_TEXTS = {
    "de": (
        "Testmail von Postausgang",
        "Musterrechnung.pdf",
        """Guten Tag,

diese Testmail kommt über Postausgang aus Ihrem eigenen Postfach {address}.
Wenn Sie sie lesen, können Ihre Rechnungen auf demselben Weg versendet werden.
""",
    ),
    "en": (
        "Test mail from Postausgang",
        "Sample invoice.pdf",
        """Hello,

this test mail was sent by Postausgang from your own mailbox {address}.
If you can read it, your invoices can take the same way.
""",
    ),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What somebody asks for.

    Attributes:
        connection_id: the mailbox that sends.
        actor: who asked, for the timeline.
        to: one address; ``None`` for the mailbox's own.
        sender: one of the mailbox's addresses; ``None`` for its own.
        locale: ``de`` or ``en``; any other language gets English.
        has_invoice: whether a sample invoice goes with it.
    """

    tenant_id: str
    connection_id: str
    actor: str
    to: str | None = None
    sender: str | None = None
    locale: str = "en"
    has_invoice: bool = False


class TrialMail:
    """Sends test mails by the very path that invoices take."""

    def __init__(self, *, submit: Submit, connections: ConnectionStore) -> None:
        self._submit = submit
        self._connections = connections

    def send(self, trial: Trial) -> Entry:
        """Queue a test mail.

        Raises:
            AddressError: ``to`` is no address.
            InvalidRequestError: code ``sender-not-allowed``.
            NotFoundError, ConnectionDisconnectedError, StorageError: as ``Submit.submit``.
        """
        connection = self._connections.get(trial.tenant_id, trial.connection_id)
        subject, filename, text = _TEXTS.get(trial.locale, _TEXTS["en"])
        files = (Attachment(filename, "application/pdf", BytesContent(_SAMPLE.read_bytes())),)
        message = Message(
            sender=Address(trial.sender or connection.address, connection.display_name or ""),
            to=(parse_address(trial.to or connection.address),),
            subject=subject,
            text=text.format(address=connection.address),
            attachments=files if trial.has_invoice else (),
        )
        order = Order(
            connection,
            message,
            idempotency_key=new_id("tst"),
            metadata=(KIND,),
            actor=trial.actor,
        )
        return self._submit.submit(order).entry
