"""The operator's keys: they wrap every tenant's data key, and cookies are signed with keys made from them."""

import base64
import binascii
import os
import re
import threading
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.errors import ConfigurationError, SealError
from service.identifiers import new_id
from service.vault.key_file import append_line, read_private

KEY_BYTES = 32
_VERSION = 1
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"k_[a-z0-9]{1,40}")
_DATA_KEY = b"postausgang data key"
_DERIVED = b"postausgang derived key: "


class Keyring:
    """All keys, oldest first: the newest wraps, every one unwraps.

    A wrapped key is one version byte, the length and the name of the operator's key, a nonce, and the
    sealed key; its version, name and tenant are bound in.
    """

    def __init__(self, keys: dict[str, bytes], path: Path | None = None) -> None:
        """``keys`` by name, oldest first, at least one; ``path`` is read again for a key not among them."""
        self._keys = keys
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The keys of a file.

        Raises:
            ConfigurationError: no such file, others may read it, or it is no keyring; all faults at once.
        """
        return cls(_parse(read_private(path), str(path)), path)

    @classmethod
    def parse(cls, text: str, source: str = "keyring") -> Self:
        """The keys of a text: one a line, ``k_<name> <base64 of 32 bytes>``, ``#`` begins a comment.

        Raises:
            ConfigurationError: each bad line by its number, with ``source`` in front; never a key.
        """
        return cls(_parse(text, source))

    @staticmethod
    def add_key(path: Path) -> str:
        """Make a new key and put it at the end of the file, which is made when missing; answers its name.

        Raises:
            ConfigurationError: the file is there and is no keyring, or cannot be written.
        """
        key_id = new_id("k")
        key = base64.b64encode(os.urandom(KEY_BYTES)).decode()
        append_line(path, f"{key_id} {key}", lambda text: _parse(text, str(path)))
        return key_id

    @property
    def key_ids(self) -> list[str]:
        """The names of all keys, oldest first."""
        return list(self._keys)

    @property
    def newest_id(self) -> str:
        """The name of the key that wraps."""
        return self.key_ids[-1]

    def wrap(self, data_key: bytes, tenant_id: str) -> bytes:
        """Seal a tenant's data key with the newest key, also one that came while this process ran.

        Else a key that was rotated out, and may be removed, would go on wrapping the keys of new tenants.

        Raises:
            SealError: the keyring cannot be read any more.
        """
        self._read_again("A data key is to be wrapped")
        key_id, key = list(self._keys.items())[-1]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, data_key, _bound(key_id, tenant_id))
        return bytes([_VERSION, len(key_id)]) + key_id.encode() + nonce + sealed

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        """Open what ``wrap`` made for the same tenant, with whatever key it was wrapped.

        Raises:
            SealError: unknown format or key, another tenant's key, or changed bytes.
        """
        key_id = key_id_of(wrapped)
        key = self._find(key_id)
        start = 2 + len(key_id)
        nonce, sealed = wrapped[start : start + _NONCE_BYTES], wrapped[start + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, sealed, _bound(key_id, tenant_id))
        except (InvalidTag, ValueError):
            raise SealError(f"A data key does not open with key {key_id}.") from None

    def derive(self, purpose: str) -> list[bytes]:
        """A key of 32 bytes for another use from each key, newest first.

        Source: RFC 5869 (HKDF with SHA-256).
        """
        return [_derived(key, purpose) for key in reversed(self._keys.values())]

    def _find(self, key_id: str) -> bytes:
        key = self._keys.get(key_id)
        if key is None:
            self._read_again(f"Key {key_id} is needed")
            key = self._keys.get(key_id)
        if key is None:
            raise SealError(f"Key {key_id} is not in the keyring.")
        return key

    def _read_again(self, why: str) -> None:
        """Keys are rotated while the service runs: another process may know a newer one already."""
        if self._path is None:
            return
        with self._lock:
            try:
                self._keys = _parse(read_private(self._path), str(self._path))
            except ConfigurationError as error:
                raise SealError(f"{why}, and the keyring cannot be read.") from error

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"


def key_id_of(wrapped: bytes) -> str:
    """The name of the key that wrapped a data key.

    Raises:
        SealError: this is no wrapped key.
    """
    if len(wrapped) < 2 or wrapped[0] != _VERSION:  # noqa: PLR2004, version and length
        raise SealError("A data key has an unknown format.")
    name = wrapped[2 : 2 + wrapped[1]].decode("ascii", "replace")
    if not _KEY_ID.fullmatch(name):
        raise SealError("A data key has an unknown format.")
    return name


def _bound(key_id: str, tenant_id: str) -> bytes:
    return b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (bytes([_VERSION]), _DATA_KEY, key_id.encode(), tenant_id.encode())
    )


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=_DERIVED + purpose.encode()).derive(key)


def _parse(text: str, source: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        key = _decode(words[1]) if len(words) == 2 else None  # noqa: PLR2004, a name and a key
        if key is None or not _KEY_ID.fullmatch(words[0]):
            problems.append(f"{source}, line {number}: must be k_<name> and 32 bytes in base64")
        elif words[0] in keys:
            problems.append(f"{source}, line {number}: {words[0]} is there twice")
        else:
            keys[words[0]] = key
    if not keys and not problems:
        problems.append(f"{source}: holds no key; make one with: postausgang keys generate")
    if problems:
        raise ConfigurationError(*problems)
    return keys


def _decode(word: str) -> bytes | None:
    try:
        key = base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None
