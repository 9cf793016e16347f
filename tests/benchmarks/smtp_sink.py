"""A lean SMTP sink over TLS in a process of its own: answers as smtp.gmail.com does, counts, keeps nothing.

Run as ``python -m tests.benchmarks.smtp_sink FOLDER``, where the certificate lies; prints its port.
"""

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.google.certificate import self_signed

EHLO = (
    b"250-mx.example at your service\r\n250-SIZE 35882577\r\n250-8BITMIME\r\n250-AUTH PLAIN XOAUTH2\r\n"
    b"250-ENHANCEDSTATUSCODES\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n"
)
ANSWERS = {
    b"EHLO": EHLO,
    b"AUTH": b"235 2.7.0 Accepted\r\n",
    b"MAIL": b"250 2.1.0 OK 5b1f17b1804b1-4 - gsmtp\r\n",
    b"RCPT": b"250 2.1.5 OK 5b1f17b1804b1-4 - gsmtp\r\n",
    b"RSET": b"250 2.1.5 Flushed 5b1f17b1804b1-4 - gsmtp\r\n",
    b"NOOP": b"250 2.0.0 OK 5b1f17b1804b1-4 - gsmtp\r\n",
    b"DATA": b"354 Go ahead 5b1f17b1804b1-4 - gsmtp\r\n",
    b"QUIT": b"221 2.0.0 closing connection 5b1f17b1804b1-4 - gsmtp\r\n",
}
TAKEN = b"250 2.0.0 OK  1763976000 5b1f17b1804b1-4 - gsmtp\r\n"

_RECORD_BYTES = 16_384  # one read gives no more: a TLS record's (RFC 8446 §5.1)

_taken: list[None] = []  # one for each mail: its append is atomic


def _talk(sock: socket.socket, context: ssl.SSLContext) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with context.wrap_socket(sock, server_side=True) as connection:
            connection.sendall(b"220 mx.example ESMTP - gsmtp\r\n")
            _serve(connection)
    except OSError:
        return


def _serve(connection: socket.socket) -> None:
    unread, answers = b"", b""
    while True:
        line, end, rest = unread.partition(b"\r\n")
        if not end:
            if answers:
                connection.sendall(answers)
                answers = b""
            piece = connection.recv(_RECORD_BYTES)
            if not piece:
                return
            unread += piece
            continue
        unread, verb = rest, line[:4].upper()
        if verb == b"BDAT":
            unread = _skip(connection, unread, int(line.split()[1]))
            _taken.append(None)
            answers += TAKEN
        elif verb == b"DATA":
            connection.sendall(answers + ANSWERS[verb])
            answers, unread = TAKEN, _skip_data(connection, unread)
            _taken.append(None)
        elif verb == b"XCNT":
            answers += b"250 %d\r\n" % len(_taken)
        else:
            answers += ANSWERS[verb]


def _skip(connection: socket.socket, unread: bytes, size: int) -> bytes:
    left = size - len(unread)
    while left > 0:
        piece = connection.recv(_RECORD_BYTES)
        if not piece:
            raise ConnectionResetError
        left -= len(piece)
        unread = piece
    return unread[len(unread) + left :] if left else b""


def _skip_data(connection: socket.socket, unread: bytes) -> bytes:
    """Its clients wait for the answer, so the end is at the end of what came."""
    tail = unread
    while not tail.endswith(b"\r\n.\r\n"):
        piece = connection.recv(_RECORD_BYTES)
        if not piece:
            raise ConnectionResetError
        tail = tail[-5:] + piece
    return b""


def serve(folder: Path) -> None:
    """Serve until killed."""
    context = self_signed(folder)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=_talk, args=(sock, context), daemon=True).start()


@contextmanager
def smtp_sink(folder: Path) -> Iterator[int]:
    """The port of a sink that runs in a process of its own; its certificate is in ``certificate.pem``."""
    with started("tests.benchmarks.smtp_sink", str(folder)) as port:
        yield port


class SinkCount:
    """Asks a sink how many mails it took."""

    def __init__(self, port: int, ca: Path) -> None:
        context = ssl.create_default_context(cafile=str(ca))
        sock = socket.create_connection(("localhost", port))
        self._connection = context.wrap_socket(sock, server_hostname="localhost")
        self._connection.recv(4096)

    def read(self) -> int:
        """How many it took since it began."""
        self._connection.sendall(b"XCNT\r\n")
        return int(self._connection.recv(4096).split()[1])

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def started(module: str, *arguments: str) -> Iterator[int]:
    """Run a module that prints its port."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
