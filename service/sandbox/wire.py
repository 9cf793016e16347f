"""An HTTP/1.1 server for WSGI on plain sockets: one thread a connection, and full say over how it ends.

Werkzeug's own server costs more CPU than the load tests leave, and cannot break a connection on demand.
The application finds the connection as ``environ["sandbox.exchange"]``.
"""

import socket
import struct
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from service.sandbox.body import Body, ChunkedBody, Inbound
from service.sandbox.listener import Guest, Listener

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_HEAD_LIMIT = 64 * 1024
_DRAIN_LIMIT = 64 * 1024 * 1024
_ONE_WRITE = 16 * 1024
_NO_LINGER = struct.pack("ii", 1, 0)  # close() then sends RST at once


class Exchange:
    """One request and its answer, for an application that wants to break it."""

    def __init__(self, inbound: Inbound) -> None:
        self.inbound = inbound
        self.is_dropped = False
        self.is_last = False

    def drop(self, *, reset: bool = False) -> None:
        """End the connection without an answer: politely (FIN) or hard (RST)."""
        self.is_dropped = True
        if reset:
            self.inbound.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)


class Server(Listener):
    """Runs one application."""

    def __init__(self, application: "WSGIApplication", host: str, port: int) -> None:
        super().__init__(host, port, self._serve)
        self._application = application

    def _serve(self, guest: Guest) -> None:
        conversation = _Conversation(self._application, guest.socket, self)
        while conversation.answer_next():
            pass


class _Conversation:
    """The requests of one connection, one after the other."""

    def __init__(self, application: "WSGIApplication", connection: socket.socket, server: Server) -> None:
        self._application = application
        self._socket = connection
        self._inbound = Inbound(connection)
        self._environ: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": server.host,
            "SERVER_PORT": str(server.port),
            "REMOTE_ADDR": server.host,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }

    def answer_next(self) -> bool:
        """Answer one request.

        Returns:
            Whether the connection stays open.
        """
        head = self._inbound.read_head(_HEAD_LIMIT)
        if head is None:
            return False
        try:
            environ = self._environ | _request(head)
            body = self._body(environ)
        except ValueError:
            self._socket.sendall(
                b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
            return False
        exchange = Exchange(self._inbound)
        environ["wsgi.input"] = body
        environ["sandbox.exchange"] = exchange
        answer = _Answer(environ["REQUEST_METHOD"] == "HEAD")
        is_whole = answer.collect(self._application(environ, answer.start), self._socket, exchange)
        if exchange.is_dropped or exchange.is_last or not is_whole:
            return False
        return body.drain(_DRAIN_LIMIT) and environ.get("HTTP_CONNECTION", "").lower() != "close"

    def _body(self, environ: dict[str, Any]) -> Body:
        is_expected = environ.get("HTTP_EXPECT", "").lower() == "100-continue"
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            return ChunkedBody(self._inbound, is_expected=is_expected)
        return Body(self._inbound, int(environ.get("CONTENT_LENGTH", "0")), is_expected=is_expected)


class _Answer:
    """What the application answers, on its way to the socket."""

    def __init__(self, is_bodiless: bool) -> None:  # noqa: FBT001 - the one thing that it is told
        self._is_bodiless = is_bodiless
        self._head = b""
        self._length: int | None = None

    def start(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
        lines = [f"HTTP/1.1 {status}"]
        for name, value in headers:
            lines.append(f"{name}: {value}")
            if name.lower() == "content-length":
                self._length = int(value)
        self._head = "\r\n".join(lines).encode("latin-1")

    def collect(self, parts: Iterable[bytes], connection: socket.socket, exchange: Exchange) -> bool:
        """Write it out, unless the application dropped the exchange.

        Returns:
            Whether the body was as long as it said.
        """
        try:
            if exchange.is_dropped:
                return False
            return self._write(parts, connection)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    def _write(self, parts: Iterable[bytes], connection: socket.socket) -> bool:
        if self._length is None:
            self._head += b"\r\nConnection: close"
        pending = self._head + b"\r\n\r\n"
        written = 0
        for part in parts if not self._is_bodiless else ():
            written += len(part)
            if len(pending) + len(part) <= _ONE_WRITE:
                pending += part
                continue
            connection.sendall(pending)
            connection.sendall(part)
            pending = b""
        connection.sendall(pending)
        return self._is_bodiless or written == self._length


def _request(head: bytes) -> dict[str, Any]:
    """The WSGI names of a request's head; ``ValueError`` when it is none."""
    lines = head.decode("latin-1").split("\r\n")
    method, target, protocol = lines[0].split(" ")
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1") if "%" in path else path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": protocol,
    }
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError("a header line without a colon")
        environ["HTTP_" + name.upper().replace("-", "_")] = value.strip()
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    return environ
