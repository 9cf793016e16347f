"""A TCP proxy that holds every byte back for half a round trip, each way.

Run as ``python -m tests.benchmarks.delay PORT ROUND_TRIP_MS``; prints its own port.
"""

import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.benchmarks.smtp_sink import started

_Held = tuple[float, bytes]


def _read(source: socket.socket, held: "queue.SimpleQueue[_Held]", delay_s: float) -> None:
    piece = b"x"
    while piece:
        try:
            piece = source.recv(262_144)
        except OSError:
            piece = b""
        held.put((time.monotonic() + delay_s, piece))


def _write(target: socket.socket, held: "queue.SimpleQueue[_Held]") -> None:
    with suppress(OSError):
        while True:
            due, piece = held.get()
            time.sleep(max(due - time.monotonic(), 0))
            if not piece:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(piece)


def _join(one: socket.socket, other: socket.socket, delay_s: float) -> None:
    for source, target in ((one, other), (other, one)):
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        held: queue.SimpleQueue[_Held] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(source, held, delay_s), daemon=True).start()
        threading.Thread(target=_write, args=(target, held), daemon=True).start()


def serve(port: int, delay_s: float) -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        time.sleep(delay_s * 2)  # TCP's own handshake
        _join(client, socket.create_connection(("127.0.0.1", port)), delay_s)


@contextmanager
def delayed(port: int, round_trip_ms: float) -> Iterator[int]:
    """The port of a proxy before ``port``, in a process of its own."""
    with started("tests.benchmarks.delay", str(port), str(round_trip_ms)) as own:
        yield own


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]) / 2000)
