"""A tiny HTTP/1.1 server on a real socket that does what a test says, also what no proper server does."""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass(frozen=True)
class Reply:
    """What the server does with a request.

    Attributes:
        read: how much of the body it reads before it acts; ``None`` for all.
        raw: bytes to write instead of a proper answer; ``b""`` hangs up without a word.
        close: hang up afterwards.
        wait: hold the answer until this is set.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    read: int | None = None
    raw: bytes | None = None
    close: bool = False
    wait: threading.Event | None = None

    def written(self) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} Any", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.close:
            lines.append("Connection: close")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def as_json(document: object, status: int = 200, *, max_age_s: int | None = None) -> Reply:
    """A JSON answer, that may be kept for a while."""
    kept = {} if max_age_s is None else {"Cache-Control": f"public, max-age={max_age_s}"}
    return Reply(status, json.dumps(document).encode(), {"Content-Type": "application/json", **kept})


HANG_UP = Reply(raw=b"", close=True)


class WireServer:
    """Answers every request by ``answer``; a context manager.

    Attributes:
        seen: the requests that were read as far as their reply wanted.
        connections: how many were accepted.
    """

    def __init__(self, answer: Callable[[Seen], Reply], *, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.seen: list[Seen] = []
        self.connections = 0
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """Close all connections as a server does that has waited long enough."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was faster

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(connection)
                self.connections += 1
            self._start(self._talk, connection, self.connections)

    def _talk(self, connection: socket.socket, number: int) -> None:
        if self._tls is not None:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
        with connection, connection.makefile("rb") as source:
            try:
                while self._one(connection, source.readline, source.read, number):
                    pass
            except OSError:
                return

    def _one(
        self,
        connection: socket.socket,
        readline: Callable[[], bytes],
        read: Callable[[int], bytes],
        number: int,
    ) -> bool:
        line = readline().decode().split()
        if not line:
            return False
        headers: dict[str, str] = {}
        while (header := readline().decode().rstrip("\r\n")) != "":
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        reply = self._answer(Seen(line[0], line[1], headers, b"", number))
        length = int(headers.get("content-length", 0))
        body = read(length if reply.read is None else min(reply.read, length))
        if reply.read is None and len(body) < length:
            return False
        with self._lock:
            self.seen.append(Seen(line[0], line[1], headers, body, number))
        if reply.wait is not None:
            reply.wait.wait(20)
        connection.sendall(reply.written())
        return not reply.close
