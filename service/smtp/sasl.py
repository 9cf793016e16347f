"""How a client says who it is (RFC 4954): PLAIN with a password, XOAUTH2 with an access token."""

import base64
import binascii
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from service.smtp.errors import CommandError
from service.smtp.replies import Phase

HIDDEN = "***"


class Login(Protocol):
    """One way to authenticate. Two of them are equal only when their secrets are."""

    @property
    def mechanism(self) -> str:
        """The name in EHLO's list."""

    @property
    def secret(self) -> SecretStr:
        """What nobody else may see."""

    def initial(self) -> bytes:
        """The initial response, not yet encoded. Raises ``CommandError``: it cannot be written down."""

    def answer(self) -> bytes:
        """The line that answers a challenge; only a refusal may follow."""


@dataclass(frozen=True, slots=True)
class Plain:
    """User and password (RFC 4616)."""

    user: str
    password: SecretStr

    @property
    def mechanism(self) -> str:
        """As EHLO lists it."""
        return "PLAIN"

    @property
    def secret(self) -> SecretStr:
        """The password."""
        return self.password

    def initial(self) -> bytes:
        """No authorization identity, the user, the password."""
        parts = ("", self.user, self.password.get_secret_value())
        if any("\0" in part for part in parts):
            raise CommandError(Phase.AUTH)
        return "\0".join(parts).encode()

    def answer(self) -> bytes:
        """All was said at once: cancel (RFC 4954 §4)."""
        return b"*\r\n"


@dataclass(frozen=True, slots=True)
class XOAuth2:
    """Address and access token.

    Source: https://developers.google.com/workspace/gmail/imap/xoauth2-protocol (2026-11).
    """

    user: str
    token: SecretStr

    @property
    def mechanism(self) -> str:
        """As EHLO lists it."""
        return "XOAUTH2"

    @property
    def secret(self) -> SecretStr:
        """The access token."""
        return self.token

    def initial(self) -> bytes:
        """``user=…^Aauth=Bearer …^A^A``."""
        token = self.token.get_secret_value()
        if "\x01" in self.user + token:
            raise CommandError(Phase.AUTH)
        return f"user={self.user}\x01auth=Bearer {token}\x01\x01".encode()

    def answer(self) -> bytes:
        """The challenge is the error; an empty line asks for the refusal itself."""
        return b"\r\n"


def auth_line(login: Login) -> bytes:
    """AUTH with its initial response. Raises ``CommandError``: the login cannot be written down."""
    return b"AUTH %s %s\r\n" % (login.mechanism.encode("ascii"), base64.b64encode(login.initial()))


def without_secret(login: Login, text: str) -> str:
    """What a server said to a login, to be kept and shown: some repeat the line that they did not like."""
    for secret in (base64.b64encode(login.initial()).decode("ascii"), login.secret.get_secret_value()):
        text = text.replace(secret, HIDDEN) if secret else text
    return text


def decoded(challenge: str) -> str:
    """A challenge as text, for the log: what is not base64 stays as it is."""
    try:
        text = base64.b64decode(challenge, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        text = challenge
    return "".join(character if character.isprintable() else " " for character in text)
