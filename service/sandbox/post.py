"""The mailboxes: what was sent, what was received, one mailbox for every address there is."""

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.header import decode_header, make_header

from service.sandbox.letter import Letter

SENT = "SENT"
INBOX = "INBOX"
RELAYED = "RELAYED"  # by the SMTP relay: in nobody's Sent
API, SMTP, RELAY = "api", "smtp", "relay"


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter in one mailbox.

    Attributes:
        number: grows with time over all mailboxes.
        thread_id: of the conversation; the mail's own id where it began one.
        label: ``SENT``, ``INBOX``, or ``RELAYED`` for what the relay took.
        transport: the way by which it came to Google: ``api``, ``smtp`` or ``relay``.
    """

    number: int
    mail_id: str
    thread_id: str
    owner: str
    label: str
    at: datetime
    letter: Letter
    transport: str = API

    @property
    def is_sent(self) -> bool:
        """Whether its owner sent it."""
        return self.label != INBOX

    @property
    def at_ms(self) -> int:
        """When Gmail took it, in epoch milliseconds."""
        return int(self.at.timestamp() * 1000)

    @property
    def subject(self) -> str:
        """As people read it, encoded words decoded."""
        return str(make_header(decode_header(self.letter.field("subject"))))

    def content(self) -> bytes:
        """The whole mail as its owner sees it."""
        return self.letter.content(is_sent=self.is_sent)

    @property
    def size_bytes(self) -> int:
        """How large that is."""
        return len(self.letter.head(is_sent=self.is_sent)) + self.letter.body.size


@dataclass(slots=True)
class PostOffice:
    """All mailboxes; safe for many threads."""

    _boxes: dict[str, list[Mail]] = field(default_factory=dict)
    _by_id: dict[str, Mail] = field(default_factory=dict)
    _sent: list[Mail] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(
        self,
        letter: Letter,
        *,
        account: str,
        at: datetime,
        thread_id: str | None = None,
        transport: str = API,
    ) -> Mail:
        """Take a letter: one copy for the sender, one for each recipient, the body only once.

        What came by the relay is in no account's *Sent* (google.md §7.1).
        """
        label = RELAYED if transport == RELAY else SENT
        with self._lock:
            sent = self._make(letter, account.lower(), label, at, transport)
            if thread_id:
                sent = replace(sent, thread_id=thread_id)
            self._put(sent, is_in_box=label == SENT)
            self._sent.append(sent)
            for recipient in letter.recipients:
                self._put(self._make(letter, recipient, INBOX, at, transport))
        return sent

    def sent_by(self, address: str, label: str) -> list[Mail]:
        """What one address sent, oldest first: ``SENT`` or ``RELAYED``."""
        if label == SENT:
            return self.box(address, SENT)
        return [mail for mail in self.sent() if mail.label == label and mail.owner == address.lower()]

    def box(self, address: str, label: str | None = None) -> list[Mail]:
        """The mails of one mailbox, oldest first."""
        with self._lock:
            mails = list(self._boxes.get(address.lower(), ()))
        return [mail for mail in mails if label in {None, mail.label}]

    def find(self, mail_id: str) -> Mail | None:
        """The mail of this id."""
        with self._lock:
            return self._by_id.get(mail_id)

    def sent(self) -> list[Mail]:
        """Every mail that was accepted, oldest first."""
        with self._lock:
            return list(self._sent)

    def addresses(self) -> list[str]:
        """Every address with a mailbox, by alphabet."""
        with self._lock:
            return sorted(self._boxes)

    def clear(self) -> None:
        """Empty every mailbox."""
        with self._lock:
            self._boxes.clear()
            self._by_id.clear()
            self._sent.clear()

    def _make(self, letter: Letter, owner: str, label: str, at: datetime, transport: str) -> Mail:
        number = next(self._numbers)
        mail_id = f"{int(at.timestamp() * 1000) << 20 | number & 0xFFFFF:016x}"
        return Mail(number, mail_id, mail_id, owner, label, at, letter, transport)

    def _put(self, mail: Mail, *, is_in_box: bool = True) -> None:
        if is_in_box:
            self._boxes.setdefault(mail.owner, []).append(mail)
        self._by_id[mail.mail_id] = mail


def times_sent(mails: list[Mail], header: str) -> Counter[str]:
    """How often each value of a header was accepted."""
    return Counter(mail.letter.field(header) for mail in mails)
