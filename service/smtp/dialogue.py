"""Commands and replies over one wire: what was asked, what is still owed, and what went wrong when.

Every failure of the wire becomes a ``BrokenError`` that names the phase.
"""

import time
from dataclasses import dataclass

from service.smtp.errors import BrokenError
from service.smtp.replies import GarbledReplyError, Phase, Reply, ReplyLines
from service.smtp.wire import Wire

MAX_REPLY_BYTES = 65_536
CLOSING = 421  # RFC 5321 §3.8: the server ends the session after it


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each phase may take, in seconds.

    A server has 10 minutes for its final answer and 3 for a block of data, as RFC 5321 §4.5.3.2 wants. For
    commands it wants 5; a submission server that takes longer than one minute is ill, giving up on it is
    certain and costs one try, and whoever waits for it sends nothing else.

    Attributes:
        connect_s: for each address of the host.
        tls_s: for the handshake.
        command_s: from a command to the whole of its reply, however slowly it drips.
        block_s: for the kernel to take what is written at once, a mail of 1 MiB or 256 KiB of a larger one.
        answer_s: from the mail's last byte to the whole of the final reply.
    """

    connect_s: float = 10
    tls_s: float = 30
    command_s: float = 60
    block_s: float = 180
    answer_s: float = 600


class Dialogue:
    """One side of an SMTP conversation, ours.

    Attributes:
        owed: how many replies are still to come.
        is_over: whether the server said 421, or the wire broke.
    """

    def __init__(self, wire: Wire, deadlines: Deadlines) -> None:
        self.wire = wire
        self.deadlines = deadlines
        self.owed = 0
        self.is_over = False

    def ask(self, phase: Phase, line: bytes) -> Reply:
        """Write one command and read its reply.

        Raises:
            BrokenError: there is none, or something was said before it was asked.
        """
        self.must_be_quiet(phase)
        self.write(phase, line, answers=1)
        return self.hear(phase)

    def write(self, phase: Phase, *pieces: bytes, answers: int) -> None:
        """Write, and owe so many replies more. Raises ``BrokenError``: the last byte stayed here."""
        self.owed += answers
        try:
            self.wire.write(*pieces, deadline=time.monotonic() + self.deadlines.block_s)
        except OSError as error:
            raise self._broken(phase, error) from error

    def hear(self, phase: Phase, *, deadline: float | None = None, whole: bool = False) -> Reply:
        """Read the next reply, by ``deadline`` (of ``time.monotonic``), else within a command's time.

        ``whole`` says, for the error, whether all of a mail had left before.

        Raises:
            BrokenError: there is none.
        """
        if deadline is None:
            deadline = time.monotonic() + self.deadlines.command_s
        try:
            reply = self._read(deadline)
        except (OSError, GarbledReplyError) as error:
            raise self._broken(phase, error, whole=whole) from error
        self.owed -= 1
        self.is_over = self.is_over or reply.code == CLOSING
        return reply

    def must_be_quiet(self, phase: Phase) -> None:
        """Raises ``BrokenError``: the server hung up, or said something that nobody had asked for."""
        if not self.wire.is_quiet():
            raise self._broken(phase, ConnectionResetError("hung up, or spoke unasked"))

    def close(self) -> None:
        """Hang up."""
        self.is_over = True
        self.wire.close()

    def _read(self, deadline: float) -> Reply:
        lines, left_bytes = ReplyLines(), MAX_REPLY_BYTES
        while True:
            line = self.wire.read_line(deadline, left_bytes)
            left_bytes -= len(line) + 1
            reply = lines.add(line)
            if reply is not None:
                return reply

    def _broken(self, phase: Phase, error: Exception, *, whole: bool = False) -> BrokenError:
        self.is_over = True
        return BrokenError(phase, f"{type(error).__name__}: {error}", whole=whole)
