"""What a client writes: command lines. Nothing gets into one that would make it two."""

import re
from collections.abc import Iterable

EHLO_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f.:IPv]+\]")
# RFC 5321 §4.1.2 without quoted strings; what is not ASCII needs SMTPUTF8 (RFC 6531 §3.3).
_PATH = re.compile(r"[^\x00-\x20\x7f-\x9f<>@,;:\\\"]+@[^\x00-\x20\x7f-\x9f<>@,;:\\\"]+")
_LINE = re.compile(rb"[^\x00-\x1f\x7f]+")


class CommandError(ValueError):
    """What should be written is not one command line; its text is not repeated here."""


def line(text: str) -> bytes:
    """One command line with its CRLF.

    Raises:
        CommandError: it holds a control character, or is empty.
    """
    written = text.encode("utf-8", "surrogatepass")
    if _LINE.fullmatch(written) is None:
        raise CommandError("a command is one line without control characters")
    return written + b"\r\n"


def ehlo(name: str) -> bytes:
    """EHLO (RFC 5321 §4.1.1.1). Raises ``CommandError``: the name is neither a domain nor a literal."""
    if EHLO_NAME.fullmatch(name) is None:
        raise CommandError("an EHLO name is a domain or an address literal")
    return line(f"EHLO {name}")


def mail_from(sender: str, parameters: Iterable[str]) -> bytes:
    """MAIL with its parameters (RFC 5321 §4.1.1.2). Raises ``CommandError``: no plain address."""
    return line(" ".join((f"MAIL FROM:<{_path(sender)}>", *parameters)))


def rcpt_to(recipient: str) -> bytes:
    """RCPT (RFC 5321 §4.1.1.3). Raises ``CommandError``: no plain address."""
    return line(f"RCPT TO:<{_path(recipient)}>")


def last_chunk(size_bytes: int) -> bytes:
    """BDAT for all that there is (RFC 3030 §2)."""
    return b"BDAT %d LAST\r\n" % size_bytes


def _path(address: str) -> str:
    if _PATH.fullmatch(address) is None:
        raise CommandError("not a plain address")
    return address
