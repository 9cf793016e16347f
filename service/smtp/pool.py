"""Mails over kept sessions: each account has its own, all together they are bounded."""

import ssl
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

from service.smtp.dialogue import CLOSING, Deadlines
from service.smtp.errors import BrokenError, NotReachedError, RefusedError, SmtpError
from service.smtp.kept import Account, KeptSessions
from service.smtp.replies import Phase
from service.smtp.session import Session, opening, run_through
from service.smtp.submission import Submission, Taken

_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How sessions are kept.

    Attributes:
        limit: sessions open at the same time in this process.
        place_wait_s: how long a mail waits for one of these places.
        idle_s: a session that nobody used for so long is closed.
        probe_s: one that was idle for so long is asked first whether it still lives. What lies between may
            have forgotten it without a word, and a mail that is written into the void is uncertain.
    """

    limit: int = 32
    place_wait_s: float = 30
    idle_s: float = 60
    probe_s: float = 20


class SessionPool:
    """Submits mails. Safe to be used by many threads at once.

    Args:
        ca_file: certificates that are trusted beside the system's, as PEM.
    """

    def __init__(
        self,
        *,
        keeping: Keeping | None = None,
        deadlines: Deadlines | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._keeping = keeping or Keeping()
        self._deadlines = deadlines or Deadlines()
        self._ca_file = ca_file
        self._changed = threading.Condition()
        self._idle = KeptSessions()
        self._open = 0
        self._is_closed = False
        self._sweeper: threading.Timer | None = None
        self._context: ssl.SSLContext | None = None

    def send(self, account: Account, submission: Submission) -> Taken:
        """Submit one mail, over a session of this very account that was kept if there is one.

        A kept session that turns out to be dead before the hand-over is replaced by a new one, once.

        Raises:
            SmtpError: one of its leaves.
            Exception: whatever the submission's ``open`` and ``hand_over`` raise; the last byte stayed here.
        """
        return self._submit(account.key, lambda kept: kept == account, lambda: account, submission)

    def send_by_key(self, key: str, read: Callable[[], Account], submission: Submission) -> Taken:
        """The same for an account that a key alone tells from all others, for ever.

        It is read only when a session is to be opened. A kept session may outlive it: that an account was
        forgotten meanwhile, ``hand_over`` has to say. Raises as ``send``, and whatever ``read`` raises.
        """
        return self._submit(key, lambda _: True, read, submission)

    def try_out(self, account: Account, sender: str) -> Generator[Phase]:
        """See whether the account may send as ``sender``, on a session of its own; no mail is sent.

        Yields: ``CONNECT``, ``TLS``, ``AUTH`` and ``RCPT``, each once it is through.

        Raises:
            SmtpError: one of its leaves.
        """
        session = yield from self._opening(account)
        try:
            session.offer(sender)
        finally:
            self._end(session)
        yield Phase.RCPT

    def close(self) -> None:
        """Say goodbye on all idle sessions; those in use end with their mail."""
        with self._changed:
            self._is_closed = True
            idle = self._idle.take_idle_since(_FOREVER)
            if self._sweeper is not None:
                self._sweeper.cancel()
        self._end(*idle)

    def _submit(
        self,
        key: str,
        is_good: Callable[[Account], bool],
        read: Callable[[], Account],
        submission: Submission,
    ) -> Taken:
        kept = self._kept(key, is_good)
        if kept is not None:
            hand_over = _HandOver(submission.hand_over)
            try:
                return self._send(*kept, replace(submission, hand_over=hand_over))
            except (BrokenError, RefusedError) as error:
                if hand_over.was_called or not _ended_the_session(error):
                    raise
        account = read()
        return self._send(account, run_through(self._opening(account)), submission)

    def _send(self, account: Account, session: Session, submission: Submission) -> Taken:
        try:
            return session.send(submission)
        finally:
            self._give_back(account, session)

    def _kept(self, key: str, is_good: Callable[[Account], bool]) -> tuple[Account, Session] | None:
        while True:
            with self._changed:
                kept, bad = self._idle.take(key, is_good)
            self._end(*bad)
            if kept is None or self._is_alive(kept[1]):
                return kept
            self._end(kept[1])

    def _is_alive(self, session: Session) -> bool:
        idle_s = time.monotonic() - session.idle_since
        if idle_s >= self._keeping.idle_s or session.is_stale():
            return False
        return idle_s < self._keeping.probe_s or session.is_answering()

    def _opening(self, account: Account) -> Generator[Phase, None, Session]:
        self._take_place()
        try:
            return (
                yield from opening(
                    account.server,
                    account.login,
                    ehlo_name=account.ehlo_name,
                    context=self._tls(),
                    deadlines=self._deadlines,
                )
            )
        except BaseException:
            self._leave_place()
            raise

    def _take_place(self) -> None:
        """Wait for a place; an idle session gives way."""
        limit, wait_s = self._keeping.limit, self._keeping.place_wait_s
        with self._changed:
            if not self._changed.wait_for(lambda: self._open < limit or self._idle, wait_s):
                raise NotReachedError(f"all {limit} connections are in use")
            given_way = self._idle.take_oldest() if self._open >= limit else None
            self._open += given_way is None
        if given_way is not None:
            given_way.close()

    def _leave_place(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def _give_back(self, account: Account, session: Session) -> None:
        session.idle_since = time.monotonic()
        with self._changed:
            is_kept = session.is_reusable and not self._is_closed
            if is_kept:
                self._idle.add(account, session)
                self._changed.notify()
                self._sweep_later()
        if not is_kept:
            self._end(session)

    def _end(self, *sessions: Session) -> None:
        for session in sessions:
            session.close()
            self._leave_place()

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = threading.Timer(self._keeping.idle_s, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        """Close what nobody used for too long; look again as long as there is something to look at."""
        with self._changed:
            old = self._idle.take_idle_since(time.monotonic() - self._keeping.idle_s)
            self._sweeper = None
            if self._idle:
                self._sweep_later()
        self._end(*old)

    def _tls(self) -> ssl.SSLContext:
        # Reading the system's certificates costs 20 ms: once a process.
        with self._changed:
            if self._context is None:
                self._context = ssl.create_default_context()
                self._context.minimum_version = ssl.TLSVersion.TLSv1_2
                self._context.options |= ssl.OP_NO_RENEGOTIATION
                if self._ca_file is not None:
                    self._context.load_verify_locations(self._ca_file)
            return self._context


class _HandOver:
    """A hand-over that remembers whether it was called."""

    def __init__(self, hand_over: Callable[[], None]) -> None:
        self._hand_over = hand_over
        self.was_called = False

    def __call__(self) -> None:
        self.was_called = True
        self._hand_over()


def _ended_the_session(error: SmtpError) -> bool:
    """Whether it speaks of the session and not of the mail: cut, or 421 after a long silence."""
    return isinstance(error, BrokenError) or (isinstance(error, RefusedError) and error.reply.code == CLOSING)
