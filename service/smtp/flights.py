"""The ways of one mail over an open session, by what the server offers.

==================================  ===========  ==================================================
PIPELINING and CHUNKING             1 trip       MAIL, RCPT …, BDAT LAST and all bytes in one write
… but the mail is large             2 trips      MAIL, RCPT … asked first; then BDAT LAST, streamed
PIPELINING                          2 trips      MAIL, RCPT …, DATA asked first; then the bytes
neither                             3 + n trips  step by step
==================================  ===========  ==================================================

One trip cannot be taken back when only some recipients are refused: the others get the mail, which is what
two trips come to as well. It is not taken for mails above ``ASK_FIRST_BYTES`` (a refusal would have cost
the whole upload) nor for more than ``MAX_LINES`` recipients (both sides would write, and nobody read).
"""

import time
from collections.abc import Iterable, Iterator

from service.smtp import commands
from service.smtp.answers import Answers
from service.smtp.capabilities import Capabilities
from service.smtp.content import checked, stuffed, windows, with_last
from service.smtp.dialogue import Dialogue
from service.smtp.errors import BrokenError, NotOfferedError, RefusedError, SmtpError, TooLargeError
from service.smtp.replies import Phase, Reply
from service.smtp.submission import Submission, Taken

ASK_FIRST_BYTES = 1024 * 1024
MAX_LINES = 100
EARLY_ANSWER_S = 1.0  # a server that cuts a mail short has said why by then, or says nothing
_DATA = (Phase.DATA, b"DATA\r\n")
_END = b".\r\n"


class Flight:
    """One mail's way. Good for one ``fly``."""

    def __init__(self, dialogue: Dialogue, offered: Capabilities, submission: Submission) -> None:
        self._dialogue = dialogue
        self._offered = offered
        self._mail = submission
        self._answers = Answers(submission.recipients)

    def fly(self) -> Taken:
        """Submit the mail. Raises as ``Session.send``."""
        try:
            return self._fly()
        except BrokenError as broken:
            broken.refused = self._answers.refused
            raise

    def _fly(self) -> Taken:
        self._must_fit()
        size = self._mail.size_bytes
        if size > ASK_FIRST_BYTES:
            # Read once, while it is sent: 8BITMIME is claimed unseen, which a mail of 7 bits may do.
            pieces = self._seven_bit(checked(windows(self._mail.open()), size))
            return self._ask_first(pieces, eight_bit=self._offered.eight_bit)
        # Seen whole before the first command: what must not leave costs the server nothing.
        content = b"".join(self._seven_bit(checked(self._mail.open(), size)))
        is_ascii = content.isascii()
        if self._goes_in_one():
            return self._send_in_one(content, eight_bit=not is_ascii)
        return self._ask_first((content,), eight_bit=not is_ascii)

    def _must_fit(self) -> None:
        limit, size = self._offered.size_bytes, self._mail.size_bytes
        if limit and size > limit:
            raise TooLargeError(size, limit)
        if self._mail.needs_smtputf8 and not self._offered.smtputf8:
            raise NotOfferedError(Phase.MAIL, "SMTPUTF8")

    def _seven_bit(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces, without 8-bit bytes where the server takes none (RFC 6152)."""
        for piece in pieces:
            if not (self._offered.eight_bit or piece.isascii()):
                raise NotOfferedError(Phase.MAIL, "8BITMIME")
            yield piece

    def _goes_in_one(self) -> bool:
        offered = self._offered
        return offered.pipelining and offered.chunking and len(self._mail.recipients) <= MAX_LINES

    def _envelope(self, *, eight_bit: bool) -> list[tuple[Phase, bytes]]:
        parameters = []
        if self._offered.size_bytes is not None:
            parameters.append(f"SIZE={self._mail.size_bytes}")
        if eight_bit:
            parameters.append("BODY=8BITMIME")
        if self._mail.needs_smtputf8:
            parameters.append("SMTPUTF8")
        return [
            (Phase.MAIL, commands.mail_from(self._mail.sender, parameters)),
            *((Phase.RCPT, commands.rcpt_to(recipient)) for recipient in self._mail.recipients),
        ]

    def _send_in_one(self, content: bytes, *, eight_bit: bool) -> Taken:
        envelope = self._envelope(eight_bit=eight_bit)
        lines = b"".join(line for _, line in envelope) + commands.last_chunk(len(content))
        self._mail.hand_over()
        self._dialogue.must_be_quiet(Phase.MAIL)
        self._dialogue.write(Phase.DATA, lines, content, answers=len(envelope) + 1)
        deadline = self._last_deadline()
        try:
            for phase, _ in envelope:
                self._answers.add(phase, self._dialogue.hear(phase, deadline=deadline, whole=True))
            final = self._dialogue.hear(Phase.END_OF_DATA, deadline=deadline, whole=True)
        except BrokenError as broken:
            raise self._answers.ending() or _after_the_end(broken) from broken
        refusal = self._answers.refusal()
        if refusal is None:
            return self._taken(final)
        if refusal.phase is Phase.MAIL and final.is_success:
            # Then somebody has got it, under whatever sender the server remembered.
            raise BrokenError(Phase.END_OF_DATA, "took the mail and refused its sender", whole=True)
        raise refusal

    def _ask_first(self, pieces: Iterable[bytes], *, eight_bit: bool) -> Taken:
        envelope = self._envelope(eight_bit=eight_bit)
        if self._offered.chunking:
            self._ask(envelope)
            return self._stream(pieces, head=commands.last_chunk(self._mail.size_bytes))
        self._ask([*envelope, _DATA])
        return self._stream(stuffed(pieces), tail=_END)

    def _ask(self, lines: list[tuple[Phase, bytes]]) -> None:
        """Ask, as many at once as the server likes; stop where nobody can get the mail any more."""
        step = MAX_LINES if self._offered.pipelining else 1
        try:
            for start in range(0, len(lines), step):
                self._ask_some(lines[start : start + step])
                refusal = self._answers.refusal()
                if refusal is not None:
                    break
        except BrokenError as broken:
            raise self._answers.ending() or broken from broken
        if refusal is not None:
            # A server that took DATA nevertheless waits for a mail that it shall not get.
            self._dialogue.owed += self._answers.awaits_mail
            raise refusal

    def _ask_some(self, lines: list[tuple[Phase, bytes]]) -> None:
        first = lines[0][0]
        self._dialogue.must_be_quiet(first)
        self._dialogue.write(first, b"".join(line for _, line in lines), answers=len(lines))
        for phase, _ in lines:
            self._answers.add(phase, self._dialogue.hear(phase))

    def _stream(self, pieces: Iterable[bytes], *, head: bytes = b"", tail: bytes = b"") -> Taken:
        # From here on the server takes whatever comes for the mail, until its end.
        self._dialogue.owed += 1
        try:
            for piece, is_last in with_last(pieces):
                if is_last:
                    self._mail.hand_over()
                self._dialogue.must_be_quiet(Phase.DATA)
                self._dialogue.write(Phase.DATA, head, piece, tail if is_last else b"", answers=0)
                head = b""
        except BrokenError as broken:
            raise self._explained(broken) from broken
        final = self._dialogue.hear(Phase.END_OF_DATA, deadline=self._last_deadline(), whole=True)
        return self._taken(final)

    def _explained(self, broken: BrokenError) -> SmtpError:
        """Why a server cut a mail short, if it said so: the mail was not whole, so it is certain."""
        try:
            reply = self._dialogue.hear(Phase.DATA, deadline=time.monotonic() + EARLY_ANSWER_S)
        except BrokenError:
            return broken
        return RefusedError(Phase.DATA, reply) if reply.is_refusal else broken

    def _last_deadline(self) -> float:
        return time.monotonic() + self._dialogue.deadlines.answer_s

    def _taken(self, final: Reply) -> Taken:
        if final.is_refusal:
            raise RefusedError(Phase.END_OF_DATA, final)
        if not final.is_success:
            raise BrokenError(Phase.END_OF_DATA, f"answered with {final.code}", whole=True)
        return Taken(final, self._answers.refused)


def _after_the_end(broken: BrokenError) -> BrokenError:
    return BrokenError(broken.phase, broken.reason, whole=True)
