"""How a try ended, and what follows from it."""

from dataclasses import dataclass
from datetime import datetime

from service.errors import Refusal
from service.outbox.entry import State


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's word that it took the mail.

    Attributes:
        id: Gmail's message id, or what an SMTP server said after its 250.
        refused: recipients it does not hold for; never all of them.
    """

    id: str
    reply: str = ""
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A limit or an operator's fault pauses the whole mailbox until then.

    Attributes:
        is_guess: nobody named the time; it gets longer each time the same limit is met again.
    """

    until: datetime
    code: str
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Detour:
    """This way is left out until then; the mail takes the next one of the route at once."""

    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Only the owner can mend this way. Where the route has no other, the connection waits for that."""

    code: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a try.

    Attributes:
        state: the entry's next kept state.
        next_attempt_at: for open states.
        counts: whether the try counts for the retry schedule.
        connection: what follows for the mailbox or its way, if anything.
        refused: recipients who did not get what the others got, or will get.
    """

    state: State
    next_attempt_at: datetime | None = None
    counts: bool = True
    connection: Hold | Detour | Reconnect | None = None
    refused: tuple[Refusal, ...] = ()
