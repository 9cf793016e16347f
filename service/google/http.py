"""HTTP over pooled connections: one call is one request on the wire, never two.

google-api-python-client, google-auth and oauthlib all speak through this one pool. It follows no redirect,
asks no proxy and repeats nothing; bodies of answers are bounded.
"""

import ssl
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from service.google.connection import Answer, Connection, NoAnswerError, Origin, Request, StreamedBody

ANSWER_LIMIT_BYTES = 8 * 1024 * 1024
TOKEN_LIMIT_BYTES = 1024 * 1024
TOKEN_TIMEOUT_S = 20.0  # with the connect time-out well within the lease of a refresh
MAX_IDLE_S = 60.0  # well under the time after which Google hangs up


class PooledHttp:
    """A pool of kept connections. Safe to be used by many threads at once.

    Args:
        connect_timeout_s: for TCP and TLS together, per address of the host.
        answer_timeout_s: from the last byte of a request to the last byte of its answer.
        max_idle_s: older connections are not used again.
    """

    def __init__(
        self, *, connect_timeout_s: float = 10, answer_timeout_s: float = 120, max_idle_s: float = MAX_IDLE_S
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._answer_timeout_s = answer_timeout_s
        self._max_idle_s = max_idle_s
        self._idle: dict[Origin, list[Connection]] = {}
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | StreamedBody = b"",
        limit_bytes: int = ANSWER_LIMIT_BYTES,
        timeout_s: float | None = None,
    ) -> Answer:
        """Make one request; an answer of any status is an answer.

        ``timeout_s`` is for the answer, where another time than the pool's is right.

        Raises:
            NoAnswerError: naming whether the whole request had left.
            ValueError: the request cannot be written down; nothing was sent.
            Exception: whatever a streamed body's ``open`` and ``hand_over`` raise.
        """
        origin, target = split_url(url)
        connection = self._take(origin) or self._connect(origin)
        try:
            return connection.exchange(
                Request(method, target, headers, body), limit_bytes, timeout_s or self._answer_timeout_s
            )
        finally:
            self._give_back(origin, connection)

    def close(self) -> None:
        """Hang up all idle connections."""
        with self._lock:
            idle = [connection for connections in self._idle.values() for connection in connections]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _take(self, origin: Origin) -> Connection | None:
        """The connection that was idle for the shortest time, if it can still be used."""
        while True:
            with self._lock:
                connections = self._idle.get(origin)
                if not connections:
                    return None
                connection = connections.pop()
            if time.monotonic() - connection.idle_since < self._max_idle_s and not connection.is_stale():
                return connection
            connection.close()

    def _connect(self, origin: Origin) -> Connection:
        context = self._tls() if origin.scheme == "https" else None
        try:
            return Connection(
                origin,
                context,
                connect_timeout_s=self._connect_timeout_s,
            )
        except OSError as error:
            raise NoAnswerError(f"{origin.host}: {type(error).__name__}", whole=False) from error

    def _give_back(self, origin: Origin, connection: Connection) -> None:
        if not connection.is_reusable:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        with self._lock:
            connections = self._idle.setdefault(origin, [])
            connections.append(connection)
            # The oldest lies at the bottom; one look for each that comes back keeps the pile fresh.
            is_old = connection.idle_since - connections[0].idle_since > self._max_idle_s
            oldest = connections.pop(0) if is_old else None
        if oldest is not None:
            oldest.close()

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
                self._context.minimum_version = ssl.TLSVersion.TLSv1_2
            return self._context


def split_url(url: str) -> tuple[Origin, str]:
    """The origin of an http or https address, and what is asked of it."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = parts.path or "/"
    return Origin(
        parts.scheme, parts.hostname or "", port
    ), f"{target}?{parts.query}" if parts.query else target
