"""Sealed content: sealed before the transaction, written chunk by chunk inside it.

Up to two chunks wait in memory; more wait in an unnamed file, as ciphertext, so that a mail of 25 MB costs
a few MB of memory.
"""

import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sqlalchemy import Connection

from service.connections.ports import Place
from service.errors import ContentDeletedError, NotFoundError, SealError
from service.storage.database import Database
from service.storage.statement import Statement, inserting
from service.storage.tables import content_chunks

_KEPT_IN_MEMORY = 2
_ADD = inserting(content_chunks)
_CHUNK = Statement(
    """SELECT chunk.sealed, m.chunks, m.content_deleted_at FROM messages AS m
    LEFT JOIN content_chunks AS chunk ON chunk.message_id = m.id AND chunk.position = :position
    WHERE m.tenant_id = :tenant_id AND m.id = :id"""
)


def place(tenant_id: str, entry_id: str) -> Place:
    """Where the content of a message lives."""
    return Place(tenant_id, "content_chunks", "sealed", entry_id)


class SealedContent:
    """The sealed chunks of one mail on their way into the database; can be written more than once."""

    def __init__(self, chunks: Iterable[bytes], spill_folder: Path | None) -> None:
        self._chunks: list[bytes] = []
        self._sizes: list[int] = []
        self._spilled: IO[bytes] | None = None
        try:
            self._keep(chunks, spill_folder)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._chunks) + len(self._sizes)

    def write(self, connection: Connection, message_id: str) -> None:
        """Add the rows of a message."""
        for position, sealed in enumerate(self._read()):
            _ADD.run(connection, message_id=message_id, position=position, sealed=sealed)

    def close(self) -> None:
        """Forget the file."""
        if self._spilled is not None:
            self._spilled.close()

    def _keep(self, chunks: Iterable[bytes], spill_folder: Path | None) -> None:
        for sealed in chunks:
            if len(self._chunks) < _KEPT_IN_MEMORY:
                self._chunks.append(sealed)
                continue
            if self._spilled is None:
                self._spilled = tempfile.TemporaryFile(dir=spill_folder)  # noqa: SIM115, closed by close
            self._spilled.write(sealed)
            self._sizes.append(len(sealed))

    def _read(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._spilled is not None:
            self._spilled.seek(0)
            for size in self._sizes:
                yield self._spilled.read(size)


def read(database: Database, tenant_id: str, entry_id: str) -> Iterator[bytes]:
    """The sealed chunks of a message: the first at once, each other when it is asked for.

    No transaction stays open between two of them: they go out to a slow network one by one.

    Raises:
        NotFoundError: unknown, or of another tenant.
        ContentDeletedError: it was kept for its time.
        SealError: a chunk is missing.
    """
    first, chunks = _chunk(database, tenant_id, entry_id, 0)
    rest = (_chunk(database, tenant_id, entry_id, position)[0] for position in range(1, chunks))
    return chain([first], rest)


def _chunk(database: Database, tenant_id: str, entry_id: str, position: int) -> tuple[bytes, int]:
    row = database.find(_CHUNK, tenant_id=tenant_id, id=entry_id, position=position)
    if row is None:
        raise NotFoundError("message")
    if row.content_deleted_at is not None:
        raise ContentDeletedError
    if row.sealed is None:
        raise SealError("A chunk of the content is missing.")
    return row.sealed, row.chunks
