"""ID tokens and the keys to check them with (OpenID Connect Core §2, RFC 7515, RFC 7517)."""

import base64
import functools
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

ISSUER = "https://accounts.google.com"
_MAKING = threading.Lock()  # a cache alone lets two threads make two


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One RSA key with its name."""

    key_id: str
    private: rsa.RSAPrivateKey

    def sign(self, claims: Mapping[str, object]) -> str:
        """A JWT, RS256."""
        head = {"alg": "RS256", "kid": self.key_id, "typ": "JWT"}
        signed = f"{_segment(head)}.{_segment(claims)}"
        signature = self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"

    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.key_id,
            "n": encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": encode(numbers.e.to_bytes(3, "big")),
        }

    def certificate(self) -> str:
        """The public half as a certificate, as ``/oauth2/v1/certs`` gives it."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox.invalid")])
        builder = x509.CertificateBuilder(
            issuer_name=name,
            subject_name=name,
            public_key=self.private.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=datetime(2020, 1, 1, tzinfo=UTC),
            not_valid_after=datetime(2050, 1, 1, tzinfo=UTC),
        )
        certificate = builder.sign(self.private, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


def signing_key() -> SigningKey:
    """The key of this process; making one costs too much to do it for every sandbox."""
    with _MAKING:
        return _signing_key()


@functools.cache
def _signing_key() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(hashlib.sha1(public, usedforsecurity=False).hexdigest(), private)


def at_hash(access_token: str) -> str:
    """OpenID Connect Core §3.1.3.6."""
    return encode(hashlib.sha256(access_token.encode()).digest()[:16])


def encode(content: bytes) -> str:
    """base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _segment(part: Mapping[str, object]) -> str:
    return encode(json.dumps(part, separators=(",", ":")).encode())
