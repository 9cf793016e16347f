"""A key keeps meaning what its caller wrote, whatever becomes of the mailbox meanwhile."""

from dataclasses import replace

from service.connections.connection import Connection
from service.mail.address import Address
from service.mail.message import Message
from service.outbox.submit import Order
from service.wiring import Services


def test_a_key_is_no_other_when_the_mailbox_learns_its_name(services: Services, mailbox: Connection) -> None:
    """Without From in the request, the name that stands in it today is no part of what was asked."""
    named = replace(mailbox, display_name="Muster GmbH")

    first = services.submit.submit(_order(mailbox))
    again = services.submit.submit(_order(named))

    assert again.replayed
    assert again.entry.id == first.entry.id


def _order(connection: Connection) -> Order:
    message = Message(
        sender=Address(connection.address, connection.display_name or ""),
        to=(Address("kunde@example.com"),),
        subject="Ihre Rechnung",
        text="Guten Tag\n",
    )
    return Order(connection, message, idempotency_key="RE-1", is_sender_given=False)
