"""A lean HTTP load generator: keep-alive sockets, prebuilt requests, one thread a client.

A client opens a new connection after ten requests, as one invoicing run follows the other: so it is the
less busy server process that takes it, and no process keeps what it happened to get at the start.

Run as a process of its own, so that its work is not charged to the server's interpreter:
``python -m tests.benchmarks.load`` reads one JSON line {host, port, path, head, body_file, clients, requests}
and prints one JSON line {seconds, failed, latencies_ms}.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REQUESTS_A_CONNECTION = 10


@dataclass(frozen=True)
class Load:
    """What came out: requests a second, and latencies in milliseconds."""

    rate: float
    failed: int
    p50_ms: float
    p99_ms: float


def run_load(
    port: int, path: str, head: dict[str, str], body_file: Path, *, clients: int, requests: int
) -> Load:
    """Send ``requests`` POSTs over ``clients`` connections from a process of its own."""
    order = {
        "port": port,
        "path": path,
        "head": head,
        "body_file": str(body_file),
        "clients": clients,
        "requests": requests,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load"],
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    answer = json.loads(done.stdout)
    latencies = sorted(answer["latencies_ms"])
    return Load(
        rate=requests / answer["seconds"],
        failed=answer["failed"],
        p50_ms=latencies[len(latencies) // 2],
        p99_ms=latencies[int(len(latencies) * 0.99)],
    )


def main() -> None:
    """Read the order, send, print."""
    order = json.loads(sys.stdin.readline())
    body = Path(order["body_file"]).read_bytes()
    latencies: list[float] = []
    failed: list[int] = []
    numbers = iter(range(order["requests"]))  # shared: all clients are at work to the end
    threads = [
        threading.Thread(target=_client, args=(order, body, numbers, latencies, failed))
        for _ in range(order["clients"])
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "failed": len(failed), "latencies_ms": latencies}))


def _client(
    order: dict[str, object],
    body: bytes,
    numbers: Iterator[int],
    latencies: list[float],
    failed: list[int],
) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in order["head"].items())  # type: ignore[attr-defined]
    begin = f"POST {order['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{head}"
    run = time.time_ns()
    connection = _connect(order)
    for count, number in enumerate(numbers):
        if count and count % REQUESTS_A_CONNECTION == 0:
            connection.close()
            connection = _connect(order)
        key = f"Idempotency-Key: {run}-{number}\r\n\r\n"
        sent_at = time.perf_counter()
        _send(connection, f"{begin}{key}".encode(), body)
        if _status(connection) not in {200, 202}:
            failed.append(number)
        latencies.append((time.perf_counter() - sent_at) * 1000)
    connection.close()


def _connect(order: dict[str, object]) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(str(order["port"]))))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _send(connection: socket.socket, head: bytes, body: bytes) -> None:
    """Both in one call where there is room: to put them together first is a tenth of the client's work."""
    sent = connection.sendmsg([head, body])
    if sent < len(head):
        connection.sendall(head[sent:])
    connection.sendall(memoryview(body)[max(0, sent - len(head)) :])


def _status(connection: socket.socket) -> int:
    """Read one answer with a Content-Length; its status."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            return 0
        answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(head.split(b" ", 2)[1])


if __name__ == "__main__":
    main()
