"""What a database says when it cannot work, in our own words."""

import sqlite3
from types import TracebackType

import psycopg
from psycopg import errors as pg
from sqlalchemy import exc

from service.errors import StorageError, StorageFullError, StorageUnavailableError

_SQLITE_PRIMARY = 0xFF  # extended result codes carry the primary one in the low byte
DRIVER_ERRORS = (sqlite3.Error, psycopg.Error, exc.DBAPIError, exc.TimeoutError)
_SYNC_FAULTS = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})
_UNAVAILABLE = (psycopg.OperationalError, psycopg.InterfaceError, pg.IdleInTransactionSessionTimeout)
_REPEATABLE = (pg.SerializationFailure, pg.DeadlockDetected)


def storage_error(error: BaseException) -> StorageError | None:
    """The storage error behind a driver's error; ``None`` when the database itself is well."""
    if isinstance(error, exc.TimeoutError):
        return StorageUnavailableError("No database connection was free in time.")
    cause = _cause(error)
    if isinstance(cause, pg.DiskFull) or _sqlite_code(cause) == sqlite3.SQLITE_FULL:
        return StorageFullError()
    # sqlite3.OperationalError also names faulty SQL (code 1): that is a bug of ours, not the database's.
    if isinstance(cause, sqlite3.OperationalError):
        return None if _sqlite_code(cause) == sqlite3.SQLITE_ERROR else StorageUnavailableError()
    if isinstance(cause, sqlite3.DatabaseError) and not isinstance(
        cause, (sqlite3.IntegrityError, sqlite3.ProgrammingError)
    ):
        return StorageUnavailableError()
    if isinstance(cause, _UNAVAILABLE):
        return StorageUnavailableError()
    return None


class translated:  # noqa: N801, reads as a verb; a generator would cost what a look-up costs
    """Raise our own error for the driver's."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Nothing is to be prepared."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Translate."""
        ours = storage_error(error) if isinstance(error, DRIVER_ERRORS) else None
        if ours is not None:
            raise ours from error


def is_repeatable(error: BaseException) -> bool:
    """Whether PostgreSQL rolled the transaction back only because of others."""
    return isinstance(_cause(error), _REPEATABLE)


def is_sync_fault(error: BaseException) -> bool:
    """Whether SQLite could not sync: what the kernel holds in memory may differ from the disk.

    A write that failed (a quota, the largest size of a file) leaves no such doubt: SQLite takes it back.
    """
    return getattr(_cause(error), "sqlite_errorcode", None) in _SYNC_FAULTS


def _cause(error: BaseException | None) -> BaseException | None:
    return error.orig if isinstance(error, exc.DBAPIError) else error


def _sqlite_code(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return code & _SQLITE_PRIMARY if isinstance(code, int) else None
