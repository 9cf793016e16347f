"""Plays a fault in an SMTP conversation: another reply, or a connection that breaks."""

from collections.abc import Callable
from dataclasses import replace

from service.sandbox.faults import Armed
from service.sandbox.google import Google
from service.sandbox.smtp.line import Line
from service.sandbox.smtp.replies import Reply, played

_GARBAGE = bytes(range(128, 256)) + b"\0\xff not SMTP at all\r\n"
_HUGE_LINE = b"250-" + b"x" * 500 + b"\r\n"
_HUGE_LINES = 20_000  # 10 MB
_MANY_LINES = 200


class CutError(Exception):
    """The connection ends here, politely (FIN)."""


class ResetError(CutError):
    """The same by RST."""


def play(
    google: Google, line: Line, armed: Armed, usual: Callable[[], Reply], words: dict[str, str]
) -> Reply | None:
    """What is answered instead of the usual; ``None`` when that was no reply.

    Raises:
        CutError: nothing more is answered.
    """
    google.counters.add(f"fault:{armed.fault.name}")
    reply = usual() if armed.is_taken else None
    if armed.fault.kind == "smtp":
        return played(armed.fault, **words)
    reason = armed.fault.reason
    if reason == "slow":
        line.flush()
        google.stopping.wait(armed.seconds)
        return reply
    if reason == "multi_line" and reply is not None:
        return replace(reply, lines=reply.lines[:1] * _MANY_LINES + reply.lines)
    if reason == "garbage":
        line.send(_GARBAGE)
        return None
    _break(google, line, armed)
    raise ResetError if reason == "reset" else CutError


def _break(google: Google, line: Line, armed: Armed) -> None:
    """All that ends the connection, sooner or later."""
    reason = armed.fault.reason
    if reason == "no_crlf":
        line.send(b"250 2.0.0 OK")
    for _ in range(_HUGE_LINES if reason == "huge" else 0):
        line.send(_HUGE_LINE)
    line.flush()
    if reason in {"hang", "no_crlf"}:
        google.stopping.wait(armed.seconds)
