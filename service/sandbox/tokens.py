"""Authorization codes, refresh tokens and access tokens, with Google's ways of ending them."""

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.clock import Clock

_CODE_LIFETIME = timedelta(minutes=10)
_REFRESH_LIMIT = 100  # live ones an account and client; the next kills the oldest (google.md §1.5)


class GrantError(Exception):
    """``invalid_grant``; ``args[0]`` is Google's description."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to, and how the client asked for it."""

    address: str
    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    nonce: str | None
    is_offline: bool


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for.

    Attributes:
        is_first: whether this consent was asked for on a page, so that a refresh token comes with it.
    """

    consent: Consent
    is_first: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token or a refresh token stands for."""

    address: str
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime | None


@dataclass(slots=True)
class Tokens:
    """Every token that lives; safe for many threads. All clients belong to one project."""

    clock: Clock
    lifetime_s: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _codes: dict[str, Code] = field(default_factory=dict)
    _refresh: dict[str, Access] = field(default_factory=dict)
    _access: dict[str, Access] = field(default_factory=dict)
    _consented: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def consented(self, address: str, client_id: str) -> frozenset[str]:
        """What this account has already given to this client."""
        with self._lock:
            return self._consented.get((address.lower(), client_id), frozenset())

    def issue_code(self, consent: Consent, *, is_forced: bool) -> str:
        """A code after the person said yes."""
        text = f"4/0A{secrets.token_urlsafe(52)}"
        key = (consent.address.lower(), consent.client_id)
        expires_at = self.clock.now() + _CODE_LIFETIME
        with self._lock:
            is_first = is_forced or key not in self._consented
            self._consented[key] = self._consented.get(key, frozenset()) | consent.scopes
            self._codes[text] = Code(consent, is_first, expires_at)
        return text

    def look_at_code(self, text: str) -> Code | None:
        """What a code stands for, without using it up."""
        with self._lock:
            return self._codes.get(text)

    def take_code(self, text: str, *, client_id: str, redirect_uri: str, verifier: str | None) -> Code:
        """Use a code up.

        Raises:
            GrantError: used, expired, of another client or redirect URI, or the verifier does not fit.
        """
        with self._lock:
            code = self._codes.pop(text, None)
        if code is None or code.expires_at <= self.clock.now():
            raise GrantError("Malformed auth code.")
        if code.consent.client_id != client_id or code.consent.redirect_uri != redirect_uri:
            raise GrantError("Bad Request")
        if code.consent.challenge is not None:
            _verify(code.consent.challenge, verifier)
        return code

    def issue_access(self, address: str, client_id: str, scopes: frozenset[str]) -> str:
        """A fresh access token."""
        text = f"ya29.{secrets.token_urlsafe(120)}"
        expires_at = self.clock.now() + timedelta(seconds=self.lifetime_s)
        with self._lock:
            self._access[text] = Access(address, client_id, scopes, expires_at)
        return text

    def issue_refresh(self, address: str, client_id: str, scopes: frozenset[str]) -> str:
        """A fresh refresh token; the one past the limit ends the oldest without a word."""
        text = f"1//0{secrets.token_urlsafe(72)}"
        with self._lock:
            same = [
                old
                for old, access in self._refresh.items()
                if access.client_id == client_id and access.address.lower() == address.lower()
            ]
            if len(same) >= _REFRESH_LIMIT:
                del self._refresh[same[0]]
            self._refresh[text] = Access(address, client_id, scopes, None)
        return text

    def find_refresh(self, text: str) -> Access | None:
        """What a living refresh token stands for."""
        with self._lock:
            return self._refresh.get(text)

    def find_access(self, text: str) -> Access | None:
        """What a living access token stands for."""
        with self._lock:
            access = self._access.get(text)
        if access is None or access.expires_at is None or access.expires_at <= self.clock.now():
            return None
        return access

    def revoke(self, text: str) -> str | None:
        """End the whole grant that a token belongs to: every token of that account, for all clients.

        Returns:
            The account's address; ``None`` when the token was dead already.
        """
        access = self.find_refresh(text) or self.find_access(text)
        if access is None:
            return None
        self.forget(access.address)
        return access.address

    def forget(self, address: str) -> None:
        """The account holder removed the app: every token dies, and consent is asked anew."""
        key = address.lower()
        with self._lock:
            for tokens in (self._refresh, self._access):
                for text in [text for text, access in tokens.items() if access.address.lower() == key]:
                    del tokens[text]
            for pair in [pair for pair in self._consented if pair[0] == key]:
                del self._consented[pair]

    def expire_access(self, address: str | None = None) -> int:
        """End access tokens now, of one account or of all; refresh tokens live on."""
        with self._lock:
            ended = [
                text
                for text, access in self._access.items()
                if address is None or access.address.lower() == address.lower()
            ]
            for text in ended:
                del self._access[text]
        return len(ended)


def _verify(challenge: str, verifier: str | None) -> None:
    """RFC 7636 §4.6, in Google's words."""
    if not verifier:
        raise GrantError("Missing code verifier.")
    digest = hashlib.sha256(verifier.encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
        raise GrantError("Invalid code verifier.")
