"""A small real sealer: AES-256-GCM bound to the place, with one key for everybody."""

import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.connections.ports import Place
from service.errors import SealError

_CHUNK = 1024 * 1024
_NONCE = 12


class FakeSealer:
    """Serves ``Sealer`` without keyring or data keys."""

    def __init__(self) -> None:
        self._key = AESGCM(AESGCM.generate_key(256))

    def seal(self, place: Place, plain: bytes) -> bytes:
        """Seal a short value."""
        return self._seal(_bound(place), plain)

    def open(self, place: Place, sealed: bytes) -> bytes:
        """Open it at the same place."""
        return self._open(_bound(place), sealed)

    def seal_stream(self, place: Place, plain: Iterable[bytes]) -> Iterator[bytes]:
        """Seal content in chunks of 1 MiB; order and end are bound in."""
        waiting = bytearray()
        position = 0
        for piece in plain:
            waiting += piece
            while len(waiting) > _CHUNK:
                yield self._seal(_bound(place, position, is_last=False), bytes(waiting[:_CHUNK]))
                del waiting[:_CHUNK]
                position += 1
        yield self._seal(_bound(place, position, is_last=True), bytes(waiting))

    def open_stream(self, place: Place, sealed: Iterable[bytes]) -> Iterator[bytes]:
        """Open them again, one behind, so that the last one is known as such."""
        chunks = iter(sealed)
        chunk = next(chunks, None)
        position = 0
        while chunk is not None:
            following = next(chunks, None)
            yield self._open(_bound(place, position, is_last=following is None), chunk)
            chunk = following
            position += 1
        if position == 0:
            raise SealError("There is no chunk at all.")

    def _seal(self, bound: bytes, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._key.encrypt(nonce, plain, bound)

    def _open(self, bound: bytes, sealed: bytes) -> bytes:
        try:
            return self._key.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        except InvalidTag as error:
            raise SealError("The sealed value does not belong here or was changed.") from error


def _bound(place: Place, position: int | None = None, *, is_last: bool = True) -> bytes:
    return repr((place, position, is_last)).encode()
