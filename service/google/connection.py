"""One kept HTTP/1.1 connection: writes a request, reads its answer, and knows how far it came.

Not for use by two threads at once. Nothing here repeats anything.
"""

import io
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple

EARLY_ANSWER_S = 1.0  # a server that cuts a body short has said why by then, or says nothing
_PIECE_BYTES = 65_536
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 §5.6.2
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*\Z")
_TARGET = re.compile(r"/[\x21-\x7e]*\Z")


class NoAnswerError(Exception):
    """No usable HTTP answer came.

    Attributes:
        whole: whether the last byte of the request had been handed to the kernel. If not, the server
            cannot have acted: a body shorter than its Content-Length is no request.
    """

    def __init__(self, reason: str, *, whole: bool) -> None:
        super().__init__(reason)
        self.whole = whole


class Origin(NamedTuple):
    """Scheme, host and port (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """What stands in the Host header; the default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class StreamedBody:
    """A request body that is read while it is sent.

    Attributes:
        size_bytes: exactly what ``open`` yields.
        open: begins to read it.
        hand_over: called once, before the last piece is written; what it raises goes up, and the last
            piece stays here.
    """

    size_bytes: int
    open: Callable[[], Iterator[bytes]]
    hand_over: Callable[[], None]

    def __len__(self) -> int:
        return self.size_bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)  # one of them may be a token
    body: bytes | StreamedBody = field(default=b"", repr=False)

    def head(self, origin: Origin) -> bytes:
        """Request line and headers.

        Raises:
            ValueError: a name or value that would not be one header line; it is not repeated in the text.
        """
        if not _TARGET.match(self.target):
            raise ValueError("request target is not plain ASCII")
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {origin.authority}"]
        for name, value in self.headers.items():
            if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
                raise ValueError(f"header {name!r} is not one line of ASCII")
            lines.append(f"{name}: {value}")
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        return "\r\n".join(lines).encode("ascii")


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer.

    Attributes:
        whole: whether it came after the whole request; ``False`` for an error that cut a body short.
    """

    status: int
    reason: str
    headers: Message
    body: bytes
    whole: bool


class Connection:
    """One connection to one origin."""

    def __init__(self, origin: Origin, context: ssl.SSLContext | None, *, connect_timeout_s: float) -> None:
        self._origin = origin
        self._is_used = False
        self.idle_since = 0.0
        self.is_reusable = False
        sock = socket.create_connection((origin.host, origin.port), timeout=connect_timeout_s)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sock = context.wrap_socket(sock, server_hostname=origin.host) if context else sock
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Hang up."""
        self.is_reusable = False
        self._sock.close()

    def is_stale(self) -> bool:
        """Whether the server hung up or said something unasked: nothing may be sent any more."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(0))

    def exchange(self, request: Request, limit_bytes: int, timeout_s: float) -> Answer:
        """Send one request and read its answer, of at most ``limit_bytes``, within ``timeout_s``.

        Raises:
            NoAnswerError: naming whether the server can have got the whole request.
            ValueError: the request cannot be written down; nothing was sent.
            Exception: whatever the body's ``open`` and ``hand_over`` raise; the last piece was not sent.
        """
        head = request.head(self._origin)
        self.is_reusable = False
        cut: OSError | None = None
        try:
            self._sock.settimeout(timeout_s)
            self._write(head, request.body)
        except _CutError as error:
            cut = error.error
        whole = cut is None
        wait_s = timeout_s if whole else EARLY_ANSWER_S
        try:
            answer = self._read(request.method, limit_bytes, wait_s, whole=whole)
        except (OSError, HTTPException) as error:
            reason = type(cut or error).__name__
            raise NoAnswerError(reason, whole=whole) from error
        if not whole and answer.status < 400:  # noqa: PLR2004, 4xx and 5xx are errors
            raise NoAnswerError("answer before the end of the request", whole=False)
        self._is_used = True
        return answer

    def _write(self, head: bytes, body: bytes | StreamedBody) -> None:
        if isinstance(body, bytes):
            self._push(head + body)
            return
        self._push(head)
        last, left = b"", body.size_bytes
        for piece in filter(None, body.open()):
            left -= len(piece)
            if left < 0:
                break  # before anything is written that would make the request whole
            if last:
                self._push(last)
            last = piece
        if left:
            raise ValueError("the body is not as long as it was said to be")
        body.hand_over()
        # Seen before the last byte leaves, a hang-up or an early refusal is certain: nothing was sent.
        # A fresh TLS connection may hold session tickets, which look the same, so it is not asked.
        if self._is_used and self.is_stale():
            raise _CutError(ConnectionResetError())
        self._push(last)

    def _push(self, piece: bytes) -> None:
        # sendall returns only after the kernel took the last byte; when it raises, it did not.
        try:
            self._sock.sendall(piece)
        except OSError as error:
            raise _CutError(error) from error

    def _read(self, method: str, limit_bytes: int, timeout_s: float, *, whole: bool) -> Answer:
        source = _TimedSource(self._sock, time.monotonic() + timeout_s)
        response = HTTPResponse(source, method=method)  # type: ignore[arg-type]  # it only calls makefile
        response.begin()
        pieces = []
        while not response.isclosed() and (piece := response.read(_PIECE_BYTES)):
            limit_bytes -= len(piece)
            if limit_bytes < 0:
                raise HTTPException("answer too large")
            pieces.append(piece)
        if response.length:
            raise HTTPException("answer cut short")
        self.is_reusable = whole and not response.will_close
        return Answer(response.status, response.reason, response.headers, b"".join(pieces), whole)


class _CutError(Exception):
    """The connection broke before the last byte was handed to the kernel."""

    def __init__(self, error: OSError) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class _TimedSource(io.RawIOBase):
    """Reads a socket until a deadline for the whole answer, however slowly it drips."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What ``HTTPResponse`` asks a socket for."""
        return io.BufferedReader(self, _PIECE_BYTES)

    def readable(self) -> bool:
        """It is a source."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # all that BufferedReader gives
        """Read what is there, at the latest by the deadline."""
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("no whole answer in time")
        self._sock.settimeout(left_s)
        return self._sock.recv_into(buffer)
