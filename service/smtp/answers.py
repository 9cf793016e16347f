"""What a server answered to the commands of one mail, and what follows from it."""

from dataclasses import dataclass, field

from service.smtp.dialogue import CLOSING
from service.smtp.errors import BrokenError, RecipientsRefusedError, RefusedError
from service.smtp.replies import Phase, Reply

GO_AHEAD = 354


@dataclass(slots=True)
class Answers:
    """The replies so far, in the order of their commands."""

    recipients: tuple[str, ...]
    _heard: list[tuple[Phase, Reply]] = field(default_factory=list)

    def add(self, phase: Phase, reply: Reply) -> None:
        """Take the next reply.

        Raises:
            BrokenError: it is none that can follow here.
        """
        if not (reply.is_success or reply.is_refusal or (phase is Phase.DATA and reply.code == GO_AHEAD)):
            raise BrokenError(phase, f"answered with {reply.code}")
        self._heard.append((phase, reply))

    @property
    def awaits_mail(self) -> bool:
        """Whether the server took DATA, for better or worse."""
        return any(reply.code == GO_AHEAD for phase, reply in self._heard if phase is Phase.DATA)

    @property
    def refused(self) -> tuple[tuple[str, Reply], ...]:
        """The recipients that were not taken so far."""
        replies = (reply for phase, reply in self._heard if phase is Phase.RCPT)
        return tuple(
            (recipient, reply)
            for recipient, reply in zip(self.recipients, replies, strict=False)
            if reply.is_refusal
        )

    def refusal(self) -> RefusedError | None:
        """Why nobody can get the mail: no sender, or no recipient, was taken."""
        for phase, reply in self._heard:
            if phase is Phase.MAIL and reply.is_refusal:
                return RefusedError(phase, reply)
        refused = self.refused
        if len(refused) == len(self.recipients):
            return RecipientsRefusedError(refused)
        for phase, reply in self._heard:
            if phase is Phase.DATA and reply.is_refusal:
                return RefusedError(phase, reply)
        return None

    def ending(self) -> RefusedError | None:
        """Why nothing more came: the server had said that it closes (RFC 5321 §3.8), or ``refusal``."""
        for phase, reply in self._heard:
            if reply.code == CLOSING:
                return RefusedError(phase, reply)
        return self.refusal()
