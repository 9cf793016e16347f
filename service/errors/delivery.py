"""How a try ends that brings no receipt."""

from dataclasses import dataclass

from service.errors.base import ServiceError


@dataclass(frozen=True, slots=True)
class Refusal:
    """One recipient whom the server did not take, while it took, or may have taken, the mail for others.

    Attributes:
        address: as the envelope named it.
        code: the problem code, such as ``recipient-unknown``.
        status, reply: the server's answer to this RCPT.
        is_permanent: whether another try for this recipient is useless.
    """

    address: str
    code: str
    status: int
    reply: str
    is_permanent: bool


class DeliveryError(ServiceError):
    """A try that did not end in a receipt. Never raised itself.

    Attributes:
        code: the problem code of the error catalogue, such as ``quota-reached``.
        reply: the server's own words, at most 2,000 characters, for the log and the timeline.
        status: the HTTP or SMTP code, ``None`` where the server said nothing.
        wait_s: seconds to wait before the next try, where the server named them.
    """

    def __init__(
        self, code: str, reply: str = "", *, status: int | None = None, wait_s: float | None = None
    ) -> None:
        super().__init__(reply or code)
        self.code = code
        self.reply = reply[:2000]
        self.status = status
        self.wait_s = wait_s


class TransientDeliveryError(DeliveryError):
    """Certainly not sent; another try may succeed."""


class WayDownError(TransientDeliveryError):
    """Certainly not sent, because this way does not work right now; another way may."""


class MailboxHeldError(DeliveryError):
    """Certainly not sent; the whole mailbox must pause, by whichever way, and the try does not count."""


class WayHeldError(DeliveryError):
    """Certainly not sent; an operator or an admin must mend this way, another way may work."""


class ReconnectRequiredError(DeliveryError):
    """Certainly not sent; only the mailbox owner can mend this way, and the try does not count."""


class PermanentDeliveryError(DeliveryError):
    """Certainly not sent; the same message will be refused again."""


class UncertainDeliveryError(DeliveryError):
    """The answer was lost after the last byte: nobody can know whether the mail was taken.

    Attributes:
        refused: recipients whom the server had refused before: they certainly have not got it.
    """

    def __init__(
        self,
        code: str,
        reply: str = "",
        *,
        status: int | None = None,
        wait_s: float | None = None,
        refused: tuple[Refusal, ...] = (),
    ) -> None:
        super().__init__(code, reply, status=status, wait_s=wait_s)
        self.refused = refused
