"""Any message is composed as it was meant; ``flows/test_any_message_arrives`` takes them all the way."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings

from service.mail.compose import compose
from service.mail.message import Message, Stamp
from tests.mail.random_mail import composable
from tests.mail.reader import arrive, check_content, expected_fields

STAMP = Stamp("msg_01k9rbq4fv0c5x2y7t8w3z6n1d", "<msg_01k9@example.com>", datetime(2026, 11, 23, tzinfo=UTC))


@given(composable())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_message_is_composed_as_it_was_meant(message: Message) -> None:
    """300 random messages, other ones at every run: fields, recipients, bodies and attachments."""
    arrived = arrive(compose(message, STAMP))

    assert arrived.fields == expected_fields(message)
    check_content(arrived, message)
