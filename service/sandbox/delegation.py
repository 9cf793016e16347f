"""Domain-wide delegation: the admin's list, and the JWT-bearer grant that it allows (RFC 7523).

Source: developers.google.com/identity/protocols/oauth2/service-account (2026-11), google.md §7.2 and §7.3.
"""

import base64
import binascii
import json
import threading
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from service.clock import Clock
from service.sandbox import scopes as known
from service.sandbox.accounts import Directory
from service.sandbox.letter import is_address
from service.sandbox.service_accounts import ServiceAccount, ServiceAccounts
from service.sandbox.signing import SigningKey

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"  # what google-auth always writes, whatever the key file says
_LONGEST_S, _SKEW_S = 65 * 60, 5 * 60


class AssertionRefusedError(Exception):
    """``args[0]`` is the row of the fault table, without its ``dwd_``."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """A JWT as it came, not yet believed."""

    key_id: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def claim(self, name: str) -> str:
        """A claim as text; ``""`` when absent."""
        value = self.claims.get(name, "")
        return value if isinstance(value, str) else ""


class Delegations:
    """*Manage domain-wide delegation* of every Workspace domain; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scopes: dict[tuple[str, str], frozenset[str]] = {}

    def allow(self, domain: str, client_id: str, scopes: "list[str] | frozenset[str]") -> None:
        """Enter a client with its scopes, in the place of an earlier entry.

        Args:
            domain: the Workspace domain.
            client_id: whatever the admin typed; only a service account's numeric ID does anything.
            scopes: full addresses of scopes.
        """
        with self._lock:
            self._scopes[domain.lower(), client_id] = frozenset(scopes)

    def revoke(self, domain: str, client_id: str) -> None:
        """Delete an entry; tokens that it gave live on to their end."""
        with self._lock:
            self._scopes.pop((domain.lower(), client_id), None)

    def scopes_of(self, domain: str, client_id: str) -> frozenset[str] | None:
        """The scopes of an entry; ``None`` when there is none."""
        with self._lock:
            return self._scopes.get((domain.lower(), client_id))

    def all(self) -> list[dict[str, object]]:
        """Every entry, for people."""
        with self._lock:
            entries = sorted(self._scopes.items())
        return [
            {"domain": domain, "client_id": client_id, "scopes": sorted(scopes)}
            for (domain, client_id), scopes in entries
        ]


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom an assertion lets act, and as what.

    Attributes:
        address: the user, or the service account itself where no user was named.
    """

    address: str
    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Delegation:
    """The check of an assertion, in Google's order."""

    clock: Clock
    accounts: ServiceAccounts
    directory: Directory
    delegations: Delegations

    def admit(self, text: str, audience: str) -> Grant:
        """What an assertion gives.

        Args:
            text: the JWT.
            audience: the token endpoint's own address, which is as good as Google's.

        Raises:
            AssertionRefusedError: it gives nothing.
        """
        assertion = read_assertion(text)
        account = self._issuer(assertion)
        if assertion.claim("aud") not in {AUDIENCE, audience}:
            raise AssertionRefusedError("audience")
        self._check_times(assertion)
        scopes = frozenset(assertion.claim("scope").split())
        if not scopes or known.unknown(scopes - known.CLOUD):
            raise AssertionRefusedError("invalid_scope")
        subject = assertion.claim("sub")
        if subject and subject != account.email:
            self._check_subject(subject, account, scopes)
        return Grant(subject or account.email, account.client_id, scopes)

    def _issuer(self, assertion: Assertion) -> ServiceAccount:
        account = self.accounts.find(assertion.claim("iss"))
        if account is None:
            raise AssertionRefusedError("account_not_found")
        if account.state != "active":
            raise AssertionRefusedError(f"{account.state}_client")
        if not _is_signed(assertion, account):
            raise AssertionRefusedError("signature")
        return account

    def _check_times(self, assertion: Assertion) -> None:
        now = self.clock.now().timestamp()
        issued_at, ends_at = assertion.claims.get("iat"), assertion.claims.get("exp")
        if not isinstance(issued_at, int | float) or not isinstance(ends_at, int | float):
            raise AssertionRefusedError("clock")
        if not now < ends_at <= issued_at + _LONGEST_S or issued_at > now + _SKEW_S:
            raise AssertionRefusedError("clock")

    def _check_subject(self, subject: str, account: ServiceAccount, scopes: frozenset[str]) -> None:
        if not is_address(subject):
            raise AssertionRefusedError("invalid_email")
        if self.directory.is_group(subject):
            raise AssertionRefusedError("client_unauthorized")
        domain = subject.rpartition("@")[2]
        user = self.directory.find_account(subject)
        if user is None and domain.lower() in self.directory.domains():
            raise AssertionRefusedError("not_a_valid_email")
        entry = self.delegations.scopes_of(domain, account.client_id)
        if entry is None:
            # An e-mail address in the place of the numeric ID is the usual slip, and has its own sentence.
            is_slip = self.delegations.scopes_of(domain, account.email) is not None
            raise AssertionRefusedError("client_unauthorized" if is_slip else "unauthorized_client")
        if not scopes & entry:
            raise AssertionRefusedError("client_unauthorized")
        if scopes - entry:
            raise AssertionRefusedError("access_denied")


def read_assertion(text: str) -> Assertion:
    """Take a JWT apart (RFC 7519 §7.2), believing nothing; ``AssertionRefusedError`` when it is none."""
    try:
        head, claims, signature = text.split(".")
        header, body = json.loads(_octets(head)), json.loads(_octets(claims))
        if not isinstance(header, dict) or not isinstance(body, dict) or header.get("alg") != "RS256":
            raise AssertionRefusedError("malformed")
        return Assertion(str(header.get("kid", "")), body, f"{head}.{claims}".encode(), _octets(signature))
    except (ValueError, binascii.Error):
        raise AssertionRefusedError("malformed") from None


def _is_signed(assertion: Assertion, account: ServiceAccount) -> bool:
    """By the key that it names; ``iam.Signer`` names none, so then by any."""
    if assertion.key_id:
        named = account.find_key(assertion.key_id)
        return named is not None and _fits(named, assertion)
    return any(_fits(key, assertion) for key in (account.system_key, *account.keys.values()))


def _fits(key: SigningKey, assertion: Assertion) -> bool:
    try:
        key.private.public_key().verify(
            assertion.signature, assertion.signed, padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
