"""One session at a submission server: opened, authenticated, then used for one mail after another.

Never in clear text: implicit TLS, or STARTTLS before anything that matters (RFC 8314 §3, RFC 3207).
"""

import ssl
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from service.smtp import commands
from service.smtp.capabilities import Capabilities
from service.smtp.dialogue import Deadlines, Dialogue
from service.smtp.errors import BrokenError, NotOfferedError, NotReachedError, RefusedError, TlsError
from service.smtp.flights import Flight
from service.smtp.replies import Phase, Reply
from service.smtp.sasl import Login, auth_line, decoded, without_secret
from service.smtp.submission import Submission, Taken
from service.smtp.wire import Wire

_GO_AHEAD = 220
_AUTHENTICATED = 235
_CHALLENGE = 334
_NO = 535
_QUIT = b"QUIT\r\n"
_QUIT_S = 0.1
_MAX_NOTE = 2000
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is submitted.

    Attributes:
        host: the certificate must name it.
        starttls: begin in clear text and insist on STARTTLS; else TLS from the first byte.
        only_public: not where it is in a private network; for hosts that a user has named.
    """

    host: str
    port: int
    starttls: bool = False
    only_public: bool = False


class Session:
    """An open session. Not for use by two threads at once; one mail is in flight at a time.

    Attributes:
        idle_since: when it was last done with, by ``time.monotonic``.
    """

    def __init__(self, dialogue: Dialogue, capabilities: Capabilities) -> None:
        self._dialogue = dialogue
        self._is_resetting = False
        self.capabilities = capabilities
        self.idle_since = time.monotonic()

    @property
    def is_reusable(self) -> bool:
        """Whether another mail may be tried on it."""
        return not self._dialogue.is_over and self._dialogue.owed == self._is_resetting

    def is_stale(self) -> bool:
        """Whether the server hung up or said something unasked: nothing may be sent any more."""
        try:
            self._finish_reset()
            self._dialogue.must_be_quiet(Phase.MAIL)
        except BrokenError:
            return True
        return False

    def is_answering(self) -> bool:
        """Whether the server is still there, at the price of one round trip."""
        try:
            return self._dialogue.ask(Phase.MAIL, b"NOOP\r\n").is_success
        except BrokenError:
            return False

    def send(self, submission: Submission) -> Taken:
        """Submit one mail.

        Raises:
            SmtpError: one of its leaves.
            Exception: whatever the submission's ``open`` and ``hand_over`` raise; the last byte stayed here.
        """
        self._finish_reset()
        try:
            return Flight(self._dialogue, self.capabilities, submission).fly()
        except RefusedError:
            self._begin_reset()
            raise
        except BrokenError:
            self._dialogue.is_over = True
            raise

    def offer(self, sender: str) -> None:
        """Ask whether this sender may send to itself, and take it back: no mail follows.

        Raises:
            RefusedError, BrokenError: it may not, or the server did not say.
        """
        for phase, line in (
            (Phase.MAIL, commands.mail_from(sender, ())),
            (Phase.RCPT, commands.rcpt_to(sender)),
        ):
            reply = self._dialogue.ask(phase, line)
            if not reply.is_success:
                raise RefusedError(phase, reply)
        self._dialogue.ask(Phase.MAIL, b"RSET\r\n")

    def _begin_reset(self) -> None:
        """End a refused mail's transaction. The answer is read before the next mail; nobody waits for it.

        Else the next mail could go out under this one's sender: its own MAIL would be refused as a second.
        """
        if not self.is_reusable:
            return
        try:
            self._dialogue.write(Phase.MAIL, b"RSET\r\n", answers=1)
        except BrokenError:
            return  # the dialogue knows that it is over
        self._is_resetting = True

    def _finish_reset(self) -> None:
        if self._is_resetting:
            self._is_resetting = False
            reply = self._dialogue.hear(Phase.MAIL)
            if not reply.is_success:
                self._dialogue.is_over = True
                raise BrokenError(Phase.MAIL, f"RSET was answered with {reply.code}")

    def close(self) -> None:
        """Say goodbye, wait for nothing, and hang up."""
        try:
            if self.is_reusable:
                self._dialogue.wire.write(_QUIT, deadline=time.monotonic() + _QUIT_S)
        except OSError:
            pass  # the other side was faster
        finally:
            self._dialogue.close()


def opening(
    server: Server, login: Login | None, *, ehlo_name: str, context: ssl.SSLContext, deadlines: Deadlines
) -> Generator[Phase, None, Session]:
    """Connect, encrypt, say hello, authenticate.

    ``login`` is ``None`` where the server knows us by our address. ``ehlo_name`` is our own name, fully
    qualified: relays refuse others (RFC 5321 §4.1.1.1).

    Yields: ``CONNECT``, ``TLS`` and ``AUTH``, each once it is through; ``AUTH`` also without a login.

    Raises:
        SmtpError: one of its leaves; no mail has left.
    """
    hello = commands.ehlo(ehlo_name)
    try:
        wire = Wire.connect(
            server.host, server.port, timeout_s=deadlines.connect_s, only_public=server.only_public
        )
    except (OSError, UnicodeError) as error:  # UnicodeError: no name that the DNS could know
        raise NotReachedError(f"{server.host}: {type(error).__name__}: {error}") from error
    try:
        return (yield from _Opening(Dialogue(wire, deadlines), server, context).session(hello, login))
    except BaseException:
        wire.close()
        raise


def run_through(steps: Generator[object, None, _Result]) -> _Result:
    """What comes of the steps, for whom does not watch them."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result


class _Opening:
    """From a connection to a session."""

    def __init__(self, dialogue: Dialogue, server: Server, context: ssl.SSLContext) -> None:
        self._dialogue = dialogue
        self._server = server
        self._context = context

    def session(self, hello: bytes, login: Login | None) -> Generator[Phase, None, Session]:
        if self._server.starttls:
            self._greeted()
            yield Phase.CONNECT
            # RFC 3207 §4.2: whatever is said in clear text is forgotten.
            self._start_tls(hello)
        else:
            yield Phase.CONNECT
            self._encrypt()
            self._greeted()
        offered = self._offered(hello)
        yield Phase.TLS
        if login is not None:
            self._authenticate(login, offered)
        yield Phase.AUTH
        return Session(self._dialogue, offered)

    def _encrypt(self) -> None:
        deadline = time.monotonic() + self._dialogue.deadlines.tls_s
        try:
            self._dialogue.wire.encrypt(self._context, self._server.host, deadline)
        except ssl.SSLCertVerificationError as error:
            raise TlsError(f"certificate of {self._server.host}: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise TlsError(f"no TLS with {self._server.host}: {error.reason}") from error
        except OSError as error:
            raise BrokenError(Phase.TLS, f"{type(error).__name__}: {error}") from error

    def _greeted(self) -> None:
        self._dialogue.owed = 1
        greeting = self._dialogue.hear(Phase.GREETING)
        if not greeting.is_success:
            raise RefusedError(Phase.GREETING, greeting)

    def _offered(self, hello: bytes) -> Capabilities:
        reply = self._dialogue.ask(Phase.EHLO, hello)
        if not reply.is_success:
            raise RefusedError(Phase.EHLO, reply)
        return Capabilities.parse(reply)

    def _start_tls(self, hello: bytes) -> None:
        self._must_be_silent()
        if not self._offered(hello).starttls:
            raise TlsError(f"{self._server.host} does not offer STARTTLS")
        self._must_be_silent()
        reply = self._dialogue.ask(Phase.STARTTLS, b"STARTTLS\r\n")
        if reply.code != _GO_AHEAD:
            raise TlsError(f"{self._server.host} refused STARTTLS: {reply}", reply)
        self._must_be_silent()
        self._encrypt()

    def _must_be_silent(self) -> None:
        """What is said unasked before TLS may be somebody else's, put there to count as said inside it.

        Source: CVE-2011-0411, CVE-2021-38371.
        """
        wire = self._dialogue.wire
        if not wire.is_quiet() and wire.has_unread:
            raise TlsError(f"{self._server.host} spoke unasked before TLS")

    def _authenticate(self, login: Login, offered: Capabilities) -> None:
        if login.mechanism not in offered.auth:
            raise NotOfferedError(Phase.AUTH, f"AUTH {login.mechanism}")
        reply, note = self._dialogue.ask(Phase.AUTH, auth_line(login)), ""
        if reply.code == _CHALLENGE:
            note = decoded(reply.text)
            reply = self._dialogue.ask(Phase.AUTH, login.answer())
        if reply.code == _AUTHENTICATED:
            return
        refusal = _as_refusal(reply)
        shown = replace(refusal, text=without_secret(login, refusal.text))
        raise RefusedError(Phase.AUTH, shown, without_secret(login, note)[:_MAX_NOTE])


def _as_refusal(reply: Reply) -> Reply:
    """Whatever is not 235 is a refusal; one that claims success otherwise counts as a protocol error."""
    return reply if reply.is_refusal else Reply(_NO, "", f"AUTH was answered with {reply}")
