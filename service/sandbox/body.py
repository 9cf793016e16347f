"""The bytes that come in on a connection: request heads, and bodies of known length or in chunks."""

import io
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ = 64 * 1024


class Inbound:
    """A socket with the bytes that were read too far."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._ahead = b""

    def read_head(self, limit: int) -> bytes | None:
        """A request's head without its last empty line; ``None`` at the end of the connection."""
        seen = self._ahead
        while (end := seen.find(b"\r\n\r\n")) < 0:
            if len(seen) > limit:
                return None
            more = self.socket.recv(_READ)
            if not more:
                return None
            seen += more
        self._ahead = seen[end + 4 :]
        return seen[:end]

    def read_line(self) -> bytes:
        """One line without its CRLF."""
        while (end := self._ahead.find(b"\r\n")) < 0:
            self._ahead += self._receive()
        line, self._ahead = self._ahead[:end], self._ahead[end + 2 :]
        return line

    def fill(self, view: memoryview) -> None:
        """Fill the whole view; ``ConnectionError`` when the client leaves before."""
        have = min(len(view), len(self._ahead))
        view[:have] = self._ahead[:have]
        self._ahead = self._ahead[have:]
        while have < len(view):
            # One system call for the whole rest: each more would cost the load tests a thread switch.
            got = self.socket.recv_into(view[have:], len(view) - have, socket.MSG_WAITALL)
            if not got:
                raise ConnectionResetError("the client left in the middle of its request")
            have += got

    def _receive(self) -> bytes:
        more = self.socket.recv(_READ)
        if not more:
            raise ConnectionResetError("the client left in the middle of its request")
        return more


class Body(io.RawIOBase):
    """A body of known length, as ``wsgi.input``."""

    def __init__(self, inbound: Inbound, length: int, *, is_expected: bool) -> None:
        super().__init__()
        if length < 0:
            raise ValueError("a negative length")
        self._inbound = inbound
        self._is_expected = is_expected
        self.left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        size = min(len(view), self.left)
        if size:
            self._welcome()
            self._inbound.fill(view[:size])
            self.left -= size
        return size

    def drain(self, limit: int) -> bool:
        """Read what the application left.

        Returns:
            ``False`` when that is more than ``limit``, or when the client still waits for 100 Continue.
        """
        if self.left and (self._is_expected or self.left > limit):
            return False
        scrap = bytearray(min(self.left, _READ))
        while self.readinto(scrap):
            pass
        return True

    def _welcome(self) -> None:
        if self._is_expected:
            self._inbound.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._is_expected = False


class ChunkedBody(Body):
    """A body in chunks (RFC 9112 §7.1)."""

    def __init__(self, inbound: Inbound, *, is_expected: bool) -> None:
        super().__init__(inbound, 0, is_expected=is_expected)
        self._is_begun = False
        self._is_ended = False

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if not self.left and not self._is_ended:
            self._open_chunk()
        return super().readinto(buffer)

    def drain(self, limit: int) -> bool:
        """Read what the application left, as ``Body.drain``."""
        if self._is_expected and not self._is_begun:
            return False
        scrap = bytearray(_READ)
        read = 0
        while read <= limit and (got := self.readinto(scrap)):
            read += got
        return self._is_ended

    def _open_chunk(self) -> None:
        self._welcome()
        if self._is_begun:
            self._inbound.read_line()  # the CRLF that ends the chunk before
        self._is_begun = True
        size = self._inbound.read_line().split(b";")[0]
        try:
            self.left = int(size, 16)
        except ValueError:
            raise ConnectionResetError("a chunk without its size") from None
        if self.left == 0:
            while self._inbound.read_line():  # trailers
                pass
            self._is_ended = True
