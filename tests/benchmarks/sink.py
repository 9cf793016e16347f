"""A lean HTTP/1.1 sink in a process of its own: reads a request, answers as Gmail does, keeps nothing.

Run as ``python -m tests.benchmarks.sink``; prints its port.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ANSWER_BODY = (
    b'{\n  "id": "19c2f0a1b2c3d4e5",\n  "threadId": "19c2f0a1b2c3d4e5",\n  "labelIds": ["SENT"]\n}\n'
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nVary: Origin\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 GMT\r\nServer: ESF\r\nX-Content-Type-Options: nosniff\r\n"
    b"Content-Length: " + str(len(ANSWER_BODY)).encode() + b"\r\n\r\n" + ANSWER_BODY
)


def _talk(connection: socket.socket) -> None:
    with connection, connection.makefile("rb", 262_144) as source:
        while line := source.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = source.readline()
            while length:
                length -= len(source.read(min(length, 262_144)))
            connection.sendall(ANSWER)


def serve() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_talk, args=(connection,), daemon=True).start()


@contextmanager
def sink() -> Iterator[int]:
    """The port of a sink that runs in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.sink"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    serve()
