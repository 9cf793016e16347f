"""Replies in Google's words: the usual ones here, the refusals from the fault table."""

from dataclasses import dataclass

from service.sandbox.fault import Fault
from service.sandbox.smtp_fault_table import SMTP_FAULTS

_REFUSALS = {fault.name.removeprefix("smtp_"): fault for fault in SMTP_FAULTS if fault.kind == "smtp"}
_CLOSES = frozenset({221, 421})


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply (RFC 5321 §4.2).

    Attributes:
        enhanced: RFC 3463 code, which Google repeats on every line; ``""`` where it gives none.
        tail: what ends the last line after the connection's name; ``""`` where Google gives neither.
    """

    code: int
    enhanced: str
    lines: tuple[str, ...]
    tail: str = "gsmtp"
    closes: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the client may go on."""
        return self.code < 400  # noqa: PLR2004 - RFC 5321 §4.2.1

    def encode(self, name: str) -> bytes:
        """As it goes over the wire; ``name`` is the connection's."""
        enhanced = f"{self.enhanced} " if self.enhanced else ""
        tail = f" {name} - {self.tail}" if self.tail else ""
        *first, last = self.lines
        before = "".join(f"{self.code}-{enhanced}{line}\r\n" for line in first)
        return f"{before}{self.code} {enhanced}{last}{tail}\r\n".encode()


def said(code: int, enhanced: str, text: str, *, tail: str = "gsmtp") -> Reply:
    """A usual reply."""
    return Reply(code, enhanced, (text,), tail, code in _CLOSES)


def refused(name: str, **words: str) -> Reply:
    """A row of the SMTP fault table, named without its ``smtp_``."""
    return played(_REFUSALS[name], **words)


def played(fault: Fault, **words: str) -> Reply:
    """A fault as a reply; ``words`` are what its sentence leaves open."""
    text = fault.message.format(**words) if "{" in fault.message else fault.message
    closes = fault.status in _CLOSES or fault.canonical == "4.4.2"
    return Reply(fault.status, fault.canonical, tuple(text.split("\n")), fault.detail, closes)


OK = said(250, "2.1.0", "OK")
RECIPIENT_OK = said(250, "2.1.5", "OK")
FLUSHED = said(250, "2.1.5", "Flushed")
GO_AHEAD = said(354, "", "Go ahead")
GOODBYE = said(221, "2.0.0", "closing connection")
READY_FOR_TLS = said(220, "2.0.0", "Ready to start TLS", tail="")
ACCEPTED = said(235, "2.7.0", "Accepted")
NOOP = said(250, "2.0.0", "OK")
VERIFY = said(252, "2.1.5", "Send some mail, I'll try my best")
EHLO_FIRST = said(503, "5.5.1", "EHLO/HELO first.")
MAIL_FIRST = said(503, "5.5.1", "MAIL first.")
RECIPIENT_FIRST = said(503, "5.5.1", "RCPT first.")
NO_DATA_AFTER_BDAT = said(503, "5.5.1", "No DATA after BDAT.")
NO_CHANGE = said(503, "5.7.0", "No identity changes permitted.")
NO_PARAMETERS = said(501, "5.7.11", "Syntax error (no parameters allowed)")
