"""One TCP connection: encrypted when asked to, read line by line, never waited for past a deadline.

Not for use by two threads at once. TLS runs in memory: a whole flight leaves in one system call, and what
the TLS layer says for itself (session tickets) is told apart from what the server says.
"""

import math
import select
import socket
import ssl
import struct
import time
from contextlib import suppress

from service import egress
from service.smtp.replies import GarbledReplyError

_READ_BYTES = 16_384
_WINDOW_BYTES = 262_144  # encrypted at once
_JOINED_BYTES = 65_536  # copying so much costs less than encrypting a piece of its own
_AT_ONCE_S = 0.001
_WIDE_INTERVAL, _NARROW_INTERVAL = struct.Struct("=qq"), struct.Struct("=ii")
_EXACT_S = 10  # longer waits end within the second


class Wire:
    """A connection. Every failure of it is an ``OSError``.

    Deadlines are instants of ``time.monotonic``.
    """

    def __init__(self, sock: socket.socket) -> None:
        # Without this the last segment of a mail waits for the answer to the one before: 40 ms each.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(None)
        self._sock = sock
        # A struct timeval (socket(7)); its size differs between systems.
        size = len(sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _WIDE_INTERVAL.size))
        self._interval = _WIDE_INTERVAL if size == _WIDE_INTERVAL.size else _NARROW_INTERVAL
        self._patience_s = 0.0
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(sock, select.POLLIN)
        self._writable.register(sock, select.POLLOUT)
        self._tls: ssl.SSLObject | None = None
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._unread = bytearray()

    @classmethod
    def connect(cls, host: str, port: int, *, timeout_s: float, only_public: bool = False) -> "Wire":
        """Reach the server; ``timeout_s`` is for each address of the host."""
        sock = egress.connect(host, port, timeout_s=timeout_s, only_public=only_public)
        try:
            return cls(sock)
        except BaseException:
            sock.close()
            raise

    @property
    def has_unread(self) -> bool:
        """Whether more has been read than was asked for."""
        return bool(self._unread)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def encrypt(self, context: ssl.SSLContext, host: str, deadline: float) -> None:
        """Speak TLS from now on, with a server whose certificate names ``host``."""
        tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=host)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                self._arrived.write(self._receive(deadline))
            except ssl.SSLError:
                with suppress(OSError):
                    self._flush(deadline)  # the alert, so that the other side knows why
                raise
            else:
                break
        self._flush(deadline)
        self._tls = tls

    def write(self, *pieces: bytes, deadline: float) -> None:
        """Write all pieces. When it raises, the kernel did not get the last byte."""
        if self._tls is None:
            self._send(b"".join(pieces), deadline)
            return
        if sum(map(len, pieces)) <= _JOINED_BYTES:
            pieces = (b"".join(pieces),)
        for piece in pieces:
            view = memoryview(piece)
            for start in range(0, len(view), _WINDOW_BYTES):
                if self._leaving.pending >= _WINDOW_BYTES:
                    self._flush(deadline)
                self._tls.write(view[start : start + _WINDOW_BYTES])
        self._flush(deadline)

    def read_line(self, deadline: float, limit_bytes: int) -> bytes:
        """One line without its line end, which may be a bare LF.

        Raises:
            GarbledReplyError: there is none within ``limit_bytes``.
        """
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0 and len(self._unread) <= limit_bytes:
            searched = len(self._unread)
            self._fill(deadline)
        if end < 0 or end > limit_bytes:
            raise GarbledReplyError("an endless reply")
        line = bytes(self._unread[:end])
        del self._unread[: end + 1]
        return line.removesuffix(b"\r")

    def is_quiet(self) -> bool:
        """Whether the server has neither hung up nor said anything unasked."""
        if self._unread:
            return False
        if not (self._has_arrived or self._readable.poll(0)):
            return True  # the answer of nearly always, at a fifth of the cost
        try:
            self._fill(deadline=time.monotonic() + _AT_ONCE_S)
        except TimeoutError:
            return True
        except OSError:
            return False
        return False

    @property
    def _has_arrived(self) -> bool:
        """Whether bytes from the kernel wait here to be decrypted, or to be taken."""
        return bool(self._arrived.pending or (self._tls is not None and self._tls.pending()))

    def _fill(self, deadline: float) -> None:
        """Read what is there, at least something."""
        piece = self._receive(deadline) if self._tls is None else self._decrypted(self._tls, deadline)
        if not piece:
            raise ConnectionResetError("hung up")
        self._unread += piece

    def _decrypted(self, tls: ssl.SSLObject, deadline: float) -> bytes:
        while True:
            if not self._has_arrived:
                self._flush(deadline)  # what TLS itself may have to answer
                self._arrived.write(self._receive(deadline))
            with suppress(ssl.SSLWantReadError):
                return tls.read(_READ_BYTES)

    def _receive(self, deadline: float) -> bytes:
        """What has arrived. The kernel's read waits by itself: to be woken first costs Python a turn more."""
        self._be_patient(deadline)
        try:
            piece = self._sock.recv(_READ_BYTES)
        except BlockingIOError:
            raise TimeoutError("no answer in time") from None
        if not piece:
            raise ConnectionResetError("hung up")
        return piece

    def _be_patient(self, deadline: float) -> None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no answer in time")
        patience_s = left_s if left_s < _EXACT_S else math.ceil(left_s)
        if patience_s != self._patience_s:
            microseconds = max(int(patience_s * 1_000_000), 1)  # none at all would be for ever
            interval = self._interval.pack(*divmod(microseconds, 1_000_000))
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
            self._patience_s = patience_s

    def _flush(self, deadline: float) -> None:
        if self._leaving.pending:
            self._send(self._leaving.read(), deadline)

    def _send(self, piece: bytes, deadline: float) -> None:
        left = memoryview(piece)
        while left:
            try:
                left = left[self._sock.send(left, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                left_s = max(deadline - time.monotonic(), 0)
                if not self._writable.poll(left_s * 1000):
                    raise TimeoutError("no answer in time") from None
