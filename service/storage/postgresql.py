"""PostgreSQL: how its connections are set up, repeated transactions, and what a server must promise."""

import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import ConfigurationError
from service.storage.faults import DRIVER_ERRORS, is_repeatable

T = TypeVar("T")
_CONNECT_TIMEOUT_S = 10
_POOL_TIMEOUT_S = 5
# A network that was cut says nothing: after half a minute of silence the connection is given up, where the
# kernel alone would let a sender or the dispatcher wait for many minutes.
_SILENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
# A session that hangs must not hold up all others, nor they wait for it without end.
_PATIENCE = (
    "SET lock_timeout = '10s'",
    "SET idle_in_transaction_session_timeout = '30s'",
)
_REPEATS = 3
# ``fe_sendauth``: the library had no password to send.
_REFUSED = re.compile(r"(?:FATAL:|fe_sendauth:)\s+(.+)")


def pooled_engine(url: URL, pool_size: int) -> Engine:
    """Connections that are tried before use, so that a restarted server is met again at once."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged, what was sent is nobody's business
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "application_name": "postausgang",
            **_SILENCE,
        },
    )
    event.listen(engine, "connect", _limit_patience)
    return engine


def _limit_patience(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Not among the connection's options: a pooler between us and the server refuses those.
    cursor = connection.cursor()
    for setting in _PATIENCE:
        cursor.execute(setting)
    cursor.close()
    connection.commit()  # else the first rollback would take them back


def write(engine: Engine, run: Callable[[Connection], T]) -> T:
    """Run in one transaction, again when PostgreSQL took it back because of others."""
    for repeat in range(_REPEATS + 1):
        try:
            with engine.begin() as connection:
                return run(connection)
        except DRIVER_ERRORS as error:
            if repeat == _REPEATS or not is_repeatable(error):
                raise
        time.sleep(random.uniform(0, 0.01) * 2**repeat)  # noqa: S311, only spreads the repeats
    raise AssertionError("unreachable")


def refusal(error: BaseException | None) -> str | None:
    """Why the server lets nobody in, in its own words: user, password, name of the database.

    They name user and database, never the password; for the operator alone. ``None`` for other failures.
    """
    found = _REFUSED.search(str(error))
    return found[1] if found else None


def check_durability(connection: Connection) -> None:
    """A commit must mean *on disk*.

    Raises:
        ConfigurationError: the server is set up to forget commits.
    """
    problems = [
        f"PostgreSQL runs with {name}=off: an accepted message could be lost. Set it to on."
        for name in ("fsync", "synchronous_commit", "full_page_writes")
        if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off"
    ]
    if problems:
        raise ConfigurationError(*problems)
