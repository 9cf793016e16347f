"""Statements that are compiled once per engine and then go straight to the driver.

A message costs a handful of statements, and SQLAlchemy's own execution costs more than the database does
for each of them. The transaction around them is still SQLAlchemy's, but where SQLite's writer has its own.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import ClauseElement, Connection, Dialect, Table, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

Row: TypeAlias = Any  # a named tuple; its fields are the columns that were asked for
Values: TypeAlias = Mapping[str, Any]
_MOST_ROWS = 64  # in one statement: neither engine takes more than 32,766 values


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
            self._make = _maker(cursor)
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


class JointStatement:
    """One SQL text over many rows at once: ``{rows}`` in it becomes what follows ``VALUES``.

    The interpreter's lock changes hands with every statement, so one for sixteen rows beats sixteen.

    Args:
        columns: the names of a row's values, in the order in which the text takes them.
        casts: the types of some of them. PostgreSQL else takes a column of nothing but NULL for text.
    """

    def __init__(self, sql: str, columns: Sequence[str], casts: Mapping[str, str] | None = None) -> None:
        self._sql = sql
        self._columns = columns
        self._casts = casts or {}
        self._texts: dict[tuple[str, int], str] = {}
        self._make: Callable[[Iterable[Any]], Row] | None = None

    def run(self, connection: Connection, **values: Any) -> int:
        """Execute it for one row; how many it changed."""
        return self.run_many(connection, [values])

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Execute it for these rows; how many it changed, which SQLite's driver tells of no ``WITH``."""
        return sum(cursor.rowcount for cursor in self._executed(connection, rows))

    def returned(self, connection: Connection, rows: Sequence[Values]) -> list[Row]:
        """Execute it for these rows; what it returns, in no order."""
        found: list[Row] = []
        for cursor in self._executed(connection, rows):
            if self._make is None:
                self._make = _maker(cursor)
            found += map(self._make, cursor.fetchall())
        return found

    def text(self, dialect: Dialect, count: int) -> str:
        """The text for so many rows."""
        key = dialect.name, count
        found = self._texts.get(key)
        if found is None:
            mark = "?" if dialect.positional else "%s"
            marks = (f"CAST({mark} AS {self._casts[c]})" if c in self._casts else mark for c in self._columns)
            row = f"({', '.join(marks)})"
            found = self._texts[key] = self._sql.replace("{rows}", ", ".join([row] * count))
        return found

    def _executed(self, connection: Connection, rows: Sequence[Values]) -> Iterator[DBAPICursor]:
        for start in range(0, len(rows), _MOST_ROWS):
            some = rows[start : start + _MOST_ROWS]
            cursor = connection.connection.cursor()
            cursor.execute(
                self.text(connection.dialect, len(some)),
                [row[name] for row in some for name in self._columns],
            )
            yield cursor


def inserting(table: Table, tail: str = "") -> JointStatement:
    """``INSERT`` of all columns but generated ones; ``tail`` is an ``ON CONFLICT`` clause."""
    names = [column.name for column in table.columns if column.autoincrement is not True]
    return JointStatement(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {{rows}} {tail}", names)  # noqa: S608, names of ours


def selecting(table: Table, tail: str) -> Statement:
    """``SELECT`` of all columns that this program knows: a later one may add some while it runs."""
    return Statement(f"SELECT {columns(table)} FROM {table.name} {tail}")  # noqa: S608, names of ours


def columns(table: Table, alias: str = "") -> str:
    """The table's columns as a list for ``SELECT`` or ``RETURNING``."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(f"{prefix}{column.name}" for column in table.columns)


def _ordered(names: list[str] | None, values: Values) -> Any:
    return values if names is None else [values[name] for name in names]


def _maker(cursor: DBAPICursor) -> Callable[[Iterable[Any]], Row]:
    fields = [column[0] for column in cursor.description or ()]
    row_type = namedtuple("Row", fields)  # type: ignore[misc]  # noqa: PYI024, only the cursor knows them
    make: Callable[[Iterable[Any]], Row] = row_type._make
    return make
