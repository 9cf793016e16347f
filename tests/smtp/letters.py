"""Mails for the tests of the SMTP client, and what became of their hand-over."""

from collections.abc import Callable, Iterator

from pydantic import SecretStr

from service.smtp.kept import Account
from service.smtp.sasl import Login, Plain
from service.smtp.session import Server
from service.smtp.submission import Submission

PASSWORD = Plain("rechnung@muster.example", SecretStr("abcdefghijklmnop"))
CONTENT = (
    b"From: rechnung@muster.example\r\nTo: kunde@example.com\r\nSubject: Rechnung\r\n\r\n"
    b"Guten Tag\r\n.\r\n..\r\n.eine Zeile mit Punkt\r\n"
)


class Letter:
    """A mail that counts how often it was handed over."""

    def __init__(
        self,
        *pieces: bytes,
        to: tuple[str, ...] = ("kunde@example.com",),
        sender: str = "rechnung@muster.example",
        size: int | None = None,
        hand_over: Callable[[], None] = lambda: None,
    ) -> None:
        self._pieces = pieces or (CONTENT,)
        self._then = hand_over
        self.handed_over = 0
        total = sum(map(len, self._pieces))
        self.submission = Submission(sender, to, total if size is None else size, self._open, self._hand_over)

    def _open(self) -> Iterator[bytes]:
        yield from self._pieces

    def _hand_over(self) -> None:
        self.handed_over += 1
        self._then()


def account(server: Server, *, login: Login | None = PASSWORD, key: str = "pwd_1") -> Account:
    """An account at the test server."""
    return Account(key, server, login, "mail.muster.example")
