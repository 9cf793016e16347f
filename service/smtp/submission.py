"""One mail with its envelope, as it is submitted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.smtp.replies import Reply


@dataclass(frozen=True, slots=True)
class Submission:
    """What goes out.

    Attributes:
        sender, recipients: plain addresses, without names; the envelope, whatever the mail's fields say.
        size_bytes: how many bytes ``open`` gives.
        open: begins to read the mail, from its first byte each time it is called.
        hand_over: called once, right before the last byte leaves; what it raises goes up, and the last
            byte stays here.
    """

    sender: str
    recipients: tuple[str, ...]
    size_bytes: int
    open: Callable[[], Iterator[bytes]]
    hand_over: Callable[[], None]

    def __post_init__(self) -> None:
        if not self.recipients:
            raise ValueError("a mail needs a recipient")

    @property
    def needs_smtputf8(self) -> bool:
        """Whether an address is more than ASCII (RFC 6531)."""
        return not (self.sender.isascii() and all(map(str.isascii, self.recipients)))


@dataclass(frozen=True, slots=True)
class Taken:
    """The server took the mail.

    Attributes:
        reply: its final words.
        refused: the recipients that it does not hold for, with what it said to each; never all.
    """

    reply: Reply
    refused: tuple[tuple[str, Reply], ...] = ()
