"""One database: how the stores read and write it, whichever engine it is.

Reads see one snapshot. A write is one transaction that is on disk before ``write`` returns; it may be run
again when the engine took it back, so it changes nothing but the database, and it seals nothing.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, make_url

from service.errors import StorageFullError, StorageUnavailableError
from service.storage import postgresql
from service.storage.checkpoint import Checkpointer
from service.storage.faults import translated
from service.storage.sqlite import FreeSpace, Readers, TurnLock, WriteAheadLog, lock_path, writing_engine
from service.storage.statement import Row, Statement, Values
from service.storage.writer import GroupWriter

T = TypeVar("T")
Item = TypeVar("Item")
JointWrite: TypeAlias = Callable[[Connection, Sequence[Item]], Sequence[T]]


@dataclass(frozen=True, slots=True)
class _Embedded:
    """What a process keeps open of a SQLite file."""

    readers: Readers
    writer: GroupWriter
    checkpointer: Checkpointer
    turn: TurnLock
    log: WriteAheadLog

    def close(self) -> None:
        self.writer.close()
        self.checkpointer.close()
        self.turn.close()
        self.log.close()
        self.readers.close()

    def reading(self) -> AbstractContextManager[Connection]:
        return self.readers.snapshot()

    def find(self, statement: Statement, values: Values) -> Row | None:
        return self.readers.find(statement, values)

    def settle(self) -> None:
        # Not by a sync of its own: the kernel tells of a failed one once, and that one is the writer's.
        self.writer.write(_nothing)

    def write(self, run: Callable[[Connection], T]) -> T:
        result: T = self.writer.write(run)
        return result

    def write_jointly(self, run: JointWrite[Item, T], item: Item) -> T:
        result: T = self.writer.write_jointly(run, item)
        return result

    def begin_jointly(self, run: JointWrite[Item, T], item: Item) -> Callable[[], T]:
        return self.writer.begin_jointly(run, item)


def _nothing(_: Connection) -> None:
    """A write that only waits for those before it."""


@dataclass(frozen=True, slots=True)
class _Served:
    """What a process keeps open of a PostgreSQL database."""

    reader: Engine
    writer: Engine

    def close(self) -> None:
        self.writer.dispose()

    def reading(self) -> AbstractContextManager[Connection]:
        return self.reader.begin()

    def find(self, statement: Statement, values: Values) -> Row | None:
        with self.reader.begin() as connection:
            return statement.one(connection, **values)

    def settle(self) -> None:
        """A commit that can be read is on disk (``synchronous_commit``)."""

    def write(self, run: Callable[[Connection], T]) -> T:
        return postgresql.write(self.writer, run)

    def write_jointly(self, run: JointWrite[Item, T], item: Item) -> T:
        return self.write(lambda connection: run(connection, [item])[0])

    def begin_jointly(self, run: JointWrite[Item, T], item: Item) -> Callable[[], T]:
        written: Future[T] = Future()
        try:
            written.set_result(self.write_jointly(run, item))
        except Exception as error:  # noqa: BLE001, it belongs to whoever asks
            written.set_exception(error)
        return written.result


@dataclass(frozen=True, slots=True)
class _Opened:
    engine: _Embedded | _Served
    process_id: int = field(default_factory=os.getpid)


class Database:
    """Opens nothing before the first use, and opens anew in a forked process.

    Attributes:
        path: the file of a SQLite database.
        spill_folder: where sealed content may wait in an unnamed file; ``None`` for the system's own folder.
    """

    def __init__(self, url: SecretStr | str, *, min_free_bytes: int = 0, pool_size: int = 16) -> None:
        self.url = make_url(url.get_secret_value() if isinstance(url, SecretStr) else url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.path = Path(self.url.database or "")
        self.spill_folder = self.path.parent if self.is_sqlite else None
        self._pool_size = pool_size
        self._space = FreeSpace(self.path.resolve().parent, min_free_bytes) if self.is_sqlite else None
        self._guard = threading.Lock()
        self._opened: _Opened | None = None
        self._inherited: list[_Opened] = []
        self._is_closed = False

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)!r})"

    def read(self, run: Callable[[Connection], T]) -> T:
        """Run a read and answer what it answers.

        Raises:
            StorageUnavailableError: the database does not answer.
        """
        with self.reading() as connection:
            return run(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads; on SQLite it sees one snapshot. Raises as ``read``."""
        with translated(), self._open().engine.reading() as connection:
            yield connection

    def find(self, statement: Statement, **values: Any) -> Row | None:
        """The first row of one question, which needs no snapshot around it: the cheapest read."""
        opened = self._open()
        with translated():
            return opened.engine.find(statement, values)

    def settle(self) -> None:
        """Have on disk what was read: on SQLite a commit is seen a moment before it is there.

        Raises:
            StorageUnavailableError: the disk failed.
        """
        self._open().engine.settle()

    def write(self, run: Callable[[Connection], T]) -> T:
        """Run a write in a transaction of its own, and answer what it answers once that is on disk.

        Raises:
            StorageUnavailableError: the database does not answer; nothing was kept, or nobody can know.
            StorageFullError: the disk is full; nothing was kept.
        """
        opened = self._open()
        with translated():
            return opened.engine.write(run)

    def write_jointly(self, run: JointWrite[Item, T], item: Item) -> T:
        """The same for what many do at once: ``run`` answers for each item, of those that share a commit.

        The same function has to be given each time. When it raises, each item is run alone. Raises as
        ``write``.
        """
        opened = self._open()
        with translated():
            return opened.engine.write_jointly(run, item)

    def begin_jointly(self, run: JointWrite[Item, T], item: Item) -> Callable[[], T]:
        """The same without waiting for the disk; what comes back waits, and answers or raises.

        What is given later is never on disk without it, unless this write fails.
        """
        answer = self._open().engine.begin_jointly(run, item)

        def wait() -> T:
            with translated():
                return answer()

        return wait

    def check_room(self) -> None:
        """Refuse what could wait before the disk is so full that results cannot be written either.

        Raises:
            StorageFullError: less than ``min_free_bytes`` are free.
        """
        if self._space is not None and not self._space.is_enough():
            raise StorageFullError

    def close(self) -> None:
        """Finish the writes that wait, then let go of everything. It cannot be used afterwards."""
        with self._guard:
            opened, self._opened, self._is_closed = self._opened, None, True
        if opened is not None and opened.process_id == os.getpid():
            opened.engine.close()

    def _open(self) -> _Opened:
        opened = self._opened
        if opened is not None and opened.process_id == os.getpid():
            return opened
        return self._open_anew()

    def _open_anew(self) -> _Opened:
        with self._guard:
            if self._is_closed:
                raise StorageUnavailableError("The database was closed.")
            opened = self._opened
            if opened is not None and opened.process_id != os.getpid():
                # A forked child must neither use nor close what its parent has open.
                self._inherited.append(opened)
                opened = None
            if opened is None:
                opened = self._opened = self._embedded() if self.is_sqlite else self._served()
            return opened

    def _served(self) -> _Opened:
        engine = postgresql.pooled_engine(self.url, self._pool_size)
        # A read is one statement or two that need no transaction: that saves two round trips.
        return _Opened(_Served(engine.execution_options(isolation_level="AUTOCOMMIT"), engine))

    def _embedded(self) -> _Opened:
        engine = writing_engine(self.url, one_connection=True, synced_apart=True)
        log = WriteAheadLog(self.path)
        turn = TurnLock(lock_path(self.path))
        # A lock of its own: the kernel would give both threads the same one.
        checkpointer = Checkpointer(
            writing_engine(self.url, one_connection=False), TurnLock(lock_path(self.path))
        )
        writer = GroupWriter(
            engine, turn, log, after_commit=checkpointer.want, when_broken=checkpointer.give_up
        )
        return _Opened(_Embedded(Readers(self.url), writer, checkpointer, turn, log))
