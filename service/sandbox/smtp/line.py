"""The bytes of one SMTP connection: lines, mail data and chunks in; replies out, as few writes as can be."""

import contextlib
import socket
import ssl
import struct

from service.sandbox.google import Counters
from service.sandbox.listener import Guest

_READ = 256 * 1024
_LINE_LIMIT = 12 * 1024  # RFC 4954 §4: an AUTH line may be that long
_END_OF_DATA = b"\r\n.\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)  # close() then sends RST at once
_GOODBYE_S = 2


class ViolationError(Exception):
    """The client broke the protocol: a line that ends in a bare LF, or never."""


class Line:
    """A guest's connection with the bytes that were read too far and the replies that wait.

    Replies leave when nothing is left to read, so pipelined commands are answered in one write
    (RFC 2920 §3.2).
    """

    def __init__(self, guest: Guest, counters: Counters) -> None:
        self.guest = guest
        self._counters = counters
        self._ahead = b""
        self._waiting: list[bytes] = []

    @property
    def is_secure(self) -> bool:
        """Whether TLS is on."""
        return isinstance(self.guest.socket, ssl.SSLSocket)

    @property
    def has_more(self) -> bool:
        """Whether the client has sent more than was read."""
        return bool(self._ahead)

    def secure(self, context: ssl.SSLContext) -> None:
        """Begin TLS; whatever came in plain text after STARTTLS is forgotten (CVE-2011-0411)."""
        self.flush()
        self._ahead = b""
        self.guest.secure(context)

    def read_line(self) -> bytes:
        """One line without its CRLF.

        Raises:
            ViolationError: a bare LF, or no end within 12 kB.
            ConnectionError: the client left.
        """
        while (end := self._ahead.find(b"\r\n")) < 0:
            if b"\n" in self._ahead or len(self._ahead) > _LINE_LIMIT:
                raise ViolationError
            self._receive()
        line, self._ahead = self._ahead[:end], self._ahead[end + 2 :]
        if b"\n" in line or len(line) > _LINE_LIMIT:
            raise ViolationError
        return line

    def read_data(self, limit: int) -> bytearray | None:
        """The mail after 354, dots taken out; ``None`` when it was larger than ``limit`` (read all the same).

        Only CRLF.CRLF ends it (RFC 5321 §4.1.1.4).
        """
        came = bytearray(b"\r\n" + self._ahead)  # the CRLF of the DATA line counts as the first one
        looked_at = 0
        is_too_large = False
        while (end := came.find(_END_OF_DATA, looked_at)) < 0:
            looked_at = max(0, len(came) - len(_END_OF_DATA) + 1)
            if len(came) > limit + _READ:
                is_too_large = True
                del came[:looked_at]
                looked_at = 0
            self._ahead = b""
            self._receive()
            came += self._ahead
        self._ahead = bytes(memoryview(came)[end + len(_END_OF_DATA) :])
        del came[end + 2 :]
        if came.find(b"\r\n.") >= 0:
            came = came.replace(b"\r\n.", b"\r\n")
        del came[:2]
        return None if is_too_large or len(came) > limit else came

    def read_octets(self, size: int) -> bytearray:
        """Exactly so many."""
        content = bytearray(size)
        view = memoryview(content)
        have = min(size, len(self._ahead))
        view[:have] = self._ahead[:have]
        self._ahead = self._ahead[have:]
        while have < size:
            self.flush()
            got = self.guest.socket.recv_into(view[have:])
            if not got:
                raise ConnectionResetError("the client left in the middle of a chunk")
            have += got
        return content

    def skip(self, size: int) -> None:
        """Read so many and forget them."""
        while size:
            size -= len(self.read_octets(min(size, _READ)))

    def sip(self) -> None:
        """Wait until something is there to read."""
        if not self._ahead:
            self._receive()

    def send(self, reply: bytes) -> None:
        """Answer, at the latest before more is read."""
        self._waiting.append(reply)

    def flush(self) -> None:
        """Let the answers go."""
        if self._waiting:
            self._counters.add("smtp:round_trips")
            self.guest.socket.sendall(b"".join(self._waiting))
            self._waiting.clear()

    def close(self) -> None:
        """Say what is left to say and wait for the client to go, so that no reset eats the last reply."""
        self.flush()
        plain = self.guest.socket
        with contextlib.suppress(OSError):
            socket.socket.shutdown(plain, socket.SHUT_WR)
            plain.settimeout(_GOODBYE_S)
            while socket.socket.recv(plain, _READ):
                pass

    def reset(self) -> None:
        """Let the end be an RST."""
        self.guest.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)

    def _receive(self) -> None:
        self.flush()
        more = self.guest.socket.recv(_READ)
        if not more:
            raise ConnectionResetError("the client left")
        self._ahead += more
