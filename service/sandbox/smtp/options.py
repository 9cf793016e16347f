"""What a test can change about the sandbox's SMTP, and what it remembers."""

import secrets
import string
import threading
from dataclasses import dataclass, field
from typing import Literal

_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(slots=True)
class SmtpOptions:
    """How ``smtp.gmail.com`` and the relay behave; changed at any time, read at every command.

    Attributes:
        size: what SIZE says and what is refused beyond, in bytes.
        expired_token: what MAIL answers in a session whose access token ended since AUTH. What Google does is
            told nowhere; IMAP sessions end with their token, so the sandbox's SMTP does too.
        bare_line_ends: whether a mail with a bare CR or LF is refused (``451 4.5.0``, the only sentence of
            Google's list that fits) or kept as it came.
    """

    chunking: bool = True
    pipelining: bool = True
    starttls: bool = True
    smtputf8: bool = True
    eight_bit: bool = True
    size: int = 35_882_577
    expired_token: Literal["421", "530", "535", "ignored"] = "421"  # noqa: S105, a reply code
    bare_line_ends: Literal["refused", "kept"] = "refused"


@dataclass(slots=True)
class Relay:
    """The Workspace setting *SMTP relay service*; the loopback is allowed at the start.

    Attributes:
        senders: who may be in MAIL FROM: ``users`` (registered ones), ``domain`` (any address of a registered
            domain) or ``any``.
        requires_auth: whether an allowed IP alone does not suffice.
        requires_tls: whether plain text is refused.
    """

    senders: Literal["users", "domain", "any"] = "domain"
    requires_auth: bool = False
    requires_tls: bool = False
    _addresses: set[str] = field(default_factory=lambda: set(_LOOPBACK))

    def allow_ip(self, address: str) -> None:
        """Register an IP address."""
        self._addresses.add(address)

    def deny_ip(self, address: str) -> None:
        """Take an IP address off the list."""
        self._addresses.discard(address)

    def allows(self, address: str) -> bool:
        """Whether an IP address may relay without signing in."""
        return address in self._addresses

    def addresses(self) -> list[str]:
        """The registered ones."""
        return sorted(self._addresses)


class AppPasswords:
    """The app passwords of every account; safe for many threads. All accounts use 2-step verification."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passwords: dict[str, set[str]] = {}

    def create(self, address: str) -> str:
        """16 letters, as the page shows them but without its spaces."""
        password = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        with self._lock:
            self._passwords.setdefault(address.lower(), set()).add(password)
        return password

    def revoke(self, address: str) -> None:
        """End all of an account, as a change of its password does."""
        with self._lock:
            self._passwords.pop(address.lower(), None)

    def fits(self, address: str, password: str) -> bool:
        """Whether an account has this one."""
        with self._lock:
            return password in self._passwords.get(address.lower(), ())

    @staticmethod
    def is_one(password: str) -> bool:
        """Whether it looks like an app password at all."""
        return len(password) == 16 and password.isascii() and password.isalpha() and password.islower()  # noqa: PLR2004
