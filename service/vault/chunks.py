"""Content in chunks of 1 MiB, and sealed bytes put together without a copy."""

import io
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES = 1024 * 1024
TAG_BYTES = 16
NONCE_BYTES = 12

Chunk = bytes | memoryview


def cut(pieces: Iterable[bytes], size: int = CHUNK_BYTES) -> Iterator[tuple[Chunk, bool]]:
    """Pieces of any length as chunks of ``size`` bytes, the last one shorter, and whether it is the last.

    Nothing at all gives one empty chunk.
    """
    held: list[memoryview] = []
    length = 0
    for piece in pieces:
        view = memoryview(piece)
        while length + len(view) > size:  # never at exactly ``size``: the last chunk is only known at the end
            room = size - length
            yield _joined([*held, view[:room]]), False
            held, length, view = [], 0, view[room:]
        if view:
            held.append(view)
            length += len(view)
    yield _joined(held), True


def encrypt_behind(prefix: bytes, key: AESGCM, nonce: bytes, plain: Chunk, bound: bytes) -> bytes:
    """``prefix`` and the sealed bytes in one.

    They are sealed into their place: joining them afterwards would cost several times the encryption.
    """
    size = len(prefix) + len(plain) + TAG_BYTES
    buffer = io.BytesIO()
    buffer.write(prefix)
    buffer.seek(size - 1)
    buffer.write(b"\0")
    with buffer.getbuffer() as view:
        key.encrypt_into(nonce, plain, bound, view[len(prefix) :])
    return buffer.getvalue()


def _joined(views: list[memoryview]) -> Chunk:
    return views[0] if len(views) == 1 else b"".join(views)
