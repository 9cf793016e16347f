"""A small SMTP server on real sockets, with real TLS, that also does what no proper server does.

It answers as RFC 5321, 3030 and 4954 say; a script may put something else in the place of any answer.
"""

import base64
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from service.smtp.session import Server

GMAIL = ("SIZE 35882577", "8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8")
MECHANISMS = "AUTH LOGIN PLAIN XOAUTH2"
WAIT_S = 20.0


@dataclass(frozen=True)
class Asked:
    """One step of a conversation: ``CONNECT``, a command's verb, ``BYTES`` and ``END`` of a mail.

    ``BYTES`` is the middle of a mail, where a proper server says nothing.

    Attributes:
        count: how often this step came on this connection, from 1.
    """

    step: str
    line: str
    connection: int
    count: int


@dataclass(frozen=True)
class Say:
    """Bytes instead of the proper answer; then perhaps a hang-up, by FIN or RST. Sets ``then`` when said."""

    raw: bytes
    close: bool = False
    reset: bool = False
    drip_s: float | None = None  # between two bytes
    then: threading.Event | None = None


HANG_UP = Say(b"", close=True)
RESET = Say(b"", close=True, reset=True)
SILENCE = Say(b"")
Script = Callable[[Asked], Say | None]


@dataclass(frozen=True)
class Arrived:
    """One mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    parameters: str
    connection: int


@dataclass
class Seen:
    """What one connection brought.

    Attributes:
        clear: all bytes before TLS.
        trips: how often the client waited for an answer, the greeting included.
    """

    clear: bytes = b""
    commands: list[str] = field(default_factory=list)
    trips: int = 0


class HangUpError(Exception):
    """The script says that the connection ends here."""


class MailServer:
    """Serves until the end of the ``with`` block.

    Args:
        offers: EHLO's lines.
        tls: the server's context.
        starttls: offer STARTTLS instead of speaking TLS from the first byte.
        logins: what AUTH takes, as decoded initial responses; ``None`` takes anything.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None,
        *,
        offers: Iterable[str] = GMAIL,
        starttls: bool = False,
        script: Script | None = None,
        logins: set[bytes] | None = None,
    ) -> None:
        self.tls = tls
        self.offers = tuple(offers)
        self.starttls = starttls
        self.script: Script = script or (lambda _: None)
        self.logins = logins
        self.mails: list[Arrived] = []
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.address = Server("localhost", self._listener.getsockname()[1], starttls=starttls)

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

    @property
    def connections(self) -> int:
        """How many were accepted."""
        return len(self.seen)

    @property
    def trips(self) -> int:
        """Round trips of all connections, TCP's and TLS's own left out."""
        return sum(seen.trips for seen in self.seen)

    @property
    def commands(self) -> list[str]:
        """The commands of all connections."""
        return [command for seen in self.seen for command in seen.commands]

    def hang_up(self) -> None:
        """Close all connections as a server does that has waited long enough."""
        with self.lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

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
            connection.settimeout(WAIT_S)
            with self.lock:
                self._open.append(connection)
                self.seen.append(Seen())
                number = len(self.seen)
            self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        talk = _Talk(self, connection, number)
        with suppress(OSError, HangUpError):
            talk.run()
        talk.close()


class _Talk:
    """One connection's conversation."""

    def __init__(self, server: MailServer, connection: socket.socket, number: int) -> None:
        self._server = server
        self._sock = connection
        self._number = number
        self._seen = server.seen[number - 1]
        self._counts: dict[str, int] = {}
        self._unread = b""
        self._answers = b""
        self._encrypted = False
        self._sender: str | None = None
        self._parameters = ""
        self._recipients: list[str] = []
        self._chunks = b""

    def close(self) -> None:
        self._sock.close()

    def run(self) -> None:
        if self._server.tls is not None and not self._server.starttls:
            self._encrypt()
        self._answer("CONNECT", "", b"220 mx.example ESMTP ready\r\n")
        while True:
            line = self._line()
            verb = line.split(" ", 1)[0].upper()
            with self._server.lock:
                self._seen.commands.append(line)
            step = getattr(self, f"_{verb.lower()}", None)
            if step is None:
                self._answer(verb, line, b"500 5.5.1 what?\r\n")
            else:
                step(line)

    def _ehlo(self, line: str) -> None:
        offers = list(self._server.offers)
        if self._server.starttls and not self._encrypted:
            offers.append("STARTTLS")
        else:
            offers.append(MECHANISMS)
        lines = ["mx.example at your service", *offers]
        marks = ["-"] * (len(lines) - 1) + [" "]
        text = "".join(f"250{mark}{one}\r\n" for mark, one in zip(marks, lines, strict=True))
        self._answer("EHLO", line, text.encode())

    def _starttls(self, line: str) -> None:
        self._answer("STARTTLS", line, b"220 2.0.0 go ahead\r\n")
        self._flush()
        self._encrypt()

    def _auth(self, line: str) -> None:
        _, mechanism, initial = line.split(" ")
        if self._server.logins is None or base64.b64decode(initial) in self._server.logins:
            self._answer("AUTH", line, b"235 2.7.0 accepted\r\n")
            return
        if mechanism == "XOAUTH2":
            error = base64.b64encode(
                b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
            )
            self._answer("CHALLENGE", line, b"334 " + error + b"\r\n")
            self._seen.commands.append(self._line())
        self._answer("AUTH", line, b"535 5.7.8 Username and Password not accepted.\r\n")

    def _mail(self, line: str) -> None:
        found = re.fullmatch(r"MAIL FROM:<([^>]*)>(.*)", line)
        if self._sender is not None:
            self._answer("MAIL", line, b"503 5.5.1 nested MAIL\r\n")
        elif found is None:
            self._answer("MAIL", line, b"501 5.5.2 syntax\r\n")
        elif self._answer("MAIL", line, b"250 2.1.0 OK\r\n"):
            self._sender, self._parameters = found[1], found[2].strip()

    def _rcpt(self, line: str) -> None:
        found = re.fullmatch(r"RCPT TO:<([^>]+)>", line)
        if self._sender is None or found is None:
            self._answer("RCPT", line, b"503 5.5.1 need MAIL\r\n")
        elif self._answer("RCPT", line, b"250 2.1.5 OK\r\n"):
            self._recipients.append(found[1])

    def _data(self, line: str) -> None:
        if not self._recipients:
            self._answer("DATA", line, b"503 5.5.1 need RCPT\r\n")
            return
        if not self._answer("DATA", line, b"354 go ahead\r\n", good=b"3"):
            return
        content = self._until(b"\r\n.\r\n", b"\r\n")
        self._take(re.sub(rb"(?m)^\.", b"", content))

    def _bdat(self, line: str) -> None:
        _, size, *last = line.split(" ")
        chunk = self._bytes(int(size))
        if not self._recipients:
            self._answer("BDAT", line, b"503 5.5.1 need RCPT\r\n")
            return
        self._chunks += chunk
        if last:
            self._take(self._chunks)
        else:
            self._answer("BDAT", line, b"250 2.0.0 chunk taken\r\n")

    def _take(self, content: bytes) -> None:
        mail = Arrived(str(self._sender), tuple(self._recipients), content, self._parameters, self._number)
        self._forget()
        if self._answer("END", "", b"250 2.0.0 OK 1763 abc - gsmtp\r\n", then=lambda: self._keep(mail)):
            return

    def _keep(self, mail: Arrived) -> None:
        with self._server.lock:
            self._server.mails.append(mail)

    def _rset(self, line: str) -> None:
        self._forget()
        self._answer("RSET", line, b"250 2.0.0 flushed\r\n")

    def _noop(self, line: str) -> None:
        self._answer("NOOP", line, b"250 2.0.0 OK\r\n")

    def _quit(self, line: str) -> None:
        self._answer("QUIT", line, b"221 2.0.0 closing\r\n")
        self._flush()
        raise HangUpError

    def _forget(self) -> None:
        self._sender, self._parameters, self._chunks = None, "", b""
        self._recipients = []

    def _answer(
        self,
        step: str,
        line: str,
        proper: bytes,
        *,
        good: bytes = b"2",
        then: Callable[[], None] | None = None,
    ) -> bool:
        """Answer properly or by the script; says whether it was a success. ``then`` is done before one."""
        self._counts[step] = self._counts.get(step, 0) + 1
        say = self._server.script(Asked(step, line, self._number, self._counts[step])) or Say(proper)
        is_success = say.raw.startswith(good)
        if is_success and then is not None:
            then()
        self._answers += say.raw
        if say.drip_s is not None:
            self._drip(say.drip_s)
        if say.then is not None:
            self._flush()
            say.then.set()
        if say.close:
            self._flush()
            if say.reset:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise HangUpError
        return is_success

    def _drip(self, pause_s: float) -> None:
        dripping, self._answers = self._answers, b""
        pause = threading.Event()
        for at in range(len(dripping)):
            self._sock.sendall(dripping[at : at + 1])
            pause.wait(pause_s)

    def _line(self) -> str:
        """The next command; what was answered so far leaves when there is none yet."""
        while b"\r\n" not in self._unread:
            self._flush()
            self._read()
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line.decode("utf-8")

    def _until(self, end: bytes, before: bytes) -> bytes:
        self._flush()
        self._read_some()
        while end not in before + self._unread:
            self._read()
        content, _, self._unread = (before + self._unread).partition(end)
        return content[len(before) :] + b"\r\n"

    def _read_some(self) -> None:
        """Begin to read a mail, and interrupt it if the script says so."""
        if not self._unread:
            self._read()
        said = self._answers
        self._answer("BYTES", "", b"")
        if self._answers != said:
            self._flush()

    def _bytes(self, size: int) -> bytes:
        self._read_some()
        while len(self._unread) < size:
            self._read()
        content, self._unread = self._unread[:size], self._unread[size:]
        return content

    def _read(self) -> None:
        piece = self._sock.recv(262_144)
        if not piece:
            raise HangUpError
        if not self._encrypted:
            self._seen.clear += piece
        self._unread += piece

    def _flush(self) -> None:
        if self._answers:
            answers, self._answers = self._answers, b""
            with self._server.lock:
                self._seen.trips += 1
            self._sock.sendall(answers)

    def _encrypt(self) -> None:
        assert self._server.tls is not None
        self._flush()
        self._sock = self._server.tls.wrap_socket(self._sock, server_side=True)
        self._encrypted = True
