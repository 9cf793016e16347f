"""How a failed submission ends for the mail."""

import pytest

from service.catalogue import CATALOGUE
from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.smtp.errors import (
    BrokenError,
    CommandError,
    ContentError,
    NotOfferedError,
    NotReachedError,
    RecipientsRefusedError,
    SmtpError,
    TlsError,
    TooLargeError,
)
from service.smtp.replies import Phase, Reply
from service.transports.smtp_errors import delivery_error

UNKNOWN = Reply(550, "5.1.1", "No such user")
QUOTA = Reply(550, "5.4.5", "Daily user sending limit exceeded.")
FULL = Reply(452, "4.2.2", "Out of storage space")


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (NotReachedError("refused"), WayDownError, "provider-unavailable"),
        (TlsError("certificate expired"), WayHeldError, "tls-failed"),
        (NotOfferedError(Phase.AUTH, "AUTH PLAIN"), WayHeldError, "server-settings"),
        (NotOfferedError(Phase.MAIL, "SMTPUTF8"), PermanentDeliveryError, "address-needs-smtputf8"),
        (NotOfferedError(Phase.MAIL, "8BITMIME"), PermanentDeliveryError, "message-malformed"),
        (CommandError(Phase.AUTH), WayHeldError, "server-settings"),
        (CommandError(Phase.RCPT), PermanentDeliveryError, "invalid-address"),
        (TooLargeError(2, 1), PermanentDeliveryError, "message-too-large"),
        (ContentError("a bare LF"), PermanentDeliveryError, "message-malformed"),
        (BrokenError(Phase.DATA, "cut"), WayDownError, "provider-unavailable"),
        (BrokenError(Phase.END_OF_DATA, "cut", whole=True), UncertainDeliveryError, "answer-lost"),
    ],
)
def test_what_is_no_refusal_has_its_meaning_too(
    error: SmtpError, kind: type[DeliveryError], code: str
) -> None:
    """Only a break after the last byte is unclear; every code has words."""
    found = delivery_error(WayKind.APP_PASSWORD, error)

    assert (type(found), found.code) == (kind, code)
    assert code in CATALOGUE


@pytest.mark.parametrize(
    ("replies", "kind", "code"),
    [
        ([UNKNOWN, UNKNOWN], PermanentDeliveryError, "recipient-unknown"),
        ([UNKNOWN, QUOTA], MailboxHeldError, "quota-reached"),
        ([UNKNOWN, FULL], TransientDeliveryError, "recipient-full"),
    ],
)
def test_a_mail_that_nobody_got_fails_only_when_nobody_can_get_it(
    replies: list[Reply], kind: type[DeliveryError], code: str
) -> None:
    """One recipient that may still get it keeps the mail open."""
    refusals = [(f"kunde{number}@example.com", reply) for number, reply in enumerate(replies)]

    found = delivery_error(WayKind.APP_PASSWORD, RecipientsRefusedError(refusals))

    assert (type(found), found.code) == (kind, code)
