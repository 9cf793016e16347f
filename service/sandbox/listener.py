"""Accepts connections on one address: one thread each, and all of them end when it stops."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable


class Guest:
    """One connection that came in.

    Attributes:
        socket: the present one; TLS puts another in its place.
        address: the IP address of the client.
    """

    def __init__(self, connection: socket.socket, address: str) -> None:
        self.socket = connection
        self.address = address
        self._is_over = False

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on; ``OSError`` when the client does not, or when all is over."""
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        if self._is_over:
            raise ConnectionResetError("the listener stopped")
        self.socket.do_handshake()

    def end(self) -> None:
        """End the connection from another thread."""
        self._is_over = True
        with contextlib.suppress(OSError):
            # Not TLS's own shutdown, which would take the session from under the other thread.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Listener:
    """Accepts connections on one address until ``stop``; can be started again on the same port."""

    def __init__(self, host: str, port: int, converse: Callable[[Guest], None]) -> None:
        self.host = host
        self.port = port
        self._converse = converse
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._lock = threading.Lock()
        self._open: dict[Guest, threading.Thread] = {}
        self.accepted = 0

    def start(self) -> None:
        """Listen, and answer in threads of our own."""
        self._listener = socket.create_server((self.host, self.port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), name="sandbox")
        self._acceptor.daemon = True
        self._acceptor.start()

    def stop(self) -> None:
        """Close every connection and wait for every thread."""
        if self._listener is None or self._acceptor is None:
            return
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which close() alone does not
        self._listener.close()
        self._acceptor.join()
        self._listener = self._acceptor = None
        with self._lock:
            threads = list(self._open.values())
            for guest in self._open:
                guest.end()
        for thread in threads:
            thread.join()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:  # stop() closed the listener
                return
            guest = Guest(connection, address[0])
            thread = threading.Thread(target=self._host, args=(guest,), daemon=True)
            with self._lock:
                self._open[guest] = thread
                self.accepted += 1
            thread.start()

    def _host(self, guest: Guest) -> None:
        try:
            guest.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._converse(guest)
        except OSError:  # the client may leave at any byte
            pass
        finally:
            guest.socket.close()
            with self._lock:
                del self._open[guest]
