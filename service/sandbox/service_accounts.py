"""Service accounts of the operator's Cloud project: their keys, and who may let them sign (IAM)."""

import functools
import hashlib
import secrets
import threading
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from service.sandbox.accounts import PROJECT
from service.sandbox.signing import SigningKey


@dataclass(slots=True)
class ServiceAccount:
    """One service account.

    Attributes:
        client_id: its unique ID, 21 digits: what an admin enters for domain-wide delegation.
        keys: those of its key files, by id; a deleted one is gone.
        system_key: the one that Google keeps, for ``signJwt`` and ``signBlob``.
        state: ``active``, ``disabled`` or ``deleted``.
        token_creators: principals with ``roles/iam.serviceAccountTokenCreator`` on it.
    """

    email: str
    client_id: str
    system_key: SigningKey
    keys: dict[str, SigningKey] = field(default_factory=dict)
    state: str = "active"
    token_creators: set[str] = field(default_factory=set)

    def find_key(self, key_id: str) -> SigningKey | None:
        """The key of this id, the system's own included."""
        return self.system_key if key_id == self.system_key.key_id else self.keys.get(key_id)


class ServiceAccounts:
    """All of them; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, ServiceAccount] = {}
        self._keys_made = 0

    def create(self) -> ServiceAccount:
        """A fresh one without a key file."""
        with self._lock:
            email = f"sender-{len(self._accounts) + 1}@{PROJECT}.iam.gserviceaccount.com"
            client_id = str(10**20 + secrets.randbelow(10**20))
            account = ServiceAccount(email, client_id, self._next_key())
            self._accounts[email] = account
        return account

    def find(self, email: str) -> ServiceAccount | None:
        """The one of this address."""
        with self._lock:
            return self._accounts.get(email.lower())

    def all(self) -> list[ServiceAccount]:
        """In the order they were made."""
        with self._lock:
            return list(self._accounts.values())

    def add_key(self, account: ServiceAccount) -> SigningKey:
        """One more key for it."""
        with self._lock:
            key = self._next_key()
            account.keys[key.key_id] = key
        return key

    def delete_key(self, key_id: str) -> None:
        """Let a key no longer hold; its file stays with whoever has it."""
        with self._lock:
            for account in self._accounts.values():
                account.keys.pop(key_id, None)

    def _next_key(self) -> SigningKey:
        self._keys_made += 1
        private = _private_key(self._keys_made)
        public = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return SigningKey(hashlib.sha1(public, usedforsecurity=False).hexdigest(), private)


def key_file(account: ServiceAccount, key: SigningKey, url: str) -> dict[str, str]:
    """What Google's console downloads when a key is made; ``url`` is the sandbox's origin."""
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": key.key_id,
        "private_key": pem.decode(),
        "client_email": account.email,
        "client_id": account.client_id,
        "auth_uri": f"{url}/o/oauth2/auth",
        "token_uri": f"{url}/token",
        "auth_provider_x509_cert_url": f"{url}/oauth2/v1/certs",
        "client_x509_cert_url": f"{url}/robot/v1/metadata/x509/{account.email.replace('@', '%40')}",
        "universe_domain": "googleapis.com",
    }


@functools.cache
def _private_key(_number: int) -> rsa.RSAPrivateKey:
    """The nth key of every sandbox of this process: making one costs too much to do it each time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
