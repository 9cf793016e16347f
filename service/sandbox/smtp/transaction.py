"""The mail transaction of a session: MAIL, RCPT, then DATA or BDAT, and what comes of it."""

from service.sandbox.google import Google, Rejected
from service.sandbox.smtp import replies
from service.sandbox.smtp.acceptance import RefusedMailError, has_stray_line_end
from service.sandbox.smtp.houses import House
from service.sandbox.smtp.replies import Reply, refused
from service.sandbox.smtp.visit import Envelope, Octets, Visit, domain_of, is_mailbox, is_number

_RECIPIENTS = 100  # per transaction over SMTP (google.md §6)
_MAIL_PARAMETERS = frozenset({"SIZE", "BODY", "SMTPUTF8", "AUTH"})

Path = tuple[str, dict[str, str]]


class Transaction:
    """The open one, or the room for the next; every method answers as Google does."""

    def __init__(self, google: Google, house: House, visit: Visit) -> None:
        self._google = google
        self._house = house
        self._visit = visit
        self._envelope: Envelope | None = None
        self.number = 0

    @property
    def is_open(self) -> bool:
        """Whether MAIL was accepted."""
        return self._envelope is not None

    @property
    def sender(self) -> str:
        """The envelope's; ``""`` when none is open."""
        return self._envelope.sender if self._envelope else ""

    def reset(self) -> None:
        """Forget the open one."""
        self._envelope = None

    def begin(self, path: Path | None, *, is_secure: bool) -> Reply:
        """MAIL."""
        self.number += 1
        if not self._visit.helo:
            return replies.EHLO_FIRST
        if self._envelope is not None:
            return refused("bad_sequence")
        if path is None:
            return refused("syntax_555")
        sender, parameters = path
        wrong = self._house.check_sender(self._visit, sender, is_secure=is_secure)
        wrong = wrong or self._check_parameters(sender, parameters)
        if wrong is not None:
            return wrong
        self._envelope = Envelope(sender, "SMTPUTF8" in parameters)
        return replies.OK

    def add(self, path: Path | None) -> Reply:
        """RCPT."""
        envelope = self._envelope
        if envelope is None:
            return replies.MAIL_FIRST
        if path is None or path[1]:
            return refused("syntax_555")
        recipient = path[0]
        if not is_mailbox(recipient) or not (recipient.isascii() or envelope.is_utf8):
            return refused("bad_recipient", recipient=recipient)
        if len(envelope.recipients) >= _RECIPIENTS:
            return refused("too_many_recipients")
        envelope.recipients.append(recipient)
        return replies.RECIPIENT_OK

    def ask_for_data(self) -> Reply:
        """DATA."""
        if self._envelope is None:
            return replies.MAIL_FIRST
        if self._envelope.is_chunked:
            return replies.NO_DATA_AFTER_BDAT
        return replies.GO_AHEAD if self._envelope.recipients else replies.RECIPIENT_FIRST

    def check_chunk(self, size: int) -> Reply | None:
        """What is wrong with a BDAT of so many bytes."""
        envelope = self._envelope
        if envelope is None:
            return replies.MAIL_FIRST
        if not envelope.recipients or envelope.is_spoiled:
            return replies.RECIPIENT_FIRST
        if envelope.size + size > self._google.smtp.size:
            self.spoil()
            return refused("size")
        return None

    def add_chunk(self, chunk: Octets) -> None:
        """Keep what BDAT brought."""
        if self._envelope is not None:
            self._envelope.is_chunked = True
            self._envelope.content.append(chunk)

    def spoil(self) -> None:
        """Refuse all further chunks."""
        if self._envelope is not None:
            self._envelope.is_spoiled = True

    def chunks(self) -> Octets:
        """All that BDAT brought."""
        content = self._envelope.content if self._envelope else []
        return content[0] if len(content) == 1 else b"".join(content)

    def end(self, content: Octets | None) -> Reply:
        """The whole mail is there; ``None`` when it was larger than SIZE."""
        envelope = self._envelope
        if envelope is None:
            return replies.MAIL_FIRST
        if content is None:
            return refused("size")
        if has_stray_line_end(content):
            self._google.counters.add("smtp:bare_line_ends")
            if self._google.smtp.bare_line_ends == "refused":
                return self._reject("violation", envelope, content)
        try:
            return self._house.deliver(self._visit, envelope, content)
        except RefusedMailError as error:
            return self._reject(error.args[0], envelope, content)

    def _reject(self, row: str, envelope: Envelope, content: Octets) -> Reply:
        """Refuse it, but remember what came."""
        reply = refused(row, ip=self._visit.address, domain=domain_of(envelope.sender))
        kept = self._google.spool.keep(content)
        recipients = tuple(envelope.recipients)
        self._google.rejected.append(Rejected(envelope.sender, recipients, reply.code, row, kept))
        return reply

    def _check_parameters(self, sender: str, parameters: dict[str, str]) -> Reply | None:
        if parameters.keys() - _MAIL_PARAMETERS:  # no DSN: RET and ENVID are unknown
            return refused("syntax_555")
        if sender and (not is_mailbox(sender) or not (sender.isascii() or "SMTPUTF8" in parameters)):
            return refused("bad_sender", account=sender)
        size = parameters.get("SIZE", "0")
        if not is_number(size) or parameters.get("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"}:
            return refused("syntax_555")
        return refused("size") if int(size) > self._google.smtp.size else None
