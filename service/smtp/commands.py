"""What a client writes: command lines. Nothing gets into one that would make it two.

Everything here raises ``CommandError`` for what cannot be written down.
"""

import re
from collections.abc import Iterable

from service.smtp.errors import CommandError
from service.smtp.replies import Phase

_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Za-z.:]+\]")
# RFC 5321 §4.1.2 without quoted strings; what is not ASCII needs SMTPUTF8 (RFC 6531 §3.3).
_ATOMS = r"[^\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff<>()\[\]@,;:\\\"]+"
_PATH = re.compile(f"{_ATOMS}@{_ATOMS}")


def line(phase: Phase, text: str) -> bytes:
    """One command line with its CRLF."""
    if _LINE.fullmatch(text) is None:
        raise CommandError(phase)
    return text.encode() + b"\r\n"


def ehlo(name: str) -> bytes:
    """EHLO with a domain or an address literal (RFC 5321 §4.1.1.1)."""
    if _NAME.fullmatch(name) is None:
        raise CommandError(Phase.EHLO)
    return line(Phase.EHLO, f"EHLO {name}")


def mail_from(sender: str, parameters: Iterable[str]) -> bytes:
    """MAIL with its parameters (RFC 5321 §4.1.1.2)."""
    return line(Phase.MAIL, " ".join((f"MAIL FROM:<{_path(Phase.MAIL, sender)}>", *parameters)))


def rcpt_to(recipient: str) -> bytes:
    """RCPT (RFC 5321 §4.1.1.3)."""
    return line(Phase.RCPT, f"RCPT TO:<{_path(Phase.RCPT, recipient)}>")


def last_chunk(size_bytes: int) -> bytes:
    """BDAT for all that there is (RFC 3030 §2)."""
    return b"BDAT %d LAST\r\n" % size_bytes


def _path(phase: Phase, address: str) -> str:
    if _PATH.fullmatch(address) is None:
        raise CommandError(phase)
    return address
