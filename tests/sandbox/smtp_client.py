"""SMTP clients for tests of the sandbox: Python's own, and one that says whatever it is told."""

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from types import TracebackType
from typing import Self

from service.sandbox.server import Sandbox

MIA = "mia.berger@gmail.com"
FIRMA = "rechnung@beispiel.example"
HELO = "app.beispiel.example"
TO = "kunde@example.com"


def context(sandbox: Sandbox) -> ssl.SSLContext:
    """Trusts nobody but the sandbox, and checks the host's name."""
    return ssl.create_default_context(cadata=sandbox.ca_pem.decode())


def token(sandbox: Sandbox, *scopes: str, account: str = MIA) -> str:
    """An access token; with the mail scope unless told otherwise."""
    return sandbox.google.tokens.issue_access(
        account, "client", frozenset(scopes or ["https://mail.google.com/"])
    )


def xoauth2(user: str, secret: str) -> str:
    """The initial response."""
    return base64.b64encode(f"user={user}\1auth=Bearer {secret}\1\1".encode()).decode()


def plain(user: str, secret: str) -> str:
    """The initial response."""
    return base64.b64encode(f"\0{user}\0{secret}".encode()).decode()


def signed_in(sandbox: Sandbox, account: str = MIA) -> smtplib.SMTP_SSL:
    """Python's own client, signed in by app password on the TLS port."""
    client = smtplib.SMTP_SSL("127.0.0.1", sandbox.smtps_port, timeout=30, context=context(sandbox))
    client.login(account, sandbox.google.app_password(account))
    return client


def flat(reply: str) -> str:
    """A reply in one line: its codes once, as a client reads it."""
    first, *more = reply.split("\n")
    codes = re.match(r"(\d{3})[- ](?:\d\.\d+\.\d+ )?", first)
    assert codes is not None
    return " ".join([first.replace("-", " ", 1), *(line[codes.end() :] for line in more)])


class Talk:
    """A connection on which a test says what it likes, byte for byte."""

    def __init__(self, sandbox: Sandbox, port: int, *, is_secure: bool = False) -> None:
        self._sandbox = sandbox
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ahead = b""
        if is_secure:
            self._wrap()
        self.greeting = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def begin(self, helo: str = HELO) -> str:
        """Read the greeting, say EHLO; gives the answer to that."""
        self.greeting = self.read()
        return self.say(f"EHLO {helo}")

    def starttls(self) -> None:
        """Say STARTTLS, do it, say EHLO again."""
        assert self.say("STARTTLS") == "220 2.0.0 Ready to start TLS"
        self._wrap()
        self.say(f"EHLO {HELO}")

    def say(self, line: str) -> str:
        """Say one line and give the reply."""
        self.send(line.encode() + b"\r\n")
        return self.read()

    def send(self, content: bytes) -> None:
        """Send as it is."""
        self.socket.sendall(content)

    def read(self) -> str:
        """One whole reply, lines joined by LF, without the connection's name; ``""`` at the end."""
        lines = []
        while True:
            line = self._line()
            lines.append(re.sub(r" \S+ - gsmtp$", "", line.decode("utf-8", "replace")))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def rest(self) -> bytes:
        """Whatever comes until the end of the connection, by FIN or by RST."""
        came = self._ahead
        with contextlib.suppress(ConnectionResetError):
            while more := self.socket.recv(65536):
                came += more
        return came

    def mail(self, *recipients: str, sender: str = MIA) -> list[str]:
        """MAIL and RCPT; gives the replies."""
        said = [self.say(f"MAIL FROM:<{sender}>")]
        return said + [self.say(f"RCPT TO:<{recipient}>") for recipient in recipients or (TO,)]

    def data(self, content: bytes) -> str:
        """DATA with this content, which ends in CRLF and is stuffed already; gives the last reply."""
        assert self.say("DATA").startswith("354 ")
        self.send(content + b".\r\n")
        return self.read()

    def _line(self) -> bytes:
        while (end := self._ahead.find(b"\n")) < 0:
            more = self.socket.recv(65536)
            if not more:
                return self._ahead
            self._ahead += more
        line, self._ahead = self._ahead[:end], self._ahead[end + 1 :]
        return line.removesuffix(b"\r")

    def _wrap(self) -> None:
        self.socket = context(self._sandbox).wrap_socket(self.socket, server_hostname="127.0.0.1")


def secure_talk(sandbox: Sandbox, account: str | None = MIA) -> Talk:
    """A connection to the TLS port after EHLO, signed in unless ``account`` is ``None``."""
    talk = Talk(sandbox, sandbox.smtps_port, is_secure=True)
    talk.begin()
    if account is not None:
        reply = talk.say(f"AUTH PLAIN {plain(account, sandbox.google.app_password(account))}")
        assert reply == "235 2.7.0 Accepted"
    return talk


def relay_talk(sandbox: Sandbox, helo: str = HELO) -> Talk:
    """A connection to the relay port after EHLO."""
    talk = Talk(sandbox, sandbox.relay_port)
    talk.begin(helo)
    return talk
