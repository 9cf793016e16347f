"""How many mails an account may send in a rolling day, by every way together (google.md §6)."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from service.clock import Clock
from service.sandbox.post import RELAYED, SENT, Mail, PostOffice

_DAY = timedelta(days=1)


@dataclass(slots=True)
class SendingLimits:
    """None to begin with, so that load tests can send; safe for many threads."""

    clock: Clock
    post: PostOffice
    _daily: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, address: str, messages: int | None, *, by_relay: bool = False) -> None:
        """Let an account send so many mails in 24 h; ``None`` as many as it likes.

        Args:
            address: the account; for the relay the envelope sender.
            messages: in any 24 h, those before this call included.
            by_relay: the relay's own limit; the other one is for API and ``smtp.gmail.com`` together.
        """
        key = (address.lower(), RELAYED if by_relay else SENT)
        with self._lock:
            if messages is None:
                self._daily.pop(key, None)
            else:
                self._daily[key] = messages

    def is_reached(self, address: str, *, by_relay: bool = False) -> bool:
        """Whether the next mail would be one too many."""
        label = RELAYED if by_relay else SENT
        with self._lock:
            most = self._daily.get((address.lower(), label))
        if most is None:
            return False
        return len(self._lately(address, label)) >= most

    def retry_at(self, address: str) -> str:
        """When the oldest mail of the last 24 h falls out of the count, as Google writes it."""
        at = self._lately(address, SENT)[0].at + _DAY
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"

    def _lately(self, address: str, label: str) -> list[Mail]:
        since = self.clock.now() - _DAY
        return [mail for mail in self.post.sent_by(address, label) if mail.at > since]
