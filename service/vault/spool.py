"""``SealedSpool``, the adapter of mail.attachment.Spool."""

import errno
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.errors import SealError, StorageFullError, StorageUnavailableError
from service.mail.attachment import Content
from service.vault.chunks import CHUNK_BYTES, NONCE_BYTES, TAG_BYTES, Chunk, cut

_SEALED_BYTES = CHUNK_BYTES + TAG_BYTES
_KEY_BITS = 256


class SealedSpool:
    """Small uploads stay in memory; larger ones go, encrypted, into files that have no name.

    Each file has a key of its own that exists only in this process's memory.
    """

    def __init__(self, directory: Path | None = None) -> None:
        """``directory`` for the files; ``None`` for the system's."""
        self._directory = directory

    def keep(self, chunks: Iterable[bytes]) -> Content:
        """See the port.

        Raises:
            StorageFullError, StorageUnavailableError: the file cannot be written.
        """
        digest = hashlib.sha256()
        pieces = cut(chunks)
        first, is_last = next(pieces)
        digest.update(first)
        if is_last:
            return _HeldContent(bytes(first), digest.hexdigest())
        return self._keep_in_file(first, pieces, digest)

    def _keep_in_file(
        self, first: Chunk, others: Iterator[tuple[Chunk, bool]], digest: "hashlib._Hash"
    ) -> Content:
        key = AESGCM(AESGCM.generate_key(_KEY_BITS))
        file = self._open_file()
        try:
            _write(file, key, 0, first)
            size_bytes = len(first)
            for number, (chunk, _) in enumerate(others, start=1):
                digest.update(chunk)
                _write(file, key, number, chunk)
                size_bytes += len(chunk)
        except BaseException:
            file.close()
            raise
        return _FiledContent(file, key, size_bytes, digest.hexdigest())

    def _open_file(self) -> IO[bytes]:
        try:
            return tempfile.TemporaryFile(dir=self._directory, buffering=0)
        except OSError as error:
            raise _storage_error(error) from error


class _HeldContent:
    def __init__(self, body: bytes, sha256: str) -> None:
        self._body = body
        self.size_bytes = len(body)
        self.sha256 = sha256

    def chunks(self) -> Iterator[bytes]:
        yield self._body


class _FiledContent:
    def __init__(self, file: IO[bytes], key: AESGCM, size_bytes: int, sha256: str) -> None:
        self._file = file
        self._key = key
        self.size_bytes = size_bytes
        self.sha256 = sha256
        weakref.finalize(self, file.close)

    def chunks(self) -> Iterator[bytes]:
        # Each reader has its own place in the file, so that several can read at once.
        for number in range((self.size_bytes + CHUNK_BYTES - 1) // CHUNK_BYTES):
            length = min(CHUNK_BYTES, self.size_bytes - number * CHUNK_BYTES) + TAG_BYTES
            sealed = os.pread(self._file.fileno(), length, number * _SEALED_BYTES)
            if len(sealed) != length:
                raise SealError("A spooled file is shorter than it was.")
            try:
                yield self._key.decrypt(_nonce(number), sealed, None)
            except InvalidTag:
                raise SealError("A spooled file was changed.") from None


def _write(file: IO[bytes], key: AESGCM, number: int, chunk: Chunk) -> None:
    sealed = memoryview(key.encrypt(_nonce(number), chunk, None))
    try:
        while sealed:
            sealed = sealed[file.write(sealed) :]
    except OSError as error:
        raise _storage_error(error) from error


def _nonce(number: int) -> bytes:
    # The key seals this one file only, so its chunks' numbers never repeat, and a moved chunk does not open.
    return number.to_bytes(NONCE_BYTES, "big")


def _storage_error(error: OSError) -> StorageFullError | StorageUnavailableError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageFullError("The disk has no room for this upload.")
    return StorageUnavailableError("An upload cannot be kept on the disk.")
