"""How a submission can fail. Every leaf says in which phase, and whether the mail can have been taken.

SmtpError(phase)
├─ NotReachedError(reason)               no connection: DNS, TCP; or no free place in the pool
├─ TlsError(reason, reply)               not encrypted as it must be; nothing secret has left
├─ RefusedError(phase, reply)            the server said 4yz or 5yz
│   └─ RecipientsRefusedError(refusals)  … to every recipient
├─ NotOfferedError(phase, extension)     the mail or the login needs what EHLO did not offer
├─ TooLargeError(size_bytes, limit_bytes)
├─ CommandError(phase)                   an address, a name or a login that is no part of one command line
├─ ContentError(reason)                  bytes that must never leave, or not as many as were said
└─ BrokenError(phase, reason, whole)     cut, silent or garbled; ``whole`` says whether all bytes had left

Only a ``BrokenError`` with ``whole`` leaves the mail's fate unknown. After all others it was not taken.
"""

from collections.abc import Sequence

from service.smtp.replies import Phase, Reply


class SmtpError(Exception):
    """A submission that did not come about. Never raised itself."""

    phase: Phase


class NotReachedError(SmtpError):
    """No connection to the server."""

    phase = Phase.CONNECT


class TlsError(SmtpError):
    """The connection cannot be encrypted as it must be.

    Attributes:
        reply: what the server said to STARTTLS, if that was the trouble.
    """

    phase = Phase.TLS

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class RefusedError(SmtpError):
    """The server said no.

    Attributes:
        note: what else it said, for the log: the decoded challenge of XOAUTH2. Holds no secret.
    """

    def __init__(self, phase: Phase, reply: Reply, note: str = "") -> None:
        super().__init__(f"{phase}: {reply}")
        self.phase = phase
        self.reply = reply
        self.note = note


class RecipientsRefusedError(RefusedError):
    """The server took no recipient. ``reply`` is the first that may pass, else the first.

    Attributes:
        refusals: what it said to each, as ``(address, reply)``.
    """

    def __init__(self, refusals: Sequence[tuple[str, Reply]]) -> None:
        replies = [reply for _, reply in refusals]
        super().__init__(Phase.RCPT, next((reply for reply in replies if reply.is_temporary), replies[0]))
        self.refusals = tuple(refusals)


class NotOfferedError(SmtpError):
    """The server does not offer what this mail or this login needs."""

    def __init__(self, phase: Phase, extension: str) -> None:
        super().__init__(f"The server does not offer {extension}.")
        self.phase = phase
        self.extension = extension


class TooLargeError(SmtpError):
    """The server announced a smaller limit (RFC 1870)."""

    phase = Phase.MAIL

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"The message has {size_bytes} bytes; the server takes {limit_bytes}.")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class CommandError(SmtpError):
    """What should be written would not be one command line; it is not repeated here."""

    def __init__(self, phase: Phase) -> None:
        super().__init__(f"{phase}: not one plain command line")
        self.phase = phase


class ContentError(SmtpError):
    """The mail's bytes must not leave as they are; whatever left of them was no whole mail."""

    phase = Phase.DATA


class BrokenError(SmtpError):
    """The connection was cut, fell silent or made no sense.

    Attributes:
        whole: whether the last byte of the mail had been handed to the kernel.
        refused: recipients that had been refused before, as ``(address, reply)``: they have not got it.
    """

    def __init__(self, phase: Phase, reason: str, *, whole: bool = False) -> None:
        super().__init__(f"{phase}: {reason}")
        self.phase = phase
        self.reason = reason
        self.whole = whole
        self.refused: tuple[tuple[str, Reply], ...] = ()
