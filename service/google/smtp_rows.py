"""The rows of the SMTP table, in the order in which they are asked. The first one that fits counts.

Sources: Google's own list (2026-11), RFC 3463 and RFC 5321 for other servers.
https://knowledge.workspace.google.com/admin/support/troubleshooting/gmail-smtp-errors-and-codes
A row holds for a phase only where its class allows it: before MAIL no reply speaks of the message.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.connections.way import WayKind
from service.errors import (
    DeliveryError,
    MailboxHeldError,
    PermanentDeliveryError,
    ReconnectRequiredError,
    TransientDeliveryError,
    UncertainDeliveryError,
    WayDownError,
    WayHeldError,
)
from service.smtp.replies import Phase

PHASES = frozenset(Phase)
MAIL_PHASES = frozenset({Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA})
EARLY_PHASES = PHASES - MAIL_PHASES
END = frozenset({Phase.END_OF_DATA})
KINDS = frozenset(WayKind)
BY_CONSENT = frozenset({WayKind.GMAIL_API, WayKind.XOAUTH2})
BY_DELEGATION = frozenset(kind for kind in WayKind if kind.is_delegated)
BY_PASSWORD = frozenset({WayKind.APP_PASSWORD, WayKind.RELAY})
RELAY = frozenset({WayKind.RELAY})
OWN_SERVER = frozenset({WayKind.SMTP_SERVER})
HOUR_S = 3600.0
THROTTLE_S = 300.0
LOGIN_S = 900.0
PEAK_S = 600.0  # the organisation's peak counts by ten minutes


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of reply: when it applies, and what follows.

    Attributes:
        enhanced, texts: any of them; empty for all. Texts are in lower case.
    """

    codes: frozenset[int]
    enhanced: frozenset[str]
    texts: tuple[str, ...]
    error: type[DeliveryError]
    code: str
    wait_s: float | None
    phases: frozenset[Phase]
    kinds: frozenset[WayKind]


def _row(
    codes: str,
    enhanced: str,
    texts: str,
    outcome: tuple[type[DeliveryError], str],
    *,
    wait_s: float | None = None,
    phases: Iterable[Phase] = PHASES,
    kinds: frozenset[WayKind] = KINDS,
) -> Row:
    """A row: codes and enhanced codes parted by spaces, texts by bars."""
    error, code = outcome
    # What speaks of the message or of a recipient cannot come before MAIL.
    possible = MAIL_PHASES if error in {PermanentDeliveryError, TransientDeliveryError} else PHASES
    return Row(
        frozenset(int(one) for one in codes.split()),
        frozenset(enhanced.split()),
        tuple(texts.split("|")) if texts else (),
        error,
        code,
        wait_s,
        possible & frozenset(phases),
        kinds,
    )


def _lost(code: str) -> tuple[type[DeliveryError], str]:
    return UncertainDeliveryError, code


def _down(code: str) -> tuple[type[DeliveryError], str]:
    return WayDownError, code


def _later(code: str) -> tuple[type[DeliveryError], str]:
    return TransientDeliveryError, code


def _refused(code: str) -> tuple[type[DeliveryError], str]:
    return PermanentDeliveryError, code


def _way(code: str) -> tuple[type[DeliveryError], str]:
    return WayHeldError, code


def _mailbox(code: str) -> tuple[type[DeliveryError], str]:
    return MailboxHeldError, code


def _owner(code: str) -> tuple[type[DeliveryError], str]:
    return ReconnectRequiredError, code


# PTR, SPF, DMARC, TLS, DKIM and From alignment.
_DNS_CODES = " ".join(f"{kind}.7.{number}" for kind in "45" for number in (*range(23, 28), *range(29, 33)))

_LINE = (
    # The server hung up on us: whether it took the mail first, nobody can know after the end of data.
    _row("421", "", "connection expired|timeout", _lost("answer-lost"), phases=END),
    _row("451", "4.4.2", "timeout", _lost("answer-lost"), phases=END),
    _row("421", "4.7.0", "try again later, closing connection", _down("ehlo-refused"), wait_s=THROTTLE_S,
         phases={Phase.CONNECT, Phase.TLS, Phase.GREETING, Phase.EHLO}),
    _row("501 504", "5.5.4 5.5.2", "helo/ehlo argument|ehlo argument", _way("ehlo-refused"), wait_s=HOUR_S),
    _row("421", "4.7.0 4.3.0 4.4.5", "temporary system problem|server busy", _down("provider-unavailable")),
    _row("421", "4.7.0", "try again later", _down("provider-unavailable"), wait_s=THROTTLE_S),
    _row("421 451", "4.7.0 4.4.2", "connection expired|timeout", _down("provider-unavailable")),
)  # fmt: skip
_REPUTATION = (
    _row("421", "4.7.28", "same message-id", _refused("message-repeated")),
    _row("421 550", "4.7.28 5.7.28", "", _mailbox("reputation-low"), wait_s=HOUR_S),
    _row("421", "4.7.0", "unusual rate|low reputation|unsolicited", _mailbox("reputation-low"),
         wait_s=HOUR_S),
    _row("550", "5.7.1", "unusual rate of unsolicited|rate limited", _mailbox("reputation-low"),
         wait_s=HOUR_S),
    _row("421", "4.7.0", "suspicious", _later("message-suspicious"), wait_s=HOUR_S),
    _row("421 451 550", _DNS_CODES, "", _way("sender-not-authenticated"), wait_s=HOUR_S),
    _row("421 550", "4.7.0 5.7.1", "ptr record|authentication checks|unauthenticated|dmarc",
         _way("sender-not-authenticated"), wait_s=HOUR_S),
)  # fmt: skip
_LOGIN = (
    _row("454", "4.7.0", "too many login attempts|cannot authenticate", _down("login-throttled"),
         wait_s=LOGIN_S),
    _row("421 451 454", "4.7.0", "", _down("login-throttled"), wait_s=LOGIN_S, phases={Phase.AUTH}),
    _row("530 538", "", "starttls|encryption", _way("server-settings"), wait_s=HOUR_S),
    _row("530", "", "", _way("relay-denied"), wait_s=HOUR_S, kinds=RELAY),
    _row("530 538", "", "", _way("server-settings"), wait_s=HOUR_S),
    _row("534 535", "", "web browser|weblogin", _owner("web-login-needed")),
    _row("534", "5.7.14", "", _owner("web-login-needed")),
    _row("534 535", "", "application-specific password|invalidsecondfactor", _owner("app-password-needed")),
    _row("534", "5.7.9", "", _owner("app-password-needed")),
    _row("535", "5.5.4", "", _way("protocol-fault"), wait_s=HOUR_S),
    _row("535", "", "", _owner("connection-revoked"), kinds=BY_CONSENT),
    _row("535", "", "", _way("delegation-denied"), wait_s=HOUR_S, kinds=BY_DELEGATION),
    _row("535", "", "", _owner("app-password-rejected"), kinds=BY_PASSWORD),
    _row("535", "", "", _owner("login-rejected"), kinds=OWN_SERVER),
    _row("554", "5.7.0", "too many unauthenticated commands", _way("server-settings"), wait_s=HOUR_S),
    _row("503 550 554", "", "authentication required|must authenticate", _way("server-settings"),
         wait_s=HOUR_S),
)  # fmt: skip
_LIMITS = (
    _row("450", "4.2.1", "peak smtp relay limit", _way("relay-limit-reached"), wait_s=PEAK_S),
    _row("550", "5.4.5 5.7.1", "daily smtp relay", _way("relay-limit-reached"), wait_s=HOUR_S),
    _row("550", "5.4.5", "", _way("relay-limit-reached"), wait_s=HOUR_S, kinds=RELAY),
    _row("550", "5.4.5", "", _mailbox("quota-reached")),
    _row("550", "5.7.1", "email quota exceeded", _mailbox("mailbox-full"), wait_s=HOUR_S),
    _row("550", "5.7.0", "mail sending denied", _mailbox("sender-suspended"), wait_s=HOUR_S),
    _row("550", "5.7.0 5.7.1", "mail relay denied|invalid credentials for relay|not authorized to send email"
         " directly", _way("relay-denied"), wait_s=HOUR_S),
    _row("550 553 554", "", "relay access denied|relaying denied|unable to relay", _way("relay-denied"),
         wait_s=HOUR_S),
    _row("550 553", "", "not owned by user|sender address rejected", _way("sender-not-allowed"),
         wait_s=HOUR_S),
)  # fmt: skip
_RECIPIENT = (
    _row("450 550", "4.2.1 5.2.1", "receiving mail too quickly|receiving mail at a rate",
         _later("recipient-busy"), wait_s=HOUR_S),
    _row("452", "4.2.2", "", _later("recipient-full")),
    _row("550 552", "5.2.2", "", _refused("recipient-full")),
    _row("550 552", "", "mailbox full|mailbox is full|over quota", _refused("recipient-full"),
         phases={Phase.RCPT}),
    _row("452 550", "4.5.3 5.5.3", "", _later("too-many-recipients")),
    _row("451", "4.3.0", "multiple destination domains", _later("too-many-recipients")),
    _row("451", "4.3.0", "temporarily rejected", _later("try-later")),
    _row("550 551 553", "5.1.1 5.1.6", "", _refused("recipient-unknown")),
    _row("550 553", "5.2.1", "", _refused("recipient-inactive")),
    _row("550 553 556", "5.1.2 5.1.10 5.4.4", "", _refused("recipient-domain-unknown")),
    _row("501 550 553", "5.1.3", "", _refused("invalid-address")),
    _row("501 550 553", "5.1.7 5.1.8", "", _refused("sender-not-allowed")),
    _row("550", "", "no such user|user unknown|unknown user|does not exist", _refused("recipient-unknown")),
)  # fmt: skip
_MESSAGE = (
    _row("552", "5.7.0", "illegal attachment", _refused("attachment-type-blocked")),
    _row("552", "5.7.0", "", _refused("message-suspicious")),
    _row("552", "", "", _refused("message-too-large")),
    _row("554", "5.4.6", "", _refused("mail-loop")),
    _row("554", "5.6.0", "hops", _refused("mail-loop")),
    _row("550 554", "5.6.0", "", _refused("message-malformed")),
    _row("550", "", "rfc 5322|from: header|message-id: header|duplicate headers|encoded-word"
         "|disallowed header", _refused("message-malformed")),
    _row("550", "", "has a policy that|gcdp", _refused("blocked-by-policy")),
    _row("550 554", "", "unsolicited|suspicious|low reputation", _refused("message-suspicious")),
    _row("550", "5.7.0 5.7.1", "", _way("relay-denied"), wait_s=HOUR_S, kinds=RELAY),
)  # fmt: skip
_PROTOCOL = (
    _row("451 454", "4.5.0", "", _refused("protocol-fault")),
    _row("451 454", "4.5.0 5.5.1", "", _way("protocol-fault"), wait_s=HOUR_S, phases=EARLY_PHASES),
    _row("500 501 502 503 504 555", "", "", _refused("protocol-fault")),
    _row("500 501 502 503 504 523 525 555", "", "", _way("protocol-fault"), wait_s=HOUR_S,
         phases=EARLY_PHASES),
)  # fmt: skip

ROWS = (*_LINE, *_REPUTATION, *_LOGIN, *_LIMITS, *_RECIPIENT, *_MESSAGE, *_PROTOCOL)
