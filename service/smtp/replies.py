"""What an SMTP server says: one reply, read line by line, and the phase in which it said it."""

import re
from dataclasses import dataclass
from enum import StrEnum

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?= |\Z)")
# What no log, page or database should have to bear: C0 and C1 controls, line and paragraph separators.
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


class Phase(StrEnum):
    """How far a submission had come when something happened."""

    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"  # also what stands before it: RSET, NOOP
    RCPT = "rcpt"
    DATA = "data"  # also the mail's bytes, up to but without the last one
    END_OF_DATA = "end_of_data"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply (RFC 5321 §4.2).

    Attributes:
        code: three digits, 200 to 599.
        enhanced: the enhanced status code, such as ``5.1.1`` (RFC 3463); ``""`` where there is none.
        text: its lines, joined by line feeds, without the codes; printable.
    """

    code: int
    enhanced: str
    text: str

    @property
    def is_success(self) -> bool:
        """2yz: done."""
        return 200 <= self.code < 300  # noqa: PLR2004, RFC 5321 §4.2.1

    @property
    def is_refusal(self) -> bool:
        """4yz or 5yz: not done."""
        return self.code >= 400  # noqa: PLR2004, RFC 5321 §4.2.1

    @property
    def is_temporary(self) -> bool:
        """4yz: the same command may succeed later."""
        return 400 <= self.code < 500  # noqa: PLR2004, RFC 5321 §4.2.1

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.text.split("\n")

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text)))


class GarbledReplyError(ValueError):
    """What came is no SMTP reply."""


class ReplyLines:
    """Collects the lines of one reply."""

    def __init__(self) -> None:
        self._code = b""
        self._texts: list[bytes] = []

    def add(self, line: bytes) -> Reply | None:
        """Take one line without its line end; the reply when it is the last one.

        Raises:
            GarbledReplyError: it is no line of a reply, or of another one than the lines before.
        """
        found = _LINE.fullmatch(line)
        if found is None or (self._code and found[1] != self._code):
            raise GarbledReplyError("not an SMTP reply")
        self._code = found[1]
        self._texts.append(found[3] or b"")
        return None if found[2] == b"-" else _reply(int(found[1]), self._texts)


def _reply(code: int, texts: list[bytes]) -> Reply:
    """Google and others repeat the enhanced code on every line; it is taken off wherever it stands."""
    lines = [_printable(text.decode("utf-8", "replace")) for text in texts]
    found = _ENHANCED.match(lines[0])
    # RFC 2034 §4: its class is the reply's own.
    if found is None or int(found[1]) != code // 100:
        return Reply(code, "", "\n".join(lines).strip())
    enhanced = found[0]
    stripped = (line[len(enhanced) :].lstrip(" ") if line.startswith(enhanced) else line for line in lines)
    return Reply(code, enhanced, "\n".join(stripped).strip())


def _printable(text: str) -> str:
    return text if text.isprintable() else _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
