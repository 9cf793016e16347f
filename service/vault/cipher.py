"""``Vault``, the adapter of connections.ports.Sealer."""

import os
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.connections.ports import DataKeyStore, Place
from service.errors import SealError
from service.vault.chunks import NONCE_BYTES, TAG_BYTES, Chunk, cut, encrypt_behind
from service.vault.keyring import KEY_BYTES, Keyring, key_id_of

_VERSION = b"\x01"
_HEAD_BYTES = len(_VERSION) + NONCE_BYTES
# Values and chunks are told apart in what is bound, so that neither opens as the other.
_VALUE = b"value"
_CHUNK = b"chunk"


class Vault:
    """Seals with AES-256-GCM, one data key a tenant, wrapped by the operator's keyring.

    A sealed value is a version byte, a random nonce of 12 bytes, the encrypted bytes and a tag of 16. Bound
    into the tag: version, kind, tenant, table, column and row, each with its length in front; for content
    also the chunk's number and whether it is the last. Source: NIST SP 800-38D.
    """

    def __init__(self, keyring: Keyring, data_keys: DataKeyStore) -> None:
        self._keyring = keyring
        self._data_keys = data_keys
        self._opened: dict[str, AESGCM] = {}
        self._lock = threading.Lock()

    def seal(self, place: Place, plain: bytes) -> bytes:
        """See the port."""
        return _seal(self._key(place.tenant_id, make=True), plain, _bound(_VALUE, place))

    def open(self, place: Place, sealed: bytes) -> bytes:
        """See the port."""
        return _open(self._key(place.tenant_id, make=False), sealed, _bound(_VALUE, place))

    def seal_stream(self, place: Place, plain: Iterable[bytes]) -> Iterator[bytes]:
        """See the port."""
        key = self._key(place.tenant_id, make=True)
        bound = _bound(_CHUNK, place)
        for number, (chunk, is_last) in enumerate(cut(plain)):
            yield _seal(key, chunk, bound + _position(number, is_last=is_last))

    def open_stream(self, place: Place, sealed: Iterable[bytes]) -> Iterator[bytes]:
        """See the port."""
        key = self._key(place.tenant_id, make=False)
        bound = _bound(_CHUNK, place)
        waiting: bytes | None = None
        number = 0
        for chunk in sealed:
            if waiting is not None:
                yield _open(key, waiting, bound + _position(number, is_last=False))
                number += 1
            waiting = chunk
        if waiting is None:
            raise SealError("Sealed content is missing.")
        yield _open(key, waiting, bound + _position(number, is_last=True))

    def rewrap_all(self) -> int:
        """Wrap every data key with the newest key, while the service runs; answers how many it wrapped.

        It can be stopped at any point and begun again: each data key opens before and after.

        Raises:
            SealError: some data keys do not open; all others were wrapped.
        """
        count = 0
        broken = []
        for tenant_id, wrapped in self._data_keys.data_keys():
            try:
                if key_id_of(wrapped) == self._keyring.newest_id:
                    continue
                fresh = self._keyring.wrap(self._keyring.unwrap(tenant_id, wrapped), tenant_id)
            except SealError:
                broken.append(tenant_id)
                continue
            count += self._data_keys.replace_data_key(tenant_id, wrapped, fresh)
        if broken:
            raise SealError(f"The data keys of these tenants do not open: {', '.join(broken)}.")
        return count

    def _key(self, tenant_id: str, *, make: bool) -> AESGCM:
        key = self._opened.get(tenant_id)
        if key is None:
            with self._lock:
                key = self._opened.get(tenant_id) or self._fetch(tenant_id, make=make)
                self._opened[tenant_id] = key
        return key

    def _fetch(self, tenant_id: str, *, make: bool) -> AESGCM:
        wrapped = self._data_keys.find_data_key(tenant_id)
        if wrapped is None and make:
            fresh = self._keyring.wrap(os.urandom(KEY_BYTES), tenant_id)
            wrapped = self._data_keys.add_data_key(tenant_id, fresh)
        if wrapped is None:
            raise SealError("The tenant has no data key.")
        return AESGCM(self._keyring.unwrap(tenant_id, wrapped))

    def __repr__(self) -> str:
        return f"Vault({self._keyring!r})"


def _seal(key: AESGCM, plain: Chunk, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return encrypt_behind(_VERSION + nonce, key, nonce, plain, bound)


def _open(key: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    if sealed[:1] != _VERSION or len(sealed) < _HEAD_BYTES + TAG_BYTES:
        raise SealError("A sealed value has an unknown format.")
    view = memoryview(sealed)
    try:
        return key.decrypt(bytes(view[1:_HEAD_BYTES]), view[_HEAD_BYTES:], bound)
    except InvalidTag:
        raise SealError("A sealed value was changed, or belongs to another place.") from None


def _bound(kind: bytes, place: Place) -> bytes:
    return _bound_column(kind, place.tenant_id, place.table, place.column) + _counted(place.row.encode())


@lru_cache(maxsize=1024)
def _bound_column(kind: bytes, *names: str) -> bytes:
    return b"".join(map(_counted, (_VERSION, kind, *(name.encode() for name in names))))


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _position(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(8, "big") + bytes([is_last])
