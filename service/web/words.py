"""The words and colours of what the pages show: states, statuses, events, sizes."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask_babel import format_decimal, format_timedelta
from flask_babel import lazy_gettext as later
from markupsafe import Markup, escape

from service.access.member import Role
from service.connections.connection import AccountKind, ConnectionStatus
from service.connections.ports import ProbeName
from service.connections.way import WayKind, WayStatus
from service.delegation.report import StepName, StepResult
from service.doctor.finding import Condition
from service.domains.report import Result, Subject
from service.outbox.entry import RecipientOutcome, State


@dataclass(frozen=True, slots=True)
class Word:
    """A text that follows the language of the page, and its tone.

    Attributes:
        tone: ``good``, ``busy``, ``warn``, ``bad`` or ``quiet``.
    """

    text: str
    tone: str


STATES = {
    State.SCHEDULED: Word(later("Scheduled"), "quiet"),
    State.QUEUED: Word(later("Queued"), "busy"),
    State.SENDING: Word(later("Sending"), "busy"),
    State.DEFERRED: Word(later("Will be tried again"), "warn"),
    State.WAITING: Word(later("Waiting for the connection"), "warn"),
    State.SENT: Word(later("Sent"), "good"),
    State.UNCERTAIN: Word(later("Unclear"), "warn"),
    State.FAILED: Word(later("Failed"), "bad"),
    State.CANCELLED: Word(later("Cancelled"), "quiet"),
    State.EXPIRED: Word(later("Given up"), "bad"),
}

STATUSES = {
    ConnectionStatus.CONNECTED: Word(later("Connected"), "good"),
    ConnectionStatus.NEEDS_RECONNECT: Word(later("Reconnect needed"), "bad"),
    ConnectionStatus.PAUSED: Word(later("Paused"), "quiet"),
    ConnectionStatus.DISCONNECTED: Word(later("Disconnected"), "quiet"),
}

KINDS = {"to": later("To"), "cc": later("Cc"), "bcc": later("Bcc")}

ROLES = {
    Role.MEMBER: later("Member"),
    Role.ADMIN: later("Admin"),
    Role.OPERATOR: later("Operator"),
}

OUTCOMES = {
    RecipientOutcome.SENT: Word(later("Sent"), "good"),
    RecipientOutcome.REFUSED: Word(later("Refused"), "bad"),
}

WAYS = {
    WayKind.GMAIL_API: later("Google account"),
    WayKind.XOAUTH2: later("Google account by SMTP"),
    WayKind.DELEGATION: later("Workspace delegation"),
    WayKind.DELEGATION_XOAUTH2: later("Workspace delegation by SMTP"),
    WayKind.APP_PASSWORD: later("App password"),
    WayKind.RELAY: later("Workspace relay"),
    WayKind.SMTP_SERVER: later("Other SMTP server"),
}


WAY_STATUSES = {
    WayStatus.READY: Word(later("Ready"), "good"),
    WayStatus.BROKEN: Word(later("Out of order"), "bad"),
}

PROBE_STEPS = {
    ProbeName.RESOLVE: later("Server name"),
    ProbeName.CONNECT: later("Connection"),
    ProbeName.ENCRYPT: later("Encryption"),
    ProbeName.SIGN_IN: later("Sign-in"),
    ProbeName.SENDER: later("Sender"),
}

CHECK_STEPS = {
    StepName.KEY: later("Key readable"),
    StepName.CLOCK: later("Clock right"),
    StepName.CLIENT: later("Client ID admitted with its scope"),
    StepName.USER: later("User exists"),
    StepName.SCOPE: later("Scope granted"),
    StepName.MAILBOX: later("Mailbox exists"),
    StepName.READY: later("Ready to send"),
}

CHECK_RESULTS = {
    StepResult.OK: Word(later("OK"), "good"),
    StepResult.FAILED: Word(later("Failed"), "bad"),
    StepResult.UNKNOWN: Word(later("Not known"), "quiet"),
}

DOMAIN_SUBJECTS = {
    Subject.SPF: later("SPF: who may send"),
    Subject.DKIM: later("DKIM: signature"),
    Subject.DMARC: later("DMARC: what happens to forgeries"),
}

DOMAIN_RESULTS = {
    Result.OK: Word(later("OK"), "good"),
    Result.FAILED: Word(later("To be mended"), "bad"),
    Result.UNKNOWN: Word(later("Not known"), "quiet"),
}

DOMAIN_PRAISE = {
    Subject.SPF: later("SPF includes Google."),
    Subject.DKIM: later("The DKIM key was found."),
    Subject.DMARC: later("There is a DMARC policy."),
}

CONDITIONS = {
    Condition.OK: Word(later("Done"), "good"),
    Condition.TO_DO: Word(later("To do"), "busy"),
    Condition.OPTIONAL: Word(later("Optional"), "quiet"),
    Condition.PROBLEM: Word(later("Problem"), "bad"),
}

ACCOUNTS = {
    AccountKind.CONSUMER: later("Gmail account"),
    AccountKind.WORKSPACE: later("Google Workspace"),
    AccountKind.RELAY: later("Workspace relay"),
    AccountKind.OTHER: later("Other SMTP server"),
}

KEYS = {"revoked": Word(later("Revoked"), "bad"), "expired": Word(later("Expired"), "quiet")}

_KILO = 1000


def is_google(transport: str) -> bool:
    """Whether the server at the end of this way is Google's, and what it says is Google's word."""
    return transport != WayKind.SMTP_SERVER


def leaves_copy(transport: str) -> bool:
    """Whether the sender can look for the mail in Gmail's *Sent*."""
    return transport in set(WayKind) and WayKind(transport).leaves_copy


def size(size_bytes: int) -> str:
    """A size as people read it: ``34.5 kB``."""
    amount, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < _KILO:
            break
        amount, unit = amount / _KILO, larger
    return f"{format_decimal(round(amount, 1 if amount < 100 and unit != 'B' else 0))} {unit}"  # noqa: PLR2004, three digits


_COMMAND = re.compile(r"`([^`]+)`")


def with_commands(text: str) -> Markup:
    """A text whose commands stand in backticks, as HTML."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704, escaped before


_FITS = 20  # characters: as much as a heading holds on the narrowest screen
# A name and its last label stay together, and so do the dots of a sentence with what follows them.
_JOINT = re.compile(r"(?<=[@/])(?=[^\s@./])|(?<=\.)(?=[^\s@./]+[./])")


def breakable(text: object) -> Markup:
    """A text as HTML whose addresses break after ``@``, ``.`` and ``/`` before they do in a word."""
    whole = str(text)
    return Markup("<wbr>").join(_JOINT.split(whole) if len(whole) > _FITS else [whole])


def duration(span: timedelta) -> str:
    """A span of time in its largest unit: ``5 days``."""
    return str(format_timedelta(span, threshold=1))


def decimal(number: float) -> str:
    """A number with one digit after the point: ``1.8`` or ``1,8``."""
    return str(format_decimal(round(number, 1)))


def host(url: str) -> str:
    """Whose address it is: ``app.example.com``."""
    return urlsplit(url).hostname or url
