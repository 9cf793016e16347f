"""Kept sessions: each account has its own, all together they are bounded."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from service.smtp.dialogue import CLOSING, Deadlines
from service.smtp.errors import BrokenError, NotReachedError, RefusedError, SmtpError
from service.smtp.sasl import Login
from service.smtp.session import Server, Session, open_session
from service.smtp.submission import Submission, Taken

PLACE_WAIT_S = 30.0  # for a place, where all are taken
# What lies between may have forgotten a connection that was quiet for so long; a mail that is written into
# the void would be uncertain, a NOOP is not.
PROBE_AFTER_S = 20.0


@dataclass(frozen=True, slots=True)
class Account:
    """Who sends, where.

    Attributes:
        key: names whose sessions these are; two accounts with different keys never share one.
    """

    key: str
    server: Server
    login: Login | None
    ehlo_name: str


class SessionPool:
    """Submits mails over kept sessions. Safe to be used by many threads at once.

    Args:
        limit: sessions open at the same time in this process.
        max_idle_s: a session that nobody used for so long is closed.
        ca_file: certificates that are trusted beside the system's, as PEM.
    """

    def __init__(
        self,
        *,
        limit: int = 32,
        max_idle_s: float = 60,
        deadlines: Deadlines | None = None,
        ca_file: Path | None = None,
        probe_after_s: float = PROBE_AFTER_S,
    ) -> None:
        self._limit = limit
        self._max_idle_s = max_idle_s
        self._deadlines = deadlines or Deadlines()
        self._ca_file = ca_file
        self._probe_after_s = probe_after_s
        self._changed = threading.Condition()
        self._idle: list[tuple[str, Server, Session]] = []  # the longest idle first
        self._open = 0
        self._sweeper: threading.Timer | None = None
        self._context: ssl.SSLContext | None = None

    def send(self, account: Account, submission: Submission) -> Taken:
        """Submit one mail, over a kept session if there is one.

        A kept session that turns out to be dead before the hand-over is replaced by a new one, once.

        Raises:
            SmtpError: one of its leaves.
            Exception: whatever the submission's ``open`` and ``hand_over`` raise; the last byte stayed here.
        """
        kept = self._kept(account)
        if kept is None:
            return self._send(account, self._opened(account), submission)
        hand_over = _Once(submission.hand_over)
        try:
            return self._send(account, kept, replace(submission, hand_over=hand_over))
        except (BrokenError, RefusedError) as error:
            if hand_over.was_called or not _ended_the_session(error):
                raise
        return self._send(account, self._opened(account), submission)

    def try_out(self, account: Account, sender: str) -> None:
        """See whether the account may send as ``sender``, on a session of its own; no mail is sent.

        Raises:
            SmtpError: one of its leaves.
        """
        session = self._opened(account)
        try:
            session.offer(sender)
        finally:
            self._end(session)

    def close(self) -> None:
        """Say goodbye on all idle sessions."""
        with self._changed:
            idle, self._idle = self._idle, []
            if self._sweeper is not None:
                self._sweeper.cancel()
                self._sweeper = None
        for _, _, session in idle:
            self._end(session)

    def _send(self, account: Account, session: Session, submission: Submission) -> Taken:
        try:
            return session.send(submission)
        finally:
            self._give_back(account, session)

    def _kept(self, account: Account) -> Session | None:
        """The session that was idle for the shortest time, if it can still be used."""
        while (session := self._popped(account)) is not None:
            if session.login == account.login and self._is_alive(session):
                return session
            self._end(session)
        return None

    def _popped(self, account: Account) -> Session | None:
        with self._changed:
            for index in range(len(self._idle) - 1, -1, -1):
                key, server, session = self._idle[index]
                if key == account.key and server == account.server:
                    del self._idle[index]
                    return session
        return None

    def _is_alive(self, session: Session) -> bool:
        idle_s = time.monotonic() - session.idle_since
        if idle_s >= self._max_idle_s or session.is_stale():
            return False
        return idle_s < self._probe_after_s or session.is_answering()

    def _opened(self, account: Account) -> Session:
        self._take_place()
        try:
            return open_session(
                account.server,
                account.login,
                ehlo_name=account.ehlo_name,
                context=self._tls(),
                deadlines=self._deadlines,
            )
        except BaseException:
            self._leave_place()
            raise

    def _take_place(self) -> None:
        """Wait for a place; the session that was idle for the longest time, of whomever, gives way."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._open < self._limit or self._idle, PLACE_WAIT_S):
                raise NotReachedError(f"all {self._limit} connections are in use")
            session = self._idle.pop(0)[2] if self._open >= self._limit else None
            self._open += session is None
        if session is not None:
            session.close()

    def _leave_place(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def _give_back(self, account: Account, session: Session) -> None:
        if not session.is_reusable:
            self._end(session)
            return
        session.idle_since = time.monotonic()
        with self._changed:
            self._idle.append((account.key, account.server, session))
            self._changed.notify()
            if self._sweeper is None:
                self._sweep_later()

    def _end(self, session: Session) -> None:
        session.close()
        self._leave_place()

    def _sweep_later(self) -> None:
        self._sweeper = threading.Timer(self._max_idle_s, self._sweep)
        self._sweeper.daemon = True
        self._sweeper.start()

    def _sweep(self) -> None:
        """Close what nobody used for too long; look again as long as there is something to look at."""
        oldest_at = time.monotonic() - self._max_idle_s
        with self._changed:
            old = [entry for entry in self._idle if entry[2].idle_since <= oldest_at]
            self._idle = self._idle[len(old) :]
            self._sweeper = None
            if self._idle:
                self._sweep_later()
        for _, _, session in old:
            self._end(session)

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


class _Once:
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
