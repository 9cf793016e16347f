"""Statements that are compiled once per engine and then go straight to the driver.

A message costs a handful of statements, and SQLAlchemy's own execution costs more than the database does
for each of them. The transaction around them is still SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

from sqlalchemy import ClauseElement, Connection, Dialect, Table, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

Row: TypeAlias = Any  # a named tuple; its fields are the columns that were asked for
Values: TypeAlias = Mapping[str, Any]


class Statement:
    """One SQL text with ``:named`` parameters, or one Core statement with named ``bindparam``."""

    def __init__(self, sql: str | ClauseElement) -> None:
        self._sql = text(sql) if isinstance(sql, str) else sql
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}
        self._make: Callable[[Iterable[Any]], Row] | None = None

    def run(self, connection: Connection, **values: Any) -> int:
        """Execute it; how many rows it changed."""
        return self._execute(connection, values).rowcount

    def run_many(self, connection: Connection, rows: Iterable[Values]) -> None:
        """Execute it for each row."""
        sql, names = self._for(connection.dialect)
        cursor = connection.connection.cursor()
        cursor.executemany(sql, [_ordered(names, row) for row in rows])

    def one(self, connection: Connection, **values: Any) -> Row | None:
        """The first row, or ``None``."""
        rows = self.all(connection, **values)
        return rows[0] if rows else None

    def all(self, connection: Connection, **values: Any) -> list[Row]:
        """All rows."""
        cursor = self._execute(connection, values)
        if self._make is None:
            fields = [column[0] for column in cursor.description or ()]
            row_type = namedtuple("Row", fields)  # type: ignore[misc]  # noqa: PYI024, only the cursor knows them
            self._make = row_type._make
        return [self._make(row) for row in cursor.fetchall()]

    def _execute(self, connection: Connection, values: Values) -> DBAPICursor:
        sql, names = self._for(connection.dialect)
        cursor = connection.connection.cursor()
        cursor.execute(sql, _ordered(names, values))
        return cursor

    def _for(self, dialect: Dialect) -> tuple[str, list[str] | None]:
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = cast("SQLCompiler", self._sql.compile(dialect=dialect))
            names = list(compiled.positiontup or ()) if compiled.positional else None
            found = self._compiled[dialect.name] = (str(compiled), names)
        return found


def inserting(table: Table, tail: str = "") -> Statement:
    """``INSERT`` of all columns but generated ones; ``tail`` is an ``ON CONFLICT`` clause."""
    names = [column.name for column in table.columns if column.autoincrement is not True]
    places = ", ".join(f":{name}" for name in names)
    return Statement(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places}) {tail}")  # noqa: S608, names of ours


def columns(table: Table, alias: str = "") -> str:
    """The table's columns as a list for ``SELECT``."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{column.name}" for column in table.columns)


def _ordered(names: list[str] | None, values: Values) -> Any:
    return values if names is None else [values[name] for name in names]
