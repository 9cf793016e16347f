"""The test mail with which an owner sees that the connection works."""

from service.connections.ports import ConnectionStore
from service.identifiers import new_id
from service.mail.address import Address, parse_address
from service.mail.message import Message
from service.outbox.entry import Entry
from service.outbox.submit import Order, Submit

_TEXTS = {
    "de": (
        "Testmail von Postausgang",
        """Guten Tag,

diese Testmail kommt über Postausgang aus Ihrem eigenen Postfach {address}.
Wenn Sie sie lesen, können Ihre Rechnungen auf demselben Weg versendet werden.
""",
    ),
    "en": (
        "Test mail from Postausgang",
        """Hello,

this test mail was sent by Postausgang from your own mailbox {address}.
If you can read it, your invoices can take the same way.
""",
    ),
}


class TrialMail:
    """Sends test mails by the very path that invoices take."""

    def __init__(self, *, submit: Submit, connections: ConnectionStore) -> None:
        self._submit = submit
        self._connections = connections

    def send(self, tenant_id: str, connection_id: str, to: str | None, locale: str, actor: str) -> Entry:
        """Queue a test mail.

        Args:
            tenant_id: whose connection it is.
            connection_id: the mailbox that sends.
            to: one address; ``None`` for the mailbox's own.
            locale: ``de`` or ``en``; any other language gets English.
            actor: who asked, for the timeline.

        Raises:
            AddressError: ``to`` is no address.
            NotFoundError, ConnectionDisconnectedError, StorageError: as ``Submit.submit``.
        """
        connection = self._connections.get(tenant_id, connection_id)
        subject, text = _TEXTS.get(locale, _TEXTS["en"])
        message = Message(
            sender=Address(connection.address, connection.display_name or ""),
            to=(parse_address(to or connection.address),),
            subject=subject,
            text=text.format(address=connection.address),
        )
        order = Order(
            connection,
            message,
            idempotency_key=new_id("tst"),
            metadata=(("kind", "test-mail"), ("requested_by", actor)),
        )
        return self._submit.submit(order).entry
